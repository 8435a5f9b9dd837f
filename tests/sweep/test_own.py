# SPDX-License-Identifier: BSD-3-Clause
"""A sweep of an experiment of one's own that needs no lab: what is counted, what is shown, what is not mixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from apnemu.errors import InputError
from apnemu.question.discovery import shipped_topology
from apnemu.sweep import Request, sweep

OWN = """
from __future__ import annotations
from dataclasses import dataclass
from typing import Annotated
from apnemu import Experiment, Setting, at_most, judge_rows

@dataclass(frozen=True)
class Settings:
    n: Annotated[int, Setting("Which", low=0)] = 0

def computed(plant, settings, seed):
    if settings.n == 3:
        raise RuntimeError("three")
    return [{"reason": "mine", "class": "gold", "leaves": settings.n, "long": 10 ** (30 * settings.n), "kind": None}]

def judge(rows, settings):
    return judge_rows(rows, lambda row: at_most("leaves", row["leaves"], 1) if row["leaves"] else None, ("leaves",))

EXPERIMENT = Experiment(name="own", question="?", topology="three-sites", settings=Settings, computed=computed,
                        judge=judge)
"""


def swept(folder: Path, text: str = OWN) -> dict[str, Any]:
    (folder / "own.py").write_text(text)
    request = Request(
        experiment=str(folder / "own.py"),
        topologies=(shipped_topology("three-sites"),),
        given=("n=0,1,2,3",),
        networks=("apn",),
        out=folder / "sweep",
    )
    return sweep(request, say=lambda text: None)


def test_what_is_not_judged_is_neither_unmet_nor_failed(tmp_path: Path) -> None:
    document = swept(tmp_path)
    counts = {name: document[name] for name in ("points", "failed", "unmet", "unjudged")}
    assert counts == {"points": 4, "failed": 1, "unmet": 1, "unjudged": 1}
    page = (tmp_path / "sweep" / "sweep.html").read_text()
    assert "1 failed, 1 not as expected, 1 not judged." in page
    assert "<h3>leaves over n</h3>" in page
    assert page.count("<li><b>n=") == 1  # a row with a reason of its own is no failure
    table = pq.read_table(tmp_path / "sweep" / "sweep.parquet")
    assert table["leaves"].to_pylist() == [0, 1, 2, None]
    assert table["reason"].to_pylist()[3].startswith("own.py: own failed: RuntimeError: three")


def test_a_changed_experiment_is_not_mixed_with_what_was_there(tmp_path: Path) -> None:
    swept(tmp_path)
    assert swept(tmp_path)["resumed"] == 4
    with pytest.raises(InputError, match="holds a sweep of another experiment"):
        swept(tmp_path, OWN + "\n")
