# SPDX-License-Identifier: BSD-3-Clause
"""Where a data centre can stand: every exclusion has its reason, and the boundary is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.command import JPN12, apnemu, settings

pytestmark = pytest.mark.guest


def test_the_boundary_measures_what_was_predicted(tmp_path: Path) -> None:
    asked = settings(demand="osaka", rtt_ms=6, jitter_us=1000)
    found = apnemu("run", "reach", *JPN12, *asked, "--json", "--out", "run", folder=tmp_path).json()
    assert found["expectation"]["met"]
    rows = {(row["network"], row["site"]): row for row in found["results"]}
    assert len(rows) == 22
    for network in ("apn", "packet"):
        measured = [row for (name, _), row in rows.items() if name == network and row["measured_rtt_ns"]]
        assert [row["reachable"] for row in sorted(measured, key=lambda row: row["rtt_ns"])] == [True, False]
        assert all(abs(row["measured_rtt_ns"] - row["rtt_ns"]) <= 1000 for row in measured)
    for row in rows.values():
        assert row["reachable"] == (row["rtt_ns"] <= 6_000_000) == (row["reason"] == "")
    assert rows["packet", "sapporo"]["reason"].startswith("delay: a round trip takes ")
    assert "Where it can stand" in (tmp_path / "run" / "report.html").read_text()


def test_an_overloaded_packet_network_hosts_nothing(tmp_path: Path) -> None:
    found = apnemu("run", "reach", *JPN12, *settings(load=1.2), "--json", "--out", "run", folder=tmp_path).json()
    packet = [row for row in found["results"] if row["network"] == "packet"]
    assert not any(row["reachable"] for row in packet)
    assert all("jitter: queues add inf us" in row["reason"] and "loss: " in row["reason"] for row in packet)


def test_an_unknown_city(tmp_path: Path) -> None:
    done = apnemu("run", "reach", *settings(demand="tokio"), folder=tmp_path)
    assert done.code == 2
    assert done.err == "--set: demand is 'tokio'; jpn48 has no such data centre; did you mean tokyo\n"
