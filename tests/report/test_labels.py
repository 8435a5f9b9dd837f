# SPDX-License-Identifier: BSD-3-Clause
"""Labels of sites in any script: on the page, in tables whose columns stay in line, in plans, in settings."""

from __future__ import annotations

import html
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from sample_run import NAMES, documents, picture, shown_of
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from apnemu.experiments.failover.settings import Settings as Failover
from apnemu.experiments.service_classes.question import Settings as Classes
from apnemu.experiments.throughput import Settings as Throughput
from apnemu.question.places import with_ids
from apnemu.report import words
from apnemu.report.page import Part, render
from apnemu.report.plant_map import draw
from apnemu.report.tables import results_table
from apnemu.topology import read_plant
from tests.experiments.command import TOPOLOGIES

LABELS = dict(zip(NAMES, ("北", "南 <b>&", "東", "Запад", "🏯中央"), strict=True))
JAPANESE = {"tokyo": "東京", "nagoya": "名古屋", "osaka": "大阪"}


def labelled_picture() -> dict[str, Any]:
    plant = picture()
    for site in plant["sites"]:
        site["label"] = LABELS[site["name"]]
    return plant


def japanese(folder: Path, **labels: str) -> Path:
    text = (TOPOLOGIES / "three-sites.yaml").read_text()
    for name, label in (JAPANESE | labels).items():
        place = text.index("{", text.index(f"\n  {name}:")) + 1
        text = f'{text[:place]}label: "{label}", {text[place:]}'
    text = text.replace("{between: [tokyo, nagoya],", "{between: [tokyo, nagoya], label: 東名,", 1)
    file = folder / "三都市.yaml"
    file.write_text(text)
    return file


def test_the_page_and_its_map_show_labels_and_keep_ids_for_the_script() -> None:
    plant = labelled_picture()
    parts = [
        Part(document=one, shown=shown_of(one["experiment"]), manifest={}, picture=plant) for one in documents(plant)
    ]
    page = render(parts, plant)
    for name, label in LABELS.items():
        assert html.escape(label) in page
        assert f'data-site="{name}"' in page
        assert f">{name.capitalize()}<" not in page
    assert "<b>&" not in page


def test_each_part_of_a_page_has_the_labels_of_its_own_plant() -> None:
    plant = labelled_picture()
    one = documents(plant)[0]
    part = Part(document=one, shown=shown_of(one["experiment"]), manifest={}, picture=plant)
    page = render([part], picture())
    assert ">Kita<" in page  # the map's
    assert "北" in page  # the results'


def test_no_label_holds_beyond_its_page() -> None:
    draw(labelled_picture(), ())
    assert words.site("kita") == "Kita"


@pytest.mark.parametrize("width", [60, 80, 81, 100])
def test_columns_stay_in_line_where_letters_are_wide(width: int) -> None:
    plant = labelled_picture()
    for one in documents(plant):
        with words.labelled(words.names_of(plant)):
            table = results_table(one["results"], shown_of(one["experiment"]))
        lines = _drawn(table, width)
        assert all(cell_len(line) <= width for line in lines)
        ends = {cell_len(line) for line in lines[3:-1] if any(label[:1] in line for label in LABELS.values())}
        assert len(ends) <= 1, lines


def _drawn(table: Table, width: int) -> list[str]:
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_a_plan_tells_which_is_which(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["plan", str(japanese(tmp_path)), "--reach-table"])
    assert ran.exit_code == 0, ran.output
    assert all(label in ran.stdout for label in JAPANESE.values())
    assert "ids: 東京 tokyo, 名古屋 nagoya, 大阪 osaka" in ran.stdout
    told = CliRunner().invoke(app, ["plan", str(japanese(tmp_path)), "--reach-table", "--json"]).stdout
    assert '"from": "tokyo"' in told
    assert '"labels"' in told


def test_settings_take_labels(tmp_path: Path) -> None:
    plant = read_plant(japanese(tmp_path))
    assert with_ids(Throughput(from_="東京", to="osaka"), plant) == Throughput(from_="tokyo", to="osaka")
    assert with_ids(Failover(event="東名", controller="大阪"), plant) == Failover(
        event="tokyo-nagoya", controller="osaka"
    )
    assert with_ids(Classes(wide="東京-大阪"), plant) == Classes(wide="tokyo-osaka")
    assert with_ids(Throughput(from_="京都"), plant) == Throughput(from_="京都")


def test_a_label_of_two_sites_is_refused_where_it_should_name_one(tmp_path: Path) -> None:
    plant = read_plant(japanese(tmp_path, osaka="東京"))
    with pytest.raises(
        InputError, match="from is '東京', which is the label of tokyo and of osaka; name one by its id"
    ):
        with_ids(Throughput(from_="東京"), plant)
    assert with_ids(Throughput(from_="osaka"), plant) == Throughput(from_="osaka")
    with words.labelled(plant.named):
        assert (words.site("tokyo"), words.site("osaka")) == ("東京 (tokyo)", "東京 (osaka)")


def test_an_error_of_a_run_names_both(tmp_path: Path) -> None:
    command = ["run", "throughput", "--topology", str(japanese(tmp_path)), "--set", "from=京都"]
    ran = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "結果")])
    assert isinstance(ran.exception, InputError)
    assert "tokyo (東京)" in str(ran.exception)
    assert not (tmp_path / "結果").exists()
