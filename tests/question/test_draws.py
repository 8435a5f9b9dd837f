# SPDX-License-Identifier: BSD-3-Clause
"""Draws: owned by a purpose, repeatable, in order, and with the means that were asked for.

Tolerances are five standard errors: a right generator fails one in two million seeds, and the seeds here are fixed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.blueprint.background import background_frames
from apnemu.model.plant import Background, PacketNetwork
from apnemu.planning import plan
from apnemu.question.traffic import halves, saturation, tenant_flows, write_frames
from apnemu.seeds import generator
from apnemu.units import serialisation_ns
from tests.compiled import shipped

SECOND_NS = 10**9
PACKET = PacketNetwork(line_rate_gbps=10, mtu_bytes=1500, buffer_bytes=10**6, forwarding_ns=0, oeo_ns=0, fec_ns=0)
POISSON = Background(kind="poisson", load=0.7)
PARETO = Background(kind="pareto", load=0.5, pareto_shape=3.0)
"""Of shape 3, so that there is a variance to take a standard error from; the default 1.5 has none."""


def frames(background: Background, purpose: str = "test", seed: int = 1, port: int = 3) -> np.ndarray:
    return background_frames(PACKET, background, port, SECOND_NS, generator(seed, purpose))


@pytest.mark.parametrize("background", [POISSON, PARETO])
def test_the_same_seed_and_purpose_give_the_same_frames(background: Background) -> None:
    once = frames(background)
    assert once.tobytes() == frames(background).tobytes()
    assert once.tobytes() != frames(background, seed=2).tobytes()
    assert once.tobytes() != frames(background, purpose="another").tobytes()


def test_a_purpose_does_not_depend_on_what_others_draw() -> None:
    first = generator(1, "a").integers(2**62)
    generator(1, "b").integers(2**62, size=1000)
    assert generator(1, "a").integers(2**62) == first


@pytest.mark.parametrize("load", [0.1, 0.7, 1.2])
def test_poisson_frames_offer_the_load(load: float) -> None:
    found = frames(dataclasses.replace(POISSON, load=load))
    mean = load * 10e9 / 8 / POISSON.frame_bytes
    assert abs(len(found) - mean) < 5 * mean**0.5
    gaps = np.diff(found["at_ns"])
    # exponential: the standard deviation equals the mean; its own relative error is sqrt(2 / n)
    assert gaps.std() / gaps.mean() == pytest.approx(1, abs=5 * (2 / len(gaps)) ** 0.5)


def test_pareto_bursts_offer_the_load() -> None:
    found = frames(PARETO)
    bursts = PARETO.load * 10e9 / 8 / PARETO.burst_bytes
    mean_frames = PARETO.burst_bytes / PARETO.frame_bytes
    smallest = mean_frames * 2 / 3
    square = mean_frames**2 + smallest**2 * 3 / 4  # variance of Pareto with shape 3: x^2 a / ((a - 1)^2 (a - 2))
    assert abs(len(found) - bursts * mean_frames) < 5 * (bursts * square) ** 0.5


def test_a_lone_burst_is_sent_at_the_line_rate() -> None:
    rare = dataclasses.replace(PARETO, load=0.0001, pareto_shape=1.5)
    gaps = np.diff(frames(rare)["at_ns"])
    within = serialisation_ns(PARETO.frame_bytes, 10)
    assert within == 1_211
    assert np.count_nonzero(gaps == within) > 0.8 * len(gaps)
    assert np.all((gaps == within) | (gaps > 10 * within))


@pytest.mark.parametrize("background", [POISSON, PARETO])
def test_frames_are_in_order_within_the_stage_and_for_their_port(background: Background) -> None:
    found = frames(background)
    assert np.all(np.diff(found["at_ns"]) >= 0)
    assert found["at_ns"][0] >= 0
    assert found["at_ns"][-1] < SECOND_NS
    assert set(found["port"].tolist()) == {3}
    assert set(found["bytes"].tolist()) == {background.frame_bytes}


def test_a_burst_at_the_end_is_cut_off() -> None:
    """100 us, bursts of 24 us: of fifty seeds some begin a burst that the stage does not see the end of."""
    for seed in range(50):
        found = background_frames(PACKET, PARETO, 3, 100_000, generator(seed, "test"))
        assert np.all(found["at_ns"] < 100_000)


@pytest.mark.parametrize("background", [Background(kind="none", load=0.5), Background(kind="poisson", load=0.0)])
def test_no_load_draws_nothing(background: Background) -> None:
    assert len(frames(background)) == 0


def test_ports_are_merged_by_time_then_port(tmp_path: Path) -> None:
    parts = [frames(dataclasses.replace(POISSON, load=0.01), f"port {port}", port=port) for port in (5, 2)]
    parts[1]["at_ns"][7] = parts[0]["at_ns"][7]
    parts[1].sort(order="at_ns")
    assert write_frames(tmp_path / "a.npy", parts) == sum(map(len, parts))
    merged = np.load(tmp_path / "a.npy")
    keys = [(int(frame["at_ns"]), int(frame["port"])) for frame in merged]
    assert keys == sorted(keys)
    assert sorted(merged.tolist()) == sorted([*parts[0].tolist(), *parts[1].tolist()])
    write_frames(tmp_path / "b.npy", parts[::-1])
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**64 - 1), st.sampled_from([0.01, 0.1, 0.9]))
def test_tenant_flows_begin_in_order_within_the_stage(seed: int, share: float) -> None:
    found = tenant_flows(("a", "b"), 10, share, 10**6, 10**8, generator(seed, "flows"))
    starts = [flow.start_ns for flow in found]
    assert starts == sorted(starts)
    assert all(0 <= start < 10**8 for start in starts)
    assert len({flow.name for flow in found}) == len(found)
    mean = share * 10e9 / 8 / 10**6 * 0.1
    assert len(found) < mean + 7 * mean**0.5 + 7


def test_halves_probe_every_pair_once_while_the_others_are_full() -> None:
    plant = shipped("jpn12")
    parts = halves(plan(plant))
    probed = [pair for pairs, _ in parts for pair in pairs]
    assert len(set(probed)) == len(probed) == 2 * 66
    for pairs, full in parts:
        others = {pair for load in full for pair in ((load.source, load.target), (load.target, load.source))}
        assert not others & set(pairs)
        assert others | set(pairs) == set(probed)


def test_what_circulates_is_what_the_light_holds_and_a_little() -> None:
    """Tokyo to Osaka at 100 Gbit/s: 5.443 ms there and back hold 68 MB; more waits for the line, but no tenth twice."""
    plant = shipped("three-sites")
    (path,) = plan(plant).lightpaths
    held = 2 * path.delay_ns * 100 // 8
    assert held < saturation(path).circulating_bytes < 1.2 * held
