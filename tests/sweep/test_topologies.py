# SPDX-License-Identifier: BSD-3-Clause
"""One sweep over several topologies: one table, one page, and the same draws over each."""

from __future__ import annotations

import re
from pathlib import Path

from tests.experiments.command import REPOSITORY, apnemu, settings

ASKED = ("sweep", "blocking", "--topology", "nsfnet,cost239", *settings(load="30,60", requests=2000), "--json")


def test_one_table_and_one_page(tmp_path: Path) -> None:
    found = apnemu(*ASKED, "--out", "sweep", folder=tmp_path).json()
    assert (found["points"], found["failed"], found["topology"]) == (4, 0, "nsfnet, cost239")
    told = [(row["set_topology"], row["set_load"]) for row in found["results"]]
    assert told == [("nsfnet", 30.0), ("nsfnet", 60.0), ("cost239", 30.0), ("cost239", 60.0)]
    seeds = [row["seed"] for row in found["results"]]
    assert seeds[:2] == seeds[2:] and seeds[0] != seeds[1]
    alone = apnemu("sweep", "blocking", "--topology", "cost239", *ASKED[4:], folder=tmp_path).json()
    same = ("blocking", "ci95", "set_load", "seed")
    assert [[row[key] for key in same] for row in alone["results"]] == [
        [row[key] for key in same] for row in found["results"][2:]
    ]
    assert alone["topology"] == "cost239" and "set_topology" not in alone["results"][0]
    page = (tmp_path / "sweep" / "sweep.html").read_text()
    assert "blocking over topology" in page and "blocking over load" in page
    figure = page[page.index("blocking over topology") :].partition("</figure>")[0]
    assert {"nsfnet", "cost239"} <= set(re.findall(r'class="tick"[^>]*>([^<]+)</text>', figure))
    again = apnemu(*ASKED, "--out", "sweep", folder=tmp_path).json()
    assert again["resumed"] == 4
    other = apnemu(*(word.replace("cost239", "jpn12") for word in ASKED), "--out", "sweep", folder=tmp_path)
    assert other.code == 2 and "holds a sweep of another experiment, topology" in other.err


def test_a_topology_that_is_none_or_comes_twice(tmp_path: Path) -> None:
    done = apnemu("sweep", "blocking", "--topology", "nsfnet,cost932", folder=tmp_path)
    assert done.code == 2 and "there is no topology 'cost932'" in done.err and done.err.count("\n") == 1
    done = apnemu("sweep", "blocking", "--topology", "nsfnet,nsfnet", folder=tmp_path)
    assert done.code == 2 and "are both called nsfnet; rename one" in done.err


def test_a_file_whose_name_has_a_comma_is_one_topology(tmp_path: Path) -> None:
    (tmp_path / "a,b.yaml").write_text((REPOSITORY / "topologies" / "nsfnet.yaml").read_text())
    asked = ("sweep", "blocking", "--topology", "a,b.yaml", *settings(load="30", requests=2000), "--json")
    assert apnemu(*asked, folder=tmp_path).json()["topology"] == "a,b"
