# SPDX-License-Identifier: BSD-3-Clause
"""The closed form on three sites, worked out here from the file's lengths and the equipment's figures alone."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from tests.compiled import NETWORKS, compiled, context_of, ends, shipped

NS_PER_KM = Fraction(1_468, 1_000) * 1_000 * 10**9 / 299_792_458
"""Group index 1.468 over the speed of light: 4,896.7 ns."""
AMPLIFIER_NS = 125
TOKYO_NAGOYA_NS = round(366 * NS_PER_KM) + 4 * AMPLIFIER_NS
"""Five spans of at most 80 km: four amplifiers between them."""
NAGOYA_OSAKA_NS = round(Fraction(1_866, 10) * NS_PER_KM) + 2 * AMPLIFIER_NS
FRAME_BYTES = 98


def test_a_lightpath() -> None:
    """There and back: 100 Gbit/s serialisation, 15 us of FEC, the two fibres; ROADMs add nothing."""
    at_transceiver_ns = FRAME_BYTES * 8 // 100
    rtt_ns = 2 * (at_transceiver_ns + 15_000 + TOKYO_NAGOYA_NS + NAGOYA_OSAKA_NS)
    predicted = context_of(shipped("three-sites"), "apn").predicted_rtts(FRAME_BYTES)
    assert predicted == {("tokyo", "osaka"): rtt_ns, ("osaka", "tokyo"): rtt_ns}
    assert rtt_ns == 5_443_370


def test_routers() -> None:
    """There and back: the host and three routers send at 100 Gbit/s, as light; a router holds a frame for 110 us."""
    sends_ns, holds_ns = 4 * (FRAME_BYTES * 8 // 100), 3 * (10_000 + 100_000)
    rtt_ns = 2 * (sends_ns + holds_ns + TOKYO_NAGOYA_NS + NAGOYA_OSAKA_NS)
    predicted = context_of(shipped("three-sites"), "packet").predicted_rtts(FRAME_BYTES)
    assert predicted == {("tokyo", "osaka"): rtt_ns, ("osaka", "tokyo"): rtt_ns}


@pytest.mark.parametrize("network", ["apn", "packet"])
def test_a_longer_frame_takes_longer_by_its_serialisation(network: str) -> None:
    context = context_of(shipped("three-sites"), network)  # type: ignore[arg-type]
    short, long = (context.predicted_rtts(size)["tokyo", "osaka"] for size in (100, 1500))
    sent = 1 if network == "apn" else 4
    assert long - short == 2 * sent * 1_400 * 8 // 100


def test_declared_delays_count_as_often_as_they_are_passed() -> None:
    """Tokyo, Nagoya, Osaka: light is added, passes and is dropped once; datagrams pass two lines with FEC."""
    plant = shipped("three-sites")
    pair = ("tokyo", "osaka")
    before = {network: context_of(plant, network).predicted_rtts(FRAME_BYTES)[pair] for network in NETWORKS}
    plant = dataclasses.replace(
        plant,
        roadm=dataclasses.replace(plant.roadm, add_ns=1_000, drop_ns=20_000, express_ns=300_000),
        packet=dataclasses.replace(plant.packet, fec_ns=5_000),
    )
    after = {network: context_of(plant, network).predicted_rtts(FRAME_BYTES)[pair] for network in NETWORKS}
    assert after["apn"] - before["apn"] == 2 * (1_000 + 20_000 + 300_000)
    assert after["packet"] - before["packet"] == 2 * 2 * 5_000


@pytest.mark.parametrize("rate_gbps", [2.5, 10.0, 150.0])
def test_light_that_is_asked_for_at_a_rate_has_a_line_of_that_rate(rate_gbps: float) -> None:
    """Whatever more its mode carries, and on the packet network too: what differs is not the line."""
    plant = shipped("three-sites")
    asked = dataclasses.replace(plant, demands=(dataclasses.replace(plant.demands[0], rate_gbps=rate_gbps),))
    for network in NETWORKS:
        context = context_of(asked.equal_lines(), network)
        assert context.line_rate_gbps(("osaka", "tokyo")) == rate_gbps
        sends = {end.sends.rate_bytes_per_s for end in ends(compiled(context.plant, network))}
        assert sends - {0} == {round(rate_gbps * 1e9 / 8)}
