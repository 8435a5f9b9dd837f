# SPDX-License-Identifier: BSD-3-Clause
"""Points of a sweep in a mutated list, and folders of sweeps that go on, in which somebody changed a file."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from apnemu.question.discovery import load_experiment
from apnemu.sweep.points import grid
from tests.fuzz.mutations import mutated, mutated_text
from tests.fuzz.trial import BAD_INPUT, DONE, LAB_FAILED, UNMET, Case, warmed

POINTS, SWEEP = "points.csv", "sweep"
LISTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "blocking": (
        ("load", "requests", "grid"),
        ("200", "1000", "fixed"),
        ("220", "10000", "flex"),
        ("1e2", "2000", "flex"),
    ),
    "latency": (
        ("load", "probes", "line_rate_gbps"),
        ("idle", "100", "10"),
        ("full", "20", "100"),
        ("idle", "3", "40"),
    ),
}
ODD = (
    "", " ", "nan", "inf", "-inf", "1e999", "-1", "9" * 5000, "0x10", "1_000", "١٢", "\x00", '"', '"a',
    "a,b", "é", "x" * 200_000, "=", "load=1", "true", "None", "1;2", "\ud800", "\x1b[2J", "1e-400", "1.0",
    "2**3", "load", "requests",
)  # fmt: skip
ASKED = (
    "sweep",
    "blocking",
    "--topology",
    "three-sites",
    "--set",
    "load=1,2",
    "--set",
    "requests=1000",
    "--seed",
    "1",
    "--out",
)
CODES = (DONE, UNMET, BAD_INPUT, LAB_FAILED)
"""A result may now say that its point failed, or was not as expected."""
KEPT = Path(mkdtemp(prefix="apnemu-fuzz-")) / SWEEP
"""A sweep that has ended, made once."""


def case(seed: int, number: int, folder: Path) -> Case:
    """A mutated list of points; or a sweep all of whose points are done, one file of which is changed."""
    draw = random.Random(f"sweep {seed} {number}")
    if draw.random() < 0.5:
        name = draw.choice(list(LISTS))
        (folder / POINTS).write_bytes(_listed(LISTS[name], draw))
        return Case(kind=f"points of {name}", steps=(partial(_pointed, name),), names=(POINTS, "--set"))
    shutil.copytree(KEPT, folder / SWEEP, ignore=shutil.ignore_patterns("runs"))
    results = sorted((folder / SWEEP / "points").iterdir())
    file = draw.choice((folder / SWEEP / "sweep.json", *results))
    data = file.read_bytes()
    match draw.randrange(8):
        case 0:
            at = draw.randrange(len(data))
            file.write_bytes(draw.choice((b"", data[:at], data[:at] + draw.randbytes(9) + data[at:], b"[" * 100_000)))
        case 1:
            file.write_bytes(mutated_text(data.decode(), draw).encode("utf-8", "surrogatepass"))
        case _:
            file.write_text(json.dumps(mutated(json.loads(data), draw)))
    kind = "sweep.json" if file.name == "sweep.json" else "result"
    return Case(kind=kind, steps=((*ASKED, SWEEP, "--json"),), names=(SWEEP,), codes=CODES, timed=True, lines=2)


def _listed(rows: tuple[tuple[str, ...], ...], draw: random.Random) -> bytes:
    """A list of points with one to three cells, lines or columns changed, or its text or bytes."""
    table = [list(row) for row in rows]
    for _ in range(draw.choice((1, 1, 2, 3))):
        row = draw.choice(table)
        match draw.randrange(6):
            case 0:
                row.append(draw.choice(ODD))
            case 1 if row:
                row.pop()
            case 2:
                table.insert(draw.randrange(len(table)), list(draw.choice(table)))
            case _ if row:
                row[draw.randrange(len(row))] = draw.choice(ODD)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    whole = text.getvalue()
    if draw.random() < 0.3:
        whole = mutated_text(whole, draw)
    data = whole.encode("utf-8", "surrogatepass")
    return (
        data
        if draw.random() < 0.9
        else draw.choice((whole.encode("utf-16", "surrogatepass"), b"\xff" + data, b"", data + b"\x00"))
    )


def _pointed(name: str) -> None:
    """Make points of the list, as a sweep does before it runs any."""
    for point in grid(load_experiment(name), (), Path(POINTS), 1):
        print(point.key, point.seed, point.given)


warmed((*ASKED, str(KEPT), "--json"))
