# SPDX-License-Identifier: BSD-3-Clause
"""Points know who they are: not from their place, nor from how their values were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.question.discovery import load_experiment
from apnemu.sweep.points import Point, across, grid, named
from apnemu.sweep.table import combined, write

THROUGHPUT = load_experiment("throughput")


def points(*given: str, listed: Path | None = None, seed: int = 1) -> tuple[Point, ...]:
    return grid(THROUGHPUT, given, listed, seed)


def test_the_last_setting_varies_fastest() -> None:
    found = [point.given for point in points("flows=1,2", "seconds=0.1,0.2")]
    assert found == [(f"flows={flows}", f"seconds={s}") for flows in (1, 2) for s in ("0.1", "0.2")]


def test_key_and_seed_follow_from_the_settings_alone() -> None:
    one = {point.key: point.seed for point in points("flows=1,2", "seconds=0.1,0.2")}
    other = {point.key: point.seed for point in points("seconds=0.20,0.1,0.3", "flows=2,1")}
    assert len(one) == 4 and len(set(one.values())) == 4
    assert one.items() <= other.items()
    assert {point.key for point in points("flows=1", seed=2)} == {point.key for point in points("flows=1")}
    assert points("flows=1", seed=2)[0].seed != points("flows=1")[0].seed


def test_a_list_of_points(tmp_path: Path) -> None:
    listed = tmp_path / "points.csv"
    listed.write_text("\ufeffflows, seconds\n1,0.1\n4,0.2\n", encoding="utf-8")  # as a spreadsheet writes it
    found = [point.given for point in points("rate_gbps=100,400", listed=listed)]
    assert found == [
        ("flows=1", "seconds=0.1", "rate_gbps=100"),
        ("flows=1", "seconds=0.1", "rate_gbps=400"),
        ("flows=4", "seconds=0.2", "rate_gbps=100"),
        ("flows=4", "seconds=0.2", "rate_gbps=400"),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["flows=0,1"], "--set: flows is '0'; it must be a whole number from 1 to 1024; for example --set flows=1"),
        (["flow=1"], "--set: throughput has no setting 'flow'; did you mean flows"),
        (["flows"], "--set: 'flows' has no '='; a setting is KEY=VALUE; for example flows=1"),
        (["flows=1", "flows=2"], "--set: flows is given twice; once with all its values: --set flows=a,b,c"),
        (["seconds=1,1.0"], "--set: the point seconds=1.0 comes twice; take one out"),
    ],
)
def test_refused(given: list[str], said: str) -> None:
    with pytest.raises(InputError) as refused:
        points(*given)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flows\n", "has 1 lines; it must have a line of settings' names and one for each point"),
        ("flows,seconds\n1\n", ":2: has 1 values; it must have 2"),
        ("flows,flows\n1,2\n", ":1: flows is given twice; take one out"),
        ("flow\n1\n", "points.csv:1: throughput has no setting 'flow'; did you mean flows"),
        (
            "flows\n1\n\n0\n",
            "points.csv:4: flows is '0'; it must be a whole number from 1 to 1024; for example flows=1",
        ),
        ("seconds\n1\n2\n1.0\n", "points.csv:4: the point seconds=1.0 comes twice; take one out"),
    ],
)
def test_a_bad_list_is_refused(tmp_path: Path, text: str, said: str) -> None:
    listed = tmp_path / "points.csv"
    listed.write_text(text)
    with pytest.raises(InputError) as refused:
        points(listed=listed)
    assert said in str(refused.value)


def test_too_many_points() -> None:
    many = ",".join(str(value) for value in range(1, 1001))
    with pytest.raises(InputError, match="that makes 1000000 points; it must be at most 100000"):
        points(f"flows={many}", f"ramp_s={many}")


def test_the_table_does_not_depend_on_who_came_first(tmp_path: Path) -> None:
    asked = points("flows=1,2,4")
    found = [
        {"key": point.key, "rows": [{"goodput_gbps": number or 0.5, "ok": True}], "met": True, "reason": ""}
        for number, point in enumerate(asked)
    ]
    found[1] = {"key": asked[1].key, "rows": [], "met": False, "reason": "the guest died"}
    write(combined(asked, {one["key"]: one for one in found}), tmp_path / "a.parquet")
    write(combined(asked, {one["key"]: one for one in reversed(found)}), tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    rows = combined(asked, {one["key"]: one for one in found})
    assert [row["reason"] for row in rows] == ["", "the guest died", ""]
    assert "goodput_gbps" not in rows[1]


def test_several_topologies_are_the_slowest_axis_with_the_same_draws() -> None:
    of_one = points("flows=1,2")
    assert across(("three-sites",), of_one) == of_one
    found = across(("three-sites", "jpn12"), of_one)
    assert [(point.topology, point.given) for point in found] == [
        (name, point.given) for name in ("three-sites", "jpn12") for point in of_one
    ]
    assert [point.seed for point in found] == [point.seed for point in of_one] * 2
    assert len({point.key for point in (*found, *of_one)}) == 6
    assert found[2].settings == {"topology": "jpn12", "flows": (1,)}
    rows = combined(found, {point.key: {"rows": [{"gbps": 1.0}], "reason": ""} for point in found})
    assert [(row["point"], row["set_topology"], row["set_flows"]) for row in rows] == [
        (0, "three-sites", 1),
        (1, "three-sites", 2),
        (2, "jpn12", 1),
        (3, "jpn12", 2),
    ]


def test_topologies_of_one_name_cannot_be_told_apart() -> None:
    with pytest.raises(InputError, match=r"--topology: a/x\.yaml and b/x\.yaml are both called x; rename one"):
        named([Path("a/x.yaml"), Path("b/x.yaml")])
    many = [points("flows=1")[0]] * 60_000
    with pytest.raises(InputError, match="that makes 2 topologies with 60000 points each; it must be at most 100000"):
        across(("x", "y"), many)
