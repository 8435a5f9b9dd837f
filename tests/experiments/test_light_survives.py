# SPDX-License-Identifier: BSD-3-Clause
"""Two cuts at once, then a region lost and repaired in another order, under light of every scheme in one lab.

What the controller says it has is held against frames that arrive or do not.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from apnemu.blueprint.requests import service_uuid
from tests.experiments.command import Done, apnemu

MESH = """
apnemu: 1
name: mesh
sites:
  a: {kind: cluster, lat: 35.0, lon: 135.0}
  b: {kind: cluster, lat: 35.0, lon: 136.0}
  c: {kind: cluster, lat: 35.5, lon: 137.0}
  d: {kind: cluster, lat: 36.0, lon: 136.0}
  e: {kind: cluster, lat: 36.0, lon: 135.0}
  f: {kind: cluster, lat: 35.5, lon: 134.0}
fibres:
  - {between: [a, b], length_km: 100}
  - {between: [b, c], length_km: 110}
  - {between: [c, d], length_km: 120}
  - {between: [d, e], length_km: 130}
  - {between: [e, f], length_km: 140}
  - {between: [f, a], length_km: 150}
  - {between: [b, e], length_km: 160}
  - {between: [c, f], length_km: 400}
"""
OWN = """
import dataclasses
import pyarrow.compute as pc
from apnemu.question.experiment import Experiment
from apnemu.model.assignment import Assignment
from apnemu.model.activities import Event, Probes, Request
from apnemu.model.scenario import Stage
from apnemu.units import VirtualNs

S = 1_000_000_000
ASKED = {
    "computed": ("a", "d", "restoration-computed"),
    "two": ("b", "e", "1+1"),
    "prepared": ("c", "a", "restoration-prepared"),
    "plain": ("b", "d", "none"),
    "other": ("d", "f", "restoration-computed"),
}
PAIRS = tuple((source, target) for source, target, _ in ASKED.values())


def event(at_s, kind, fibres=(), sites=()):
    return Event(at_ns=VirtualNs(int(at_s * S)), kind=kind, what=kind, fibres=fibres, sites=sites)


