# SPDX-License-Identifier: BSD-3-Clause
"""Somebody's broken GNPy files are refused in one line; nothing crashes, nothing half-written stays."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from apnemu.optics import intake
from apnemu.topology import read_plant
from tests.optics.lines import EXAMPLES
from tests.optics.networks import network_form, written

GOOD = network_form("uv", [("out", "u", "v", 50.0), ("back", "v", "u", 90.0)])


def refused(path: Path, *options: str) -> str:
    out = path.with_name("x.yaml")
    before = {file.name for file in path.parent.iterdir()}
    ran = CliRunner().invoke(app, ["import", str(path), "--out", str(out), *options])
    assert isinstance(ran.exception, InputError), (ran.output, ran.exception)
    assert {file.name for file in path.parent.iterdir()} == before
    message = str(ran.exception)
    assert "\n" not in message
    return message


def fused_both_ways() -> dict[str, Any]:
    """Two ROADMs whose fibres pass one frame in both directions: GNPy's auto-design ends in a TypeError."""
    form = network_form("uv", [("u1", "u", "v", 40.0), ("v1", "v", "u", 30.0)])
    params = form["elements"][-1]["params"]
    form["elements"] += [{"uid": "odf", "type": "Fused", "params": {"loss": 0.5}}]
    form["elements"] += [
        {"uid": uid, "type": "Fiber", "type_variety": "SSMF", "params": params} for uid in ("1v", "1u")
    ]
    ways = {"u1": ("roadm u", "odf"), "1v": ("odf", "roadm v"), "v1": ("roadm v", "odf"), "1u": ("odf", "roadm u")}
    form["connections"] = form["connections"][:4] + [
        {"from_node": a, "to_node": b}
        for uid, (before, after) in ways.items()
        for a, b in ((before, uid), (uid, after))
    ]
    return form


def test_what_gnpy_raises_at_design_is_their_input(tmp_path: Path) -> None:
    message = refused(written(tmp_path, fused_both_ways()))
    assert message.startswith(f"{tmp_path / 'network.json'}: GNPy refuses it: ")


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no from_node": (
        lambda form: form["connections"][1].update(from_node=None),
        "connection 2 has nothing as its from",
    ),
    "no to_node": (lambda form: form["connections"][0].pop("to_node"), "connection 1 has nothing as its to_node"),
    "number": (lambda form: form["connections"][0].update(to_node=7), "connection 1 has 7 as its to_node"),
    "unknown": (lambda form: form["connections"][0].update(to_node="w"), "the to_node 'w'; there is no such element"),
    "no list": (lambda form: form.update(connections={}), "connections is a mapping; it must be a list"),
    "no elements": (lambda form: form.pop("elements"), "elements is nothing; it must be a list"),
    "uid": (lambda form: form["elements"][0].pop("uid"), "element 1 is a mapping without a uid"),
    "twice": (lambda form: form["elements"].append(form["elements"][0]), "'trx u', which comes twice"),
    "type": (lambda form: form["elements"][0].update(type="Laser"), "has the type 'Laser'; it must be one of"),
    "length": (lambda form: form["elements"][-1]["params"].update(length=1e9), "it must be from 0 to 20000"),
    "words": (lambda form: form["elements"][-1]["params"].update(length="far"), "has the length 'far' km"),
    "nan": (lambda form: form["elements"][-1]["params"].update(loss_coef=float("nan")), "it must be a finite number"),
    "params": (lambda form: form["elements"][-1].pop("params"), "has the length nothing km"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_missing_is_named_before_gnpy_sees_it(tmp_path: Path, kind: str) -> None:
    broken, words = BROKEN[kind]
    form = copy.deepcopy(GOOD)
    broken(form)
    path = written(tmp_path, form)
    with pytest.raises(InputError) as told:
        intake.network(path)
    assert str(told.value).startswith(f"{path}: ")
    assert words in str(told.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "3", '{"elements": ' + "[" * 100_000, '{"a": 1e999}', "\x00", '{"a": ' + "9" * 5000 + "}"]
)
def test_what_is_no_document_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"network\.json:"):
        intake.network(written(tmp_path, text))


def test_a_reader_in_c_that_crashes_is_a_refusal(tmp_path: Path) -> None:
    """The same document as it stands, unchecked: libyang ends its process by SIGSEGV."""
    form = copy.deepcopy(GOOD)
    form["connections"][1]["from_node"] = None
    with pytest.raises(InputError, match="GNPy refuses it: its reader ended by SIGSEGV"):
        intake.older(written(tmp_path, form), form)


@pytest.mark.slow
def test_a_network_in_several_parts_becomes_several_topologies(tmp_path: Path) -> None:
    spans = [("a", "u", "v", 50.0), ("b", "v", "u", 50.0), ("c", "x", "y", 60.0), ("d", "y", "x", 60.0)]
    path = written(tmp_path, network_form("uvxyz", spans))
    ran = CliRunner().invoke(app, ["import", str(path), "--out", str(tmp_path / "t.yaml"), "--json"])
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    assert [other["topology"] for other in document["others"]] == [str(tmp_path / "t-2.yaml")]
    for name, sites in (("t.yaml", {"u", "v"}), ("t-2.yaml", {"x", "y"})):
        plant = read_plant(tmp_path / name)
        assert {site.name for site in plant.sites} == sites
        assert len(plant.demands) == 1
    assert "no fibre reaches z; left out" in ran.stderr


@pytest.mark.slow
def test_spectrum_and_services_come_in(tmp_path: Path) -> None:
    out = tmp_path / "t.yaml"
    services, spectrum = (EXAMPLES / name for name in ("meshTopologyExampleV2_services.json", "initial_spectrum1.json"))
    words = ["import", str(EXAMPLES / "meshTopologyExampleV2.json"), "--out", str(out)]
    ran = CliRunner().invoke(app, [*words, "--services", str(services), "--spectrum", str(spectrum)])
    assert ran.exit_code == 0, ran.output
    plant = read_plant(out)
    asked = json.loads(services.read_text())["path-request"]
    rates = {each["request-id"]: each["path-constraints"]["te-bandwidth"]["path_bandwidth"] / 1e9 for each in asked}
    assert {demand.name: demand.rate_gbps for demand in plant.demands} == rates
    assert str(plant.band) == "191.325 to 195.125 THz"
    message = refused(written(tmp_path, GOOD), "--services", str(services))
    assert "names 'trx Lorient_KMA'; the network has no such transceiver" in message
