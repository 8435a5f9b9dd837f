# SPDX-License-Identifier: BSD-3-Clause
"""Names in any script: an import gives ids that machines take, and keeps what people read as labels."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.model.naming import LABEL, label_of
from apnemu.model.plant import Plant
from apnemu.topology import read_plant
from apnemu.topology.origins import NAME
from tests.optics.networks import network_form, written

SCRIPTS = {
    "Japanese": ("東京", "大阪", "名古屋"),
    "Japanese with one Latin part": ("東京 DC1", "大阪 DC1", "名古屋 DC1"),
    "Chinese": ("北京", "上海", "广州"),
    "Cyrillic": ("Москва", "Санкт-Петербург", "Нижний Новгород"),
    "Greek": ("Αθήνα", "Θεσσαλονίκη", "Πάτρα"),
    "Arabic": ("القاهرة", "الإسكندرية", "الجيزة"),
    "Hangul": ("서울", "부산", "인천"),
    "accents": ("Malmö", "Göteborg", "Łódź"),
    "emoji": ("🏯", "🗼", "👩‍🚀 1"),
    "differ in what is dropped": ("DC 東", "DC 西", "DC"),
    "over-long": ("x" * 300 + "1", "x" * 300 + "2", "東" * 300),
    "hostile": ("\u202eb", "\u200b", "\n\n"),
    "alike": ("Site_A", "site a", "SITE-A"),
}


def imported(folder: Path, names: tuple[str, ...], *options: str) -> tuple[Plant, str]:
    spans = [(f"fiber {a}-{b}", a, b, 80.0) for a, b in pairwise(names)]
    spans += [(f"fiber {b}-{a}", b, a, 80.0) for a, b in pairwise(names)]
    source = written(folder, network_form(names, spans))
    ran = CliRunner().invoke(app, ["import", str(source), "--out", str(folder / "x.yaml"), *options])
    assert ran.exit_code == 0, (ran.output, ran.exception)
    return read_plant(folder / "x.yaml"), ran.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_site_has_an_id_of_its_own_and_its_name_as_label(tmp_path: Path, script: str) -> None:
    names = SCRIPTS[script]
    plant, _ = imported(tmp_path, names)
    ids = [site.name for site in plant.sites]
    assert len(set(ids)) == len(names)
    for site, name in zip(plant.sites, names, strict=True):
        assert re.fullmatch(NAME.pattern, site.name)
        assert site.label in ("", name) or not re.fullmatch(LABEL, name)
        assert site.label or label_of(name) in ("", site.name)
        assert not site.label or re.fullmatch(LABEL, site.label)


def test_ids_follow_from_the_names_and_not_from_their_order(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, _ = imported(tmp_path / "a", ("東京", "大阪", "名古屋"))
    second, _ = imported(tmp_path / "b", ("名古屋", "大阪", "東京"))
    assert {site.label: site.name for site in first.sites} == {site.label: site.name for site in second.sites}


def test_what_was_done_is_told(tmp_path: Path) -> None:
    plant, said = imported(tmp_path, ("東京", "大阪"))
    for name, label in plant.labels.items():
        assert re.search(rf"{re.escape(name)} +{re.escape(label)}", said)
    assert sorted(plant.labels.values()) == ["大阪", "東京", "東京-大阪"]


def test_names_that_are_ids_have_no_labels(tmp_path: Path) -> None:
    plant, said = imported(tmp_path, ("tokyo", "osaka"))
    assert plant.labels == {}
    assert "Ids" not in said


def test_labels_in_json(tmp_path: Path) -> None:
    plant, said = imported(tmp_path, ("東京", "大阪"), "--json")
    assert json.loads(said)["labels"] == plant.labels


def test_requests_and_networks_have_names_of_their_own(tmp_path: Path) -> None:
    names = ("東京", "大阪")
    spans = [("fiber out", *names, 80.0), ("fiber back", *names[::-1], 80.0)]
    source = written(tmp_path, network_form(names, spans), "日本.json")
    ends = {"source": "trx 東京", "destination": "trx 大阪"}
    of = {"technology": "flexi-grid", "trx_type": "Voyager", "spacing": 50e9, "path_bandwidth": 100e9}
    wanted = {"bidirectional": False, "path-constraints": {"te-bandwidth": of}}
    asked = [{"request-id": name, **ends, **wanted} for name in ("回線一", "回線二", "a b", "a-b")]
    services = written(tmp_path, {"path-request": asked}, "services.json")
    command = ["import", str(source), "--out", str(tmp_path / "網.yaml"), "--services", str(services), "--json"]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, (ran.output, ran.exception)
    plant = read_plant(tmp_path / "網.yaml")
    requests = json.loads(ran.stdout)["requests"]
    assert [requests.get(demand.name, demand.name) for demand in plant.demands] == ["回線一", "回線二", "a b", "a-b"]
    assert plant.name.startswith("network-")
