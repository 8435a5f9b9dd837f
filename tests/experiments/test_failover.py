"""A fibre cut under a stream of frames: real daemons find another way, as soon as their timers say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.command import THREE_SITES, apnemu, settings

RING = """
apnemu: 1
name: ring
sites:
  a: {kind: cluster, lat: 35.0, lon: 135.0}
  b: {kind: cluster, lat: 35.0, lon: 136.0}
  c: {kind: cluster, lat: 36.0, lon: 136.0}
  d: {kind: cluster, lat: 36.0, lon: 135.0}
fibres:
  - {between: [a, b], length_km: 110}
  - {between: [b, c], length_km: 120}
  - {between: [c, d], length_km: 130}
  - {between: [d, a], length_km: 140}
demands:
  - {name: a-b, from: a, to: b, rate_gbps: 100}
"""
LIGHT_NS_PER_KM = 1e9 * 1.468 / 299_792.458


@pytest.mark.guest
def test_ospf_and_bfd_go_the_other_way_round(tmp_path: Path) -> None:
    (tmp_path / "ring.yaml").write_text(RING)
    fast = settings(hello_s=1, dead_s=4, bfd_ms=50, scheme="ospf,ospf-bfd,ospf-link")
    done = apnemu("run", "failover", "--topology", "ring.yaml", *fast, "--network", "packet", "--json", folder=tmp_path)
    assert done.code == 0, done.out + done.err
    rows = {row["scheme"]: row for row in done.json()["results"]}
    assert list(rows) == ["ospf", "ospf-bfd", "ospf-link"]
    for row in rows.values():
        assert row["restored"]
        assert row["event"] == "cut a-b"
        longer_ns = row["one_way_after_ns"] - row["one_way_before_ns"]
        more_km = 140 + 130 + 120 - 110
        assert longer_ns > more_km * LIGHT_NS_PER_KM  # and what two routers more take
        assert (
            abs(row["frames_lost"] * 2_000_000 - row["outage_ns"]) <= 12_000_000
        )  # a frame each 2 ms, jittered by half
    assert 3e9 <= rows["ospf"]["outage_ns"] <= 5e9
    assert 100e6 <= rows["ospf-bfd"]["outage_ns"] <= 400e6
    assert rows["ospf-link"]["outage_ns"] < 100e6


def test_a_fibre_that_is_none_is_refused(tmp_path: Path) -> None:
    done = apnemu("run", "failover", *THREE_SITES, "--set", "event=osaka-kyoto", folder=tmp_path)
    assert done.code == 2
    assert "event is 'osaka-kyoto'; three-sites has no such fibre; for example --set event=" in done.err


def test_timers_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    done = apnemu("run", "failover", *THREE_SITES, *settings(hello_s=10, dead_s=10), folder=tmp_path)
    assert done.code == 2
    assert "dead_s is 10 and hello_s 10" in done.err