def stage(phase, seconds, *events):
    probes = Probes(pairs=PAIRS, count=5 * seconds, gap_ns=VirtualNs(S // 5 // len(PAIRS)))
    return Stage(phase=phase, duration_ns=VirtualNs(seconds * S), activities=(probes, *events))


def stages(context):
    asked = tuple(
        Request(name=name, source=source, target=target, rate_gbps=100, protection=how, expected_ns=VirtualNs(72 * S))
        for name, (source, target, how) in ASKED.items()
    )
    return (
        Stage(phase="asked", duration_ns=VirtualNs(S), activities=asked),
        stage("two cuts", 80, event(1, "cut", ("a-b",)), event(1, "cut", ("d-e",))),
        stage(
            "region",
            250,
            event(1, "region", ("d-e", "e-f", "b-e"), ("e",)),
            event(2, "cut", ("b-c",)),
            event(90, "repair", ("d-e", "e-f")),
            event(92, "repair", (), ("e",)),
            event(94, "repair", ("b-c", "b-e")),
        ),
    )


def rows(table, contexts):
    keys = ("phase", "kind", "name", "source", "target", "at_ns", "one_way_ns", "detail")
    return [{key: record[key] for key in keys} for record in table.to_pylist()]


EXPERIMENT = Experiment(
    name="own",
    question="Does light survive?",
    topology="mesh",
    networks=("apn",),
    prepare=lambda plant, settings: dataclasses.replace(plant, transceivers=4),
    arrange=lambda planned, settings: Assignment(lightpaths=(), refusals=()),
    stages=stages,
    rows=rows,
    expected=lambda settings: "none is forgotten",
)
"""
ASKED = {
    "computed": ("a", "d"),
    "two": ("b", "e"),
    "prepared": ("c", "a"),
    "plain": ("b", "d"),
    "other": ("d", "f"),
}
S = 1_000_000_000


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder: Path = tmp_path_factory.mktemp("survives")
    (folder / "own.py").write_text(OWN)
    (folder / "mesh.yaml").write_text(MESH)
    done: Done = apnemu("run", "own.py", "--topology", "mesh.yaml", "--json", folder=folder)
    assert done.code == 0, done.out + done.err
    return list(done.json()["results"])


def services(rows: list[dict[str, Any]], phase: str) -> dict[str, dict[str, Any]]:
    """Name -> what the controller said of it at the end of a stage."""
    told = {
        row["name"].removeprefix("service "): json.loads(row["detail"])
        for row in rows
        if row["phase"] == phase and row["name"].startswith("service ")
    }
    assert set(told) == {service_uuid(name) for name in ASKED}
    return {name: told[service_uuid(name)] for name in ASKED}


def arrived(rows: list[dict[str, Any]], phase: str, name: str, from_s: float, to_s: float) -> list[bool]:
    """Of each frame of a service that was sent in a part of a stage, whether it arrived."""
    probes = [row for row in rows if row["phase"] == phase and row["kind"] == "probe"]
    first_ns = min(row["at_ns"] for row in probes)
    own = [row for row in probes if (row["source"], row["target"]) == ASKED[name]]
    return [
        row["one_way_ns"] is not None
        for row in own
        if from_s * S <= row["at_ns"] - first_ns and row["at_ns"] - first_ns < to_s * S
    ]


def fibres(service: dict[str, Any]) -> set[str]:
    """On the way of what carries it."""
    carrying = [lit for lit in service["connection"] if lit["apnemu:carries"]]
    return {"-".join(sorted(pair)) for lit in carrying for pair in itertools.pairwise(lit["apnemu:route"])}


@pytest.mark.guest
def test_each_has_light_before_anything_happens(rows: list[dict[str, Any]]) -> None:
    asked = [row for row in rows if row["name"].startswith("request ")]
    assert [json.loads(row["detail"])["status"] for row in asked] == [201] * len(ASKED)
    for name in ASKED:
        assert all(arrived(rows, "two cuts", name, 0, 0.9))


@pytest.mark.guest
def test_two_cuts_at_once(rows: list[dict[str, Any]]) -> None:
    told = services(rows, "two cuts")
    for name, service in told.items():
        alive = service["operational-state"] == "ENABLED"
        assert set(arrived(rows, "two cuts", name, 75, 79)) == {alive}, name
        if alive:
            assert not fibres(service) & {"a-b", "d-e"}
        else:
            assert "dead: fibre" in service["apnemu:reason"]
    assert {name for name, service in told.items() if service["operational-state"] == "DISABLED"} <= {"plain"}


@pytest.mark.guest
def test_while_a_region_is_lost(rows: list[dict[str, Any]]) -> None:
    for name in ("computed", "prepared", "other"):
        assert all(arrived(rows, "region", name, 76, 89)), name
    assert set(arrived(rows, "region", "two", 1.1, 89)) == {False}
    assert set(arrived(rows, "region", "plain", 2.1, 93)) == {False}


@pytest.mark.guest
def test_after_repair_in_another_order_all_have_light(rows: list[dict[str, Any]]) -> None:
    told = services(rows, "region")
    taken: set[tuple[str, int]] = set()
    for name, service in told.items():
        assert (service["operational-state"], service["apnemu:reason"]) == ("ENABLED", ""), name
        assert arrived(rows, "region", name, 240, 249).count(False) == 0, name
        for lit in service["connection"]:
            n, m = lit["apnemu:slot"]["n"], lit["apnemu:slot"]["m"]
            for pair in itertools.pairwise(lit["apnemu:route"]):
                steps = {("-".join(sorted(pair)), step) for step in range(n - m, n + m)}
                assert not steps & taken
                taken |= steps
    assert len(told["two"]["connection"]) == 2
