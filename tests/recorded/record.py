# SPDX-License-Identifier: BSD-3-Clause
"""Write recorded runs again: `python -m tests.recorded.record NAME...` from the top of the repository.

With `--answers` the records stay, and what is made of them is written again: for a commit that changes a sentence.
Without it each is run in the lab, through the corridor, as its `asked.json` says: 5 to 15 s, and with the programs that
the experiment needs. That is for a new experiment, and for a commit that moves a number on purpose: that commit alone
carries the new files and says which numbers moved and why. A test that fails is no reason to record again.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from apnemu.question.context import Context
from apnemu.records.table import read_parquet
from apnemu.running import corridor
from apnemu.running.asked import answer, resolve
from tests.recorded.case import Case, Row, case_of


def record(name: str) -> None:
    """Run an experiment as its folder asks, and keep what was recorded and what was made of it."""
    case = case_of(name)
    for kept in case.folder.iterdir():
        if kept.is_dir() and kept.name != "power":  # that of a topology of its own
            shutil.rmtree(kept)
    experiment = dataclasses.replace(case.request.experiment, rows=_keeping(case))
    with tempfile.TemporaryDirectory(prefix="apnemu-recorded-") as place:
        request = dataclasses.replace(case.request, experiment=experiment, out=Path(place) / "run")
        corridor.run(request, say=print)
        if experiment.computed is None:
            write_small(read_parquet(Path(place) / "run" / "records.parquet"), case.folder / "records.parquet")
    write_answer(case)


def write_answer(case: Case) -> None:
    """Make results, answer and verdicts of what is recorded, and keep them."""
    asked = resolve(case.request)
    rows = case.rows(asked)
    _write(case.folder / "rows.json", rows)
    said = answer(asked, rows)
    spoiled = answer(asked, case.spoiled.among(rows))["expectation"]
    _write(case.folder / "answer.json", {**said, "spoiled": spoiled})
    print(f"{case.folder.name}: {len(rows)} rows; {said['answer']}\n  {said['expectation']['why']}\n  {spoiled['why']}")


def write_small(table: pa.Table, path: Path) -> None:
    """Write the records of a run as they are in a third of the size: whole numbers as differences, which are alike."""
    whole = [field.name for field in table.schema if pa.types.is_int64(field.type)]
    pq.write_table(
        table,
        path,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in whole],
        column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
    )


def _keeping(case: Case) -> Any:
    """The experiment's function that makes rows, which keeps the captures that it reads."""

    def rows(table: pa.Table, contexts: Sequence[Context[Any]]) -> list[Row]:
        for context in contexts:
            for capture in context.folder.glob("waits-*.pcap"):
                kept = case.folder / context.folder.name
                kept.mkdir(exist_ok=True)
                shutil.copyfile(capture, kept / capture.name)
        return case.request.experiment.rows(table, contexts)

    return rows


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    for word in sys.argv[1:]:
        if word != "--answers":
            write_answer(case_of(word)) if "--answers" in sys.argv else record(word)
