# SPDX-License-Identifier: BSD-3-Clause
"""Fuzz `apnemu report` and `open_run`: `python -m tests.fuzz.run_directory --count 2000 --seed 1`.

A run's directory is made of recorded results, one of its files is changed, and it is read and shown again. It must be
shown, or refused in one line, within seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from apnemu.errors import InputError
from apnemu.question.discovery import known_experiments
from apnemu.running.asked import resolve
from apnemu.running.finished import read_finished, write_report
from tests.fuzz.mutations import mutated, mutated_text
from tests.recorded.case import case_of

RECORDED = Path(__file__).parents[1] / "recorded"
LIMIT_S = 20.0


@cache
def picture(experiment: str) -> dict[str, Any]:
    """The picture of the recorded run."""
    return dict(resolve(case_of(experiment).request).picture)


def run_directory(folder: Path, experiment: str, picture: dict[str, Any]) -> None:
    """Write a directory as a run leaves it, of recorded rows."""
    folder.mkdir()
    rows = json.loads((RECORDED / experiment / "rows.json").read_text())
    said = json.loads((RECORDED / experiment / "answer.json").read_text())
    document = {
        "run_dir": str(folder),
        "experiment": experiment,
        "seed": 1,
        "time": "virtual",
        "virtual_s": 30.0,
        "wall_s": 8.0,
        "peak_memory_bytes": 10**9,
        "expectation": said["expectation"],
        "results": rows,
    }
    (folder / "results.json").write_text(json.dumps(document))
    (folder / "blueprint.json").write_text(json.dumps({"picture": picture}))
    (folder / "manifest.json").write_text(json.dumps({"status": "done", "command": "apnemu run", "inputs": {}}))


def change(folder: Path, draw: random.Random) -> None:
    """Change one of a directory's files: a place of its tree, a piece of its text, or all of it."""
    file = folder / draw.choice(("results.json", "results.json", "blueprint.json", "manifest.json"))
    match draw.randrange(10):
        case 0:
            file.write_text(mutated_text(file.read_text(), draw))
        case 1:
            file.unlink()
        case 2:
            file.write_bytes(draw.randbytes(draw.choice((0, 1, 1000))))
        case 3:
            file.write_text("[" * draw.choice((10, 100_000)))
        case _:
            file.write_text(json.dumps(mutated(json.loads(file.read_text()), draw)))


def fuzz(count: int, seed: int) -> Counter[str]:
    """Change and read `count` directories; gives how they ended. Raises whatever is no InputError."""
    ended: Counter[str] = Counter()
    names = sorted(known_experiments())
    with tempfile.TemporaryDirectory() as place:
        for number in range(count):
            draw = random.Random(f"run directory {seed} {number}")
            folder = Path(place) / "run"
            experiment = draw.choice(names)
            run_directory(folder, experiment, picture(experiment))
            change(folder, draw)
            begun_s = time.monotonic()
            try:
                finished = read_finished(folder)
                finished.answer()
                finished.table()
                write_report(Path(place) / "page", [finished])
                ended["shown"] += 1
            except InputError as error:
                assert "\n" not in str(error), str(error)
                ended["refused"] += 1
            except BaseException:
                print(f"seed {seed}, number {number}, experiment {experiment}")
                raise
            assert time.monotonic() - begun_s < LIMIT_S, f"number {number} took {time.monotonic() - begun_s:.0f} s"
            shutil.rmtree(folder)
    return ended


def main() -> None:
    """Fuzz as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(dict(fuzz(arguments.count, arguments.seed)))


if __name__ == "__main__":
    main()
