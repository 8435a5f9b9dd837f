# SPDX-License-Identifier: BSD-3-Clause
"""Light trees and subcarriers, measured: the closed form, one frame for all leaves, shares, a move."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.command import apnemu, settings


@pytest.mark.guest
def test_every_kind_to_two_leaves(tmp_path: Path) -> None:
    asked = settings(leaves="2", frames=5, train=10)
    found = apnemu("run", "p2mp", *asked, "--json", "--out", "run", folder=tmp_path).json()
    assert found["expectation"]["met"]
    rows = {(row["kind"], row["leaf"]): row for row in found["results"]}
    assert len(rows) == 6
    for row in rows.values():
        assert abs(row["delay_ns"] - row["predicted_delay_ns"]) <= 100
        assert abs(row["rate_gbps"] / row["share_gbps"] - 1) <= 0.01
        assert row["hub_frames"] == row["sent"] == 5
    assert [rows[kind, "leaf-1"]["transceivers"] for kind in ("tree", "subcarriers", "p2p")] == [3, 3, 4]
    assert rows["subcarriers", "leaf-1"]["moved"] == 3
    assert "Light tree" in (tmp_path / "run" / "report.html").read_text()


def test_more_leaves_than_there_are(tmp_path: Path) -> None:
    done = apnemu("run", "p2mp", *settings(leaves="17,20"), folder=tmp_path)
    assert done.code == 2 and "leaves is 17; hub-and-leaves has 16 data centres beside the hub hub" in done.err
