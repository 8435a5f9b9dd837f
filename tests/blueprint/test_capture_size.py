# SPDX-License-Identifier: BSD-3-Clause
"""How large a capture will be is said before the run, and is so within a factor of two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apnemu.blueprint.capture_size import BLOCK_BYTES, COOKED_BYTES, capture_size, large_capture
from apnemu.model.activities import Arrivals, Flow, Probes, Saturation
from apnemu.model.scenario import Stage
from apnemu.units import VirtualNs
from tests.compiled import NETWORKS, compiled, shipped
from tests.experiments.command import THREE_SITES, apnemu, settings

SECOND = VirtualNs(1_000_000_000)
HEADS_BYTES = 10_000
"""Heads of a file and of its interfaces."""


def test_probes_are_counted_at_every_port_that_they_pass() -> None:
    probes = Probes(pairs=(("tokyo", "osaka"),), count=10, gap_ns=VirtualNs(1_000_000))
    for network in NETWORKS:
        stages = (Stage(phase="idle", duration_ns=SECOND, activities=(probes,)),)
        blueprint = replace(compiled(shipped("three-sites"), network), stages=stages, pcap=True, pcap_bytes=128)
        size = capture_size(blueprint)
        assert size.frames == 10 * 2 * 3 * 2  # there and back, three switches, in and out
        assert size.bytes == size.frames * (BLOCK_BYTES + 98 + COOKED_BYTES)
        assert large_capture(blueprint, 16384) == ""


def test_a_large_capture_is_said_with_the_way_out() -> None:
    flow = Flow(name="f", source="tokyo", target="osaka")
    full = Saturation(source="tokyo", target="osaka", circulating_bytes=1)
    others = Arrivals(site="tokyo", file="x", frames=10**9)
    for network in NETWORKS:
        stages = (Stage(phase="full", duration_ns=VirtualNs(10 * SECOND), activities=(flow, flow, full, others)),)
        blueprint = replace(compiled(shipped("three-sites"), network), stages=stages, pcap=True, pcap_bytes=128)
        assert capture_size(blueprint).frames > 3 * 10**9
        told = large_capture(blueprint, 16384)
        assert told.startswith(f"{network}.pcapng may have up to ") and "--pcap-bytes" in told
        assert "more than the 16384 MiB that --disk-limit-mb allows" in told
        assert "disk-limit" not in large_capture(blueprint, 10**7)
        assert large_capture(replace(blueprint, pcap=False), 16384) == ""
        whole = capture_size(replace(blueprint, pcap_bytes=0))
        assert whole.frames == capture_size(blueprint).frames and whole.bytes > capture_size(blueprint).bytes


@pytest.mark.guest
@pytest.mark.slow
def test_captures_are_as_large_as_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TCP on a full line, and pings among others' frames: the files beside what their blueprints say."""
    import apnemu as api
    from apnemu.blueprint.document import Blueprint

    for name, given in (
        ("throughput", {"seconds": 0.2, "ramp_s": 0.1, "rate_gbps": 1, "flows": 1, "congestion_control": "cubic"}),
        ("latency", {"load": "full", "probes": 2, "rate_gbps": 1}),
    ):
        done = apnemu("run", name, *THREE_SITES, *settings(**given), "--pcap", "--out", name, "--json", folder=tmp_path)
        assert done.code in (0, 1), done.err
        blueprints: dict[str, Blueprint] = api.open_run(tmp_path / name).blueprints
        for network, blueprint in blueprints.items():
            file = tmp_path / name / f"{network}.pcapng"
            said = capture_size(blueprint).bytes
            assert said / 2 <= file.stat().st_size <= said * 2 + HEADS_BYTES, (name, network, said, file.stat().st_size)
