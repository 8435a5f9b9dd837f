# SPDX-License-Identifier: BSD-3-Clause
"""The topologies that come with apnemu: sound, sourced, and one format for reader, schema and editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

import apnemu.topology
from apnemu.planning import plan
from apnemu.topology import read_plant, read_power
from apnemu.topology.equipment_format import EQUIPMENT
from apnemu.topology.format import TOPOLOGY
from apnemu.topology.schema import schema_text
from apnemu.topology.shapes import ListOf, MapOf, Record, Shape

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
SHIPPED = sorted(TOPOLOGIES.glob("*.yaml"))
SCHEMA = Path(apnemu.topology.__file__).with_name("schema.json")
BAD = Path(__file__).parents[1] / "bad_inputs"


def test_all_are_here() -> None:
    assert [path.stem for path in SHIPPED] == [
        "cost239",
        "hub-and-leaves",
        "japan-siting",
        "jpn12-disaster",
        "jpn12-power",
        "jpn12",
        "jpn48",
        "kyushu-zone",
        "nsfnet",
        "phase-2030",
        "phase-early-2030s",
        "phase-late-2030s",
        "three-areas-loop",
        "three-sites",
        "tokyo-metro",
        "tokyo-osaka",
        "two-areas",
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_topology(path: Path) -> None:
    plant = read_plant(path)
    assert plant.name == path.stem
    assert plant.source != "not stated"
    assert plant.licence in ("facts", "CC0-1.0")
    assert plan(plant).refusals == ()
    first, document = path.read_text().splitlines()[0], YAML(typ="safe", pure=True).load(path)
    assert (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve() == SCHEMA
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)


@pytest.mark.parametrize("path", sorted((TOPOLOGIES / "power").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_power_system(path: Path) -> None:
    power = read_power(path)
    assert power.name == path.stem
    assert power.source != "not stated"
    assert power.licence in ("facts", "CC0-1.0")
    first, document = path.read_text().splitlines()[0], YAML(typ="safe", pure=True).load(path)
    schema = SCHEMA.with_name("power-schema.json")
    assert (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve() == schema
    Draft202012Validator(json.loads(schema.read_text())).validate(document)


def test_equipment_that_comes_with_apnemu_fits_its_schema() -> None:
    document = YAML(typ="safe", pure=True).load(TOPOLOGIES / "equipment" / "default.yaml")
    schema = json.loads(schema_text(EQUIPMENT, "apnemu equipment"))
    Draft202012Validator(schema).validate(document)
    document["roadm"]["express_ns"] = 0.5
    assert not Draft202012Validator(schema).is_valid(document)


def test_schema_knows_the_reader_s_keys() -> None:
    assert _schema_keys(json.loads(SCHEMA.read_text())) == _format_keys(TOPOLOGY)


def _format_keys(shape: Shape, place: str = "") -> set[str]:
    match shape:
        case Record():
            inner = (_format_keys(key.shape, f"{place}.{name}") for name, key in shape.keys.items())
            return {f"{place}.{key}" for key in shape.keys}.union(*inner)
        case ListOf() | MapOf():
            return _format_keys(shape.item, f"{place}[]")
    return set()


def _schema_keys(schema: dict[str, Any], place: str = "") -> set[str]:
    keys = {f"{place}.{key}" for key in schema.get("properties", {})}
    keys = keys.union(*(_schema_keys(value, f"{place}.{key}") for key, value in schema.get("properties", {}).items()))
    if isinstance(schema.get("additionalProperties"), dict):
        keys |= _schema_keys(schema["additionalProperties"], f"{place}[]")
    return keys | (_schema_keys(schema["items"], f"{place}[]") if "items" in schema else set())


@pytest.mark.parametrize(
    "name",
    [
        "latitude_out",
        "unknown_key_site",
        "length_zero",
        "demand_both_ways",
        "hosts_many",
        "load_percent",
        "scenario_day",
    ],
)
def test_schema_refuses_what_the_reader_refuses_of_a_single_value(name: str) -> None:
    document = YAML(typ="safe", pure=True).load(BAD / f"{name}.yaml")
    assert not Draft202012Validator(json.loads(SCHEMA.read_text())).is_valid(document)


def test_jpn12_is_the_model() -> None:
    plant = read_plant(TOPOLOGIES / "jpn12.yaml")
    assert (len(plant.sites), len(plant.fibres), len(plant.demands)) == (12, 17, 66)
    assert round(sum(fibre.length_km for fibre in plant.fibres), 1) == 7433.8
    assert sum(site.population or 0 for site in plant.sites) == 128_057_352  # Japan's census of 2010


def test_jpn48_is_the_model() -> None:
    plant = read_plant(TOPOLOGIES / "jpn48.yaml")
    assert (len(plant.sites), len(plant.fibres)) == (48, 82)
    assert plant.fibre["nagasaki-naha"].length_km == 758.0
