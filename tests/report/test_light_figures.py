# SPDX-License-Identifier: BSD-3-Clause
"""Margin and spectrum of light to many: a tree once on each fibre, its answers, subcarriers; against the plan."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from apnemu.model.assignment import Assignment
from apnemu.model.demand import Demand, TreeDemand
from apnemu.model.plant import Plant
from apnemu.planning.judged import plan_judged
from apnemu.planning.spectrum_use import SpectrumUse
from apnemu.report import plant_map, words
from apnemu.report.light_figures import light_figures
from apnemu.report.page import pair_details, render
from apnemu.report.picture import picture_of
from tests.compiled import shipped


@pytest.fixture(scope="module")
def plant() -> Plant:
    """Two leaves behind one exchange and one behind another, by splitters; four by subcarriers; one lightpath."""
    trees = (
        TreeDemand(name="feed", source="hub", leaves=("leaf-1", "leaf-9", "leaf-2"), rate_gbps=100),
        TreeDemand(
            name="shared",
            source="hub",
            leaves=("leaf-1", "leaf-2", "leaf-3", "leaf-11"),
            rate_gbps=100,
            kind="subcarriers",
        ),
    )
    demands = (Demand(name="own", source="hub", target="leaf-1", rate_gbps=100),)
    return replace(shipped("hub-and-leaves"), demands=demands, trees=trees)


@pytest.fixture(scope="module")
def planned(plant: Plant) -> Assignment:
    return plan_judged(plant, by_quality=False).assignment


@pytest.fixture(scope="module")
def picture(plant: Plant, planned: Assignment) -> dict[str, Any]:
    return picture_of(plant, planned)


def boxes(spectrum: str) -> Counter[tuple[str, str]]:
    """(whose, colour) -> slots drawn."""
    found = re.findall(r"<rect [^>]*fill=\"(var\(--\w+\))\"[^>]*><title>(.*?): ", spectrum)
    return Counter((name, colour) for colour, name in found)


def test_a_tree_is_lit_once_on_each_fibre_however_many_leaves_are_behind_it(picture: dict[str, Any]) -> None:
    _, spectrum = light_figures(picture)
    assert boxes(spectrum) == {
        ("own", "var(--apn)"): 2,
        ("feed", "var(--other)"): 5,  # two exchanges, three leaves
        ("feed, leaf-1&#39;s answer", "var(--other)"): 2,
        ("feed, leaf-9&#39;s answer", "var(--other)"): 2,
        ("feed, leaf-2&#39;s answer", "var(--other)"): 2,
        ("shared", "var(--good)"): 7,  # three exchanges, four leaves
    }
    for meaning in ("lightpath", "light tree, away from its hub", "leaf&#39;s answer, towards the hub"):
        assert f"</svg>{meaning}</li>" in spectrum


def test_the_share_of_each_fibre_is_what_the_planner_has_given_away(
    plant: Plant, planned: Assignment, picture: dict[str, Any]
) -> None:
    use = SpectrumUse(plant)
    for path in planned.lightpaths:
        use.light(path.fibres, path.slot)
    for tree in planned.trees:
        use.light(tree.fibres, tree.slot)
        for branch in tree.branches if tree.kind == "tree" else ():
            use.light(branch.fibres, branch.return_slot)
    steps = plant.band.high - plant.band.low
    said = {name: words.percent(1 - use.dark_steps(name) / steps) for name in plant.fibre}
    _, spectrum = light_figures(picture)
    drawn = re.findall(r'text-anchor="end"[^>]*>([^<]*)</text>.*?>([\d.]+ %)</text>', spectrum)
    assert dict(drawn) == said
    assert len(set(said.values())) > 3


def test_a_fibre_has_the_margin_of_its_worst_leaf(picture: dict[str, Any], planned: Assignment) -> None:
    margins, _ = light_figures(picture)
    feed, shared = planned.trees
    ways = {f"{tree.name} to {branch.leaf}": branch for tree in (feed, shared) for branch in tree.branches}
    worst = min(ways, key=lambda name: ways[name].margin_db)
    assert f"the least of all is {ways[worst].margin_db:.2f} dB: {worst}" in margins
    least = shared.branches[0]
    assert (
        f"Splitter-1–leaf-1: least margin {least.margin_db:.2f} dB (shared to leaf-1, {shared.mode}, GSNR"
        f" {least.gsnr_db:.2f} dB), 1 lightpath, light to 2 leaves of trees"
    ).lower() in margins.lower()
    assert "the leaves&#39; answers are not judged" in margins and "judged by a table" not in margins


def test_lightpaths_without_a_figure_are_counted(plant: Plant, planned: Assignment) -> None:
    paths = tuple(replace(path, gsnr_db=None, margin_db=None) for path in planned.lightpaths)
    margins, _ = light_figures(picture_of(plant, replace(planned, lightpaths=paths)))
    assert "1 lightpath, judged by a table of reach, has none." in margins


def test_an_older_runs_trees_are_left_out_rather_than_drawn_in_part(picture: dict[str, Any]) -> None:
    older = [
        {
            **tree,
            "branches": [{key: value for key, value in one.items() if key != "fibres"} for one in tree["branches"]],
        }
        for tree in picture["trees"]
    ]
    _, spectrum = light_figures({**picture, "trees": older})
    assert boxes(spectrum) == {("own", "var(--apn)"): 2}
    assert '<ul class="legend">' not in spectrum


def test_trees_alone_have_figures_a_map_and_a_pair_to_begin_with(plant: Plant, planned: Assignment) -> None:
    picture = picture_of(plant, replace(planned, lightpaths=()))
    assert len(light_figures(picture)) == 2
    paths, trees = plant_map.lit(picture)
    assert (paths.total(), trees.total()) == (0, 5 + 7)
    assert "0 lightpaths, 2 light trees" in plant_map.describe(picture)
    first, *others = pair_details([], picture)
    assert (first["ends"], first["route"]) == (["hub", "leaf-1"], ["hub", "splitter-1", "leaf-1"])
    assert [term for term, _ in first["lines"]] == ["Light tree feed", "Light tree shared by subcarriers shared"]
    assert [one["ends"][1] for one in others] == ["leaf-9", "leaf-2", "leaf-3", "leaf-11"]
    assert "<h3>Hub–leaf-1</h3>" in render([], picture)


def test_a_pair_with_a_lightpath_and_trees_shows_all(picture: dict[str, Any]) -> None:
    first = pair_details([], picture)[0]
    terms = [term for term, _ in first["lines"]]
    assert terms[0] == "Lightpath" and terms[-2:] == ["Light tree feed", "Light tree shared by subcarriers shared"]
