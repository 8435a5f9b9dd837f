# SPDX-License-Identifier: BSD-3-Clause
"""Light by the journal of a controller: what a controller of ours decided, and whatever else may stand there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apnemu.blueprint.compiled import blueprint_for
from apnemu.controllers.apn import Apn
from apnemu.errors import GuestError, LabError
from apnemu.live.lights import JOURNAL, Asked
from apnemu.model.assignment import Assignment
from apnemu.planning import next_hops
from apnemu.planning.online import Service
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant
from apnemu.units import NS_PER_S

TUNED_NS = 80 * NS_PER_S


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Asked, Apn, Path]:
    """A page's view and a controller, whose journal it reads."""
    import dataclasses

    plant = dataclasses.replace(read_plant(shipped_topology("three-sites")), transceivers=2)
    blueprint = blueprint_for("apn", plant, Assignment(lightpaths=(), refusals=()), next_hops(plant), (), seed=1)
    journal = tmp_path / JOURNAL

    def write(entry: object) -> None:
        with journal.open("a") as file:
            file.write(json.dumps(entry) + "\n")

    return Asked(blueprint, tmp_path), Apn(blueprint, write), journal


def test_light_is_what_the_controller_decided(asked: tuple[Asked, Apn, Path]) -> None:
    page, controller, _ = asked
    assert page.at(0) == []
    service = Service(name="x", source="tokyo", target="osaka", rate_gbps=100.0)
    assert controller.request(service, NS_PER_S).accepted
    assert [one["state"] for one in page.at(2 * NS_PER_S)] == ["planned"]
    lit = page.at(NS_PER_S + TUNED_NS)
    assert [(one["state"], one["paths"][0]["route"]) for one in lit] == [("lit", ["tokyo", "nagoya", "osaka"])]
    assert lit[0]["paths"][0]["carries"] is True
    assert controller.release("x", 2 * TUNED_NS)
    assert page.at(2 * TUNED_NS + NS_PER_S) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"do": "adopt", "at_ns": 1, "free_ns": 0, "name": "x"}',
        '{"do": "__init__", "at_ns": 1, "free_ns": 0, "name": "x"}',
        '{"do": "request", "at_ns": 1, "free_ns": 0, "service": {"name": 1}}',
        '{"do": "request", "at_ns": 1, "free_ns": 0}',
        '{"do": "port", "at_ns": "x", "free_ns": 0, "dpid": 1, "port": 1, "up": 1}',
        '{"do": "sag", "at_ns": 1, "free_ns": 0, "fibre": "nowhere", "db": 1}',
        "[]",
        "\x00",
        "[" * 5000,
    ],
)
def test_what_no_controller_wrote_is_refused(asked: tuple[Asked, Apn, Path], line: str) -> None:
    page, _, journal = asked
    journal.write_text(line + "\n")
    with pytest.raises(GuestError, match=r"controller.journal of the lab holds what no controller of ours wrote"):
        page.at(10)


def test_no_link_is_followed(asked: tuple[Asked, Apn, Path], tmp_path: Path) -> None:
    page, _, journal = asked
    (tmp_path / "secret").write_text("{}\n")
    journal.symlink_to(tmp_path / "secret")
    with pytest.raises(LabError, match="is a symbolic link and no file"):
        page.at(10)
