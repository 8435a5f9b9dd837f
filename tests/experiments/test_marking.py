# SPDX-License-Identifier: BSD-3-Clause
"""The queue that TCP keeps where it is marked: DCTCP's is its closed form's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.command import apnemu, settings


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("mark_us", [50, 90])
def test_dctcp_keeps_its_queue_at_the_mark(tmp_path: Path, mark_us: int) -> None:
    ends = {"from": "shinjuku", "to": "shibuya"}
    asked = settings(**ends, congestion_control="dctcp", flows="1,4", mark_us=mark_us, seconds=0.05)
    document = apnemu("run", "marking", *asked, "--json", folder=tmp_path).json()
    assert document["expectation"]["met"] is True, document["expectation"]["why"]
    for row in document["results"]:
        assert row["mark_ns"] == mark_us * 1_000
        assert 0.5 * row["mark_ns"] < row["queue_ns_mean"] < 1.2 * row["mark_ns"]
        assert row["retransmits"] == 0 and row["marks"] > 0


def test_dctcp_without_a_mark_is_refused(tmp_path: Path) -> None:
    done = apnemu("run", "throughput", *settings(congestion_control="dctcp"), folder=tmp_path)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "no queue of the network marks frames (ECN)" in done.err and "--set mark_us=50" in done.err
