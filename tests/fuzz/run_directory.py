# SPDX-License-Identifier: BSD-3-Clause
"""Directories of runs in which somebody changed a file, through `apnemu report`, `compare` and `open_run`.

A directory is made of recorded results; one of its files is changed, and it is read and shown again.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apnemu.api import open_run
from apnemu.question.discovery import EXPERIMENTS
from apnemu.running.asked import contexts, resolve
from apnemu.running.guests import blueprint_of
from tests.fuzz import trial
from tests.fuzz.mutations import mutated, mutated_text
from tests.fuzz.trial import Case, warmed
from tests.recorded.case import case_of

RECORDED = Path(__file__).parents[1] / "recorded"
IN_A_ROW = 16
"""Cases of the same experiment, one after another: a picture takes longer to make than a page."""
FILES = (
    "results.json",
    "results.json",
    "results.json",
    "blueprint.json",
    "blueprint.json",
    "manifest.json",
    "records.parquet",
)
RUN, SOUND = "run", "sound"
BUILT = ("latency", "throughput", "failover", "provisioning", "virtual_dc_pool", "sovereignty")
"""Experiments whose blueprints are written: small ones, that between them have all that a blueprint can have."""


@cache
def blueprint(experiment: str) -> dict[str, Any]:
    """The picture of the recorded run, and of some experiments what the lab of each network is built from."""
    asked = resolve(case_of(experiment).request)
    with TemporaryDirectory() as place:
        networks = contexts(asked, Path(place), "virtual") if experiment in BUILT else []
        built = {context.network: blueprint_of(asked.request, context).to_json() for context in networks}
    return {"picture": asked.picture, **built}


def case(seed: int, number: int, folder: Path) -> Case:
    """A directory with one file changed: its page, and all that Python can ask of it."""
    names = sorted(file.parent.name for file in RECORDED.glob("*/rows.json"))
    experiment = names[(number // IN_A_ROW + seed) % len(names)]
    draw = random.Random(f"run directory {seed} {number}")
    own = draw.random() < 0.1
    for name in (RUN, SOUND):
        run_directory(folder / name, experiment, own=own)
    how = change(folder / RUN, draw)
    steps = (
        ("compare", SOUND, RUN, "--html", "compared.html"),
        ("compare", RUN, SOUND, "--json"),
        ("report", RUN, "--out", "page"),
        opened,
    )
    return Case(kind=how, steps=steps, names=(RUN,))


def run_directory(folder: Path, experiment: str, *, own: bool = False) -> None:
    """Write a directory as a run leaves it, of recorded rows; `own`: of an experiment in a file of somebody's own."""
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
    manifest = {
        "status": "done",
        "command": ["apnemu", "run", experiment],
        "inputs": {"t.yaml": "0" * 64},
        "versions": {"apnemu": "1", "python": "3.11"},
        "approximations": ["light has no noise but what GNPy computes"],
    }
    file = EXPERIMENTS / f"{experiment}.py"
    if own and file.is_file():
        shutil.copyfile(file, folder / "experiment.py")
        manifest["experiment_sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "results.json").write_text(json.dumps(document))
    (folder / "blueprint.json").write_text(json.dumps(blueprint(experiment)))
    (folder / "manifest.json").write_text(json.dumps(manifest))
    records = RECORDED / experiment / "records.parquet"
    if records.is_file():
        shutil.copyfile(records, folder / "records.parquet")


def change(folder: Path, draw: random.Random) -> str:
    """Change one of a directory's files: a place of its tree, a piece of its text, its bytes, what it is."""
    file = folder / draw.choice([name for name in FILES if (folder / name).is_file()])
    data = file.read_bytes()
    roll = draw.randrange(20)
    if roll == 0:
        file.unlink()
        draw.choice(
            (lambda: None, file.mkdir, lambda: file.symlink_to(file.name), lambda: file.symlink_to("/dev/zero"))
        )()
    elif roll == 1:
        file.write_bytes(draw.randbytes(draw.choice((0, 1, 1000))))
    elif roll == 2:
        file.write_text("[" * draw.choice((10, 100_000)))
    elif roll == 3:
        file.unlink()
        os.mkfifo(file)
    elif file.suffix == ".parquet" or roll < 6:
        at = draw.randrange(len(data))
        file.write_bytes(draw.choice((data[:at], data[:at] + draw.randbytes(draw.choice((1, 50))) + data[at + 1 :])))
    elif roll < 9:
        file.write_bytes(mutated_text(data.decode(), draw).encode("utf-8", "surrogatepass"))
    else:
        file.write_text(json.dumps(mutated(json.loads(data), draw)))
    return file.name


def opened() -> None:
    """Ask Python all that a run that is read again can tell."""
    run = open_run(RUN)
    print(run.answer, run.expected, run.verdict, repr(run), len(run.rows), sorted(run.document), sorted(run.manifest))
    if (run.path / "records.parquet").exists():
        print(run.records.num_rows)
    if {"apn", "packet"} & json.loads((run.path / "blueprint.json").read_text()).keys():
        print({network: len(built.wires) for network, built in run.blueprints.items()})


def sound() -> None:
    """Make a directory for each of some experiments, write its page and open it."""
    for experiment in ("latency", "failover", "blocking"):
        shutil.rmtree(RUN, ignore_errors=True)
        run_directory(Path(RUN), experiment)
        assert trial.command(("report", RUN, "--out", "page")) == trial.DONE
        assert trial.command(("compare", RUN, RUN, "--html", "compared.html")) == trial.DONE
        opened()


warmed(sound)
