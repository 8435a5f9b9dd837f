# SPDX-License-Identifier: BSD-3-Clause
"""What a sweep is told by: headings of its page, and the files that it was made from."""

from __future__ import annotations

from pathlib import Path

from apnemu.question.discovery import load_experiment
from apnemu.question.verdict import near_share
from apnemu.report.sweep_page import write_sweep_page
from apnemu.running.manifest import hashes


def test_a_page_has_the_experiments_headings_with_units(tmp_path: Path) -> None:
    rows = [
        {"point": at, "seed": 1, "set_topology": name, "shift": "space", "cost_yen": 1.25e8, "currency": "JPY"}
        | {"meant_bytes": size, "moved_bytes": size // 10}
        for at, (name, size) in enumerate((("one", 3_000_000_000_000), ("two", 6_000_000_000_000)))
    ]
    about = {"experiment": "watt_day", "question": "?", "topology": "one, two", "seed": 1, "points": 2}
    facts = {**about, "failed": 0, "unmet": 0, "unjudged": 0}
    shown = load_experiment("watt_day").shown
    page = write_sweep_page(tmp_path, facts, rows, ["set_topology"], [], shown).read_text(encoding="utf-8")
    assert ">of state, TB</th>" in page and "meant_bytes" not in page
    assert ">3.000</td>" in page and "125.000 M JPY" in page
    assert "of state, TB over topology" in page


def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    files = []
    for folder in (".", "power", "a/power", "b/power"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        files.append(tmp_path / folder / "same.yaml")
        files[-1].write_text(folder)
    found = hashes([*files, files[0]])
    assert list(found) == ["same.yaml", "power/same.yaml", "a/power/same.yaml", "b/power/same.yaml"]
    assert len(set(found.values())) == 4


def test_money_is_told_to_the_yen() -> None:
    claim = near_share("cost", 123_604_567.4, 126_412_345.6, 1e-3, "yen")
    assert (claim.measured, claim.expected) == ("123,604,567 yen", "126,412,346 yen within 0.1 %")
