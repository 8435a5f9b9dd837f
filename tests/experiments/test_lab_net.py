# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu lab net`: a network of one's own with its controller, and `apnemu ctl` beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apnemu.blueprint.requests import service_uuid
from tests.experiments.command import TOPOLOGIES, apnemu

pytestmark = [pytest.mark.guest, pytest.mark.slow]
SCRIPT = """
python3 -m apnemu.cli ctl watch > /run/apnemu/watched &
python3 -m apnemu.cli ctl request one tokyo osaka
python3 -m apnemu.cli ctl request two tokyo nagoya --no-wait
sleep 1
python3 -m apnemu.cli ctl release one
sleep 1
sleep 1000000000 &
exit 7
"""


def test_watched_and_ended_with_what_is_left_running(tmp_path: Path) -> None:
    """Twice in one folder: nothing of the first is in the second."""
    (tmp_path / "script.sh").write_text(SCRIPT)
    asked = ("lab", "net", str(TOPOLOGIES / "three-sites.yaml"), "--folder", "net", "--wall-limit-s", "900", "--")
    one, two = service_uuid("one"), service_uuid("two")
    for _ in range(2):
        done = apnemu(*asked, "sh", str(tmp_path / "script.sh"), folder=tmp_path)
        assert done.code == 7, done.err
        assert done.out.splitlines() == [
            f"{one} INSTALLED ENABLED tokyo-nagoya-osaka openzrplus-100g-qpsk",
            f"{two} PLANNED DISABLED tokyo-nagoya openzrplus-100g-qpsk",
        ]
        seen = [json.loads(line) for line in (tmp_path / "net" / "watched").read_text().splitlines()]
        states = [(line["uuid"], line["service"] and line["service"]["lifecycle-state"]) for line in seen]
        assert states == [(one, "PLANNED"), (one, "INSTALLED"), (two, "PLANNED"), (one, None)]
        planned_s, installed_s = (line["at_s"] for line in seen[:2])
        assert 70.4 < installed_s - planned_s < 70.8, "seen every 0.1 s"
        assert (tmp_path / "net" / "transceivers.log").read_text() == ""
