# SPDX-License-Identifier: BSD-3-Clause
"""One declaration of a key gives reading, messages, schema, documentation and writer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

import apnemu.topology
from apnemu.errors import InputError
from apnemu.model.demand import TreeDemand
from apnemu.model.plant import Mode, Subcarriers
from apnemu.optics.format import OPTICS
from apnemu.topology import read_plant
from apnemu.topology.documentation import page, text, told
from apnemu.topology.equipment import SHIPPED
from apnemu.topology.equipment_format import EQUIPMENT, SUBCARRIERS
from apnemu.topology.format import DEMAND, TOPOLOGY
from apnemu.topology.origins import ABOUT
from apnemu.topology.parse import read_file
from apnemu.topology.power_format import POWER
from apnemu.topology.profile_format import AREA_PROFILE, FEED_PROFILE, FEEDER_PROFILE, TIE_PROFILE
from apnemu.topology.schema import schema_of, schema_text
from apnemu.topology.shapes import Key, ListOf, MapOf, Number, Record, must
from apnemu.topology.size_classes import SIZE_CLASSES
from apnemu.topology.writer import lines_of, topology_text

ROOT = Path(__file__).parents[2]
ROOM = Path(apnemu.topology.__file__).parent
MADE = {
    ROOM / "schema.json": schema_text(),
    ROOM / "equipment-schema.json": schema_text(EQUIPMENT, "apnemu equipment"),
    ROOM / "power-schema.json": schema_text(POWER, "apnemu power system"),
    ROOT / "docs" / "topology-format.md": text(),
    ROOT / "docs" / "optics-format.md": page("Optics files", "apnemu/optics", {"Optics": OPTICS}),
}
"""Files that are made from declarations; to renew them: `PYTHONPATH=. python tests/topology/test_declarations.py`."""


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_file_is_what_the_declarations_make(path: Path) -> None:
    assert path.read_text() == MADE[path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """The model of the example: two attributes, the second added."""

    name: str
    crew: int = 1


def test_a_key_added_in_one_line_is_read_refused_described_and_written(tmp_path: Path) -> None:
    crew = Key(shape=Number(low=1, high=9, decimals=0, hint="count them"), meaning="people on board")
    ship = Record(makes=Ship, keys={"name": TOPOLOGY.keys["name"], "crew": crew})
    file = tmp_path / "ship.yaml"
    file.write_text("name: ark\ncrew: 8\n")
    ark = read_file(file, ship).made(Ship)
    assert ark == Ship(name="ark", crew=8)
    assert lines_of(ship, ark) == ["name: ark", "crew: 8"]
    assert lines_of(ship, Ship(name="ark")) == ["name: ark"]
    file.write_text("name: ark\ncrew: 10\n")
    with pytest.raises(InputError, match=r"yaml:2: crew is 10; it must be a whole number from 1 to 9; count them$"):
        read_file(file, ship)
    assert schema_of(ship)["properties"]["crew"]["maximum"] == 9
    assert "| `crew` | a whole number from 1 to 9 | 1 | people on board; count them |" in page("", "", {"Ship": ship})


def _records(record: Record) -> Iterator[Record]:
    yield record
    for key in record.keys.values():
        inner = key.shape.item if isinstance(key.shape, ListOf | MapOf) else key.shape
        if isinstance(inner, Record):
            yield from _records(inner)


PROFILES = (AREA_PROFILE, FEEDER_PROFILE, TIE_PROFILE, FEED_PROFILE)
ALL = [record for whole in (TOPOLOGY, EQUIPMENT, OPTICS, SIZE_CLASSES, POWER, *PROFILES) for record in _records(whole)]


def test_each_key_fills_an_attribute_that_the_model_has() -> None:
    made = {id(SUBCARRIERS): (Subcarriers, Mode)}
    for record in ALL:
        kinds = made.get(id(record), (record.makes,))
        known = {attribute.name for kind in kinds if kind for attribute in fields(kind)}
        for name, key in record.keys.items():
            flat = isinstance(key.shape, Record) and key.shape.makes is None
            assert not record.makes or flat or known >= set(key.attributes(name)), name
    plant, tree = ({attribute.name for attribute in fields(kind)} for kind in (TOPOLOGY.makes or Ship, TreeDemand))
    assert plant >= {attribute for name, key in ABOUT.keys.items() for attribute in key.attributes(name)}
    assert tree == {attribute for name, key in DEMAND.keys.items() for attribute in key.attributes(name)} - {"target"}


def test_each_key_says_what_it_is_in_words_of_its_own() -> None:
    for record in ALL:
        meanings = [told(key) for key in record.keys.values()]
        assert all(meanings), list(record.keys)
        assert len(set(meanings)) == len(meanings), list(record.keys)


@pytest.mark.parametrize(
    "name", ["cost239", "hub-and-leaves", "jpn12", "jpn48", "nsfnet", "three-sites", "tokyo-metro"]
)
def test_what_is_written_reads_back_as_the_same_plant(name: str, tmp_path: Path) -> None:
    plant = read_plant(SHIPPED.parent / f"{name}.yaml")
    first = replace(plant.fibres[0], group_index=1.45, risks=("duct-1", "bridge"), name="true")
    demands = tuple(replace(demand, name=demand.name.replace("/", ".")) for demand in plant.demands)  # as of a mesh
    plant = replace(plant, fibres=(first, *plant.fibres[1:]), demands=demands, licence='"quoted": text # no comment')
    file = tmp_path / "written.yaml"
    file.write_text(topology_text(plant, beside=tmp_path))
    assert read_plant(file) == plant


def test_equipment_schema_has_the_limits_of_the_file() -> None:
    modes = json.loads((ROOM / "equipment-schema.json").read_text())["properties"]["modes"]
    assert modes["items"]["properties"]["slot_m"]["maximum"] == 64


def test_must_is_told_in_the_order_of_declaration() -> None:
    shape = Number(high=1, hint="")
    assert Record(keys={"b": must(shape), "c": Key(shape=shape), "a": must(shape)}).required == ("b", "a")


if __name__ == "__main__":
    for made_file, content in MADE.items():
        made_file.write_text(content)
