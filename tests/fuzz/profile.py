# SPDX-License-Identifier: BSD-3-Clause
"""Mutated files of grid operators, exchanges and providers through `apnemu profile import`, profiles through `join`."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from apnemu.topology.power import SHIPPED_POWER
from tests.fuzz.mutations import mutated_text
from tests.fuzz.power import SYSTEMS, rows_of
from tests.fuzz.trial import Case, Step, warmed
from tests.importing.test_area_csv import a_day
from tests.importing.test_exchanges import carbon, european, flows, spot

FILE, OUT = "in.csv", "out.csv"
ENCODINGS = ("cp932", "utf-8", "utf-8-sig", "utf-16")
ODD = (
    "", " ", "-", "n/e", "N/A", "nan", "inf", "1e999", "-1", "0", "9" * 5000, "0x10", "1_000", "1,000", "１２", "١٢",
    "\x00", '"', '"a', "a,b", "é", "東京", "x" * 200_000, "=1+1", "24:00", "25:00", "0:60", "2024/02/30", "2024/4/1",
    "20240401", "99999/01/01", "0001/01/01", "31/03/2024 02:30 (CET)", "2024-10-27 02:00:00", "1e300", "49", "\x1b[2J",
    "BZN|XX", "関門連系線", "エリア需要", "MW", "万kW", "Time (CET/CEST)", "#",
)  # fmt: skip
WISHES: tuple[tuple[str, ...], ...] = (
    (), (), (), (), ("--area", "tokyo"), ("--area", "東京"), ("--area", "\x00"), ("--area", "a,b"), ("--unit", "kW"),
    ("--unit", "MWh"), ("--unit", "x"), ("--labels", "start"), ("--labels", "end"), ("--carbon", "direct"),
    ("--carbon", "x"),
)  # fmt: skip


@cache
def sheets() -> dict[str, list[list[str]]]:
    """Sound sheets by what they are of; the kind is the first word."""
    generation = [["Area", "MTU (UTC)", "Solar - Actual Aggregated [MW]", "Wind Onshore - Actual Aggregated [MW]"]]
    generation += [
        ["FR", f"01/01/2025 {hour:02d}:00 - 01/01/2025 {hour + 1:02d}:00", str(hour), "10"] for hour in range(5)
    ]
    return {
        "area_csv halves": a_day().rows(),
        "area_csv hours": a_day(24).rows(),
        "occto": flows(["関門連系線", "周波数変換設備", "北陸フェンス"]),
        "jepx": spot(),
        "entsoe load": european(datetime(2024, 3, 30, 12, tzinfo=UTC), 36, marks=True),
        "entsoe unmarked": european(datetime(2024, 10, 26, 22, tzinfo=UTC), 30, marks=False),
        "entsoe generation": generation,
        "electricitymaps": carbon([("450.5", "40"), ("440", "41"), ("430", "42")]),
    }


def case(seed: int, number: int, folder: Path) -> Case:
    """A file of one kind with something changed, imported and read again; or a profile of ours that is joined."""
    draw = random.Random(f"profile {seed} {number}")
    if draw.random() < 0.2:
        return _joined(folder, draw)
    of = draw.choice(list(sheets()))
    kind = of.partition(" ")[0]
    (folder / FILE).write_bytes(_content(sheets()[of], draw))
    more = () if kind != "area_csv" or draw.random() < 0.2 else ("--area", "tokyo")
    words = ("profile", "import", kind, FILE, *(draw.choice(WISHES) or more), "--out", OUT, "--json")
    steps: tuple[Step, ...] = (words, ("profile", "join", OUT, "--out", "again.parquet", "--json"))
    return Case(kind=of, steps=steps, names=(f"{FILE}:", "--"))


def _joined(folder: Path, draw: random.Random) -> Case:
    """Two profiles of ours, one of them changed, as one."""
    rows = rows_of(draw.choice(SYSTEMS))
    (folder / "sound.csv").write_bytes((SHIPPED_POWER / "two-areas-day.csv").read_bytes())
    (folder / FILE).write_bytes(_content([list(row) for row in rows], draw))
    only = draw.choice(((), (), ("--only", "area-a"), ("--only", "x,,"), ("--only", "\x00")))
    names = (f"{FILE}:", "sound.csv:", "--")
    return Case(
        kind="join", steps=(("profile", "join", "sound.csv", FILE, *only, "--out", OUT, "--json"),), names=names
    )


def _content(sheet: list[list[str]], draw: random.Random) -> bytes:
    """The sheet with up to three cells, lines or columns changed, as text in some encoding, or with bytes changed."""
    table = [list(row) for row in sheet]
    for _ in range(draw.choice((0, 1, 1, 2, 3))):
        at = draw.randrange(min(3, len(table))) if draw.random() < 0.4 else draw.randrange(len(table))
        row = table[at]
        match draw.randrange(8):
            case 0:
                row.append(draw.choice(ODD))
            case 1 if row:
                row.pop(draw.randrange(len(row)))
            case 2:
                table.insert(at, list(draw.choice(table)))
            case 3 if len(table) > 1:
                table.pop(at)
            case 4 if row:
                column, value = draw.randrange(len(row)), draw.choice(ODD)
                table = [[*each[:column], value, *each[column + 1 :]] if len(each) > column else each for each in table]
            case 5 if row:
                column = draw.randrange(len(row))
                row[column] = mutated_text(row[column], draw)
            case _ if row:
                row[draw.randrange(len(row))] = draw.choice(ODD)
    text = io.StringIO()
    csv.writer(text, quoting=draw.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))).writerows(table)
    whole = text.getvalue() if draw.random() < 0.9 else mutated_text(text.getvalue(), draw)
    try:
        data = whole.encode(draw.choice(ENCODINGS))
    except UnicodeEncodeError:
        data = whole.encode("utf-8", "surrogatepass")
    if draw.random() < 0.9:
        return data
    at = draw.randrange(len(data) or 1)
    return draw.choice((b"", data[:at], data[:at] + draw.randbytes(3) + data[at:], b"\xff\xfe" + data, data + b"\x00"))


def sound() -> None:
    """Write each sheet as it is."""
    for of, sheet in sheets().items():
        Path(of).write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in sheet), "utf-8")


WARM = (("profile", "import", "jepx", "jepx", "--out", OUT), ("profile", "join", OUT, "--out", "again.parquet"))
warmed(sound, *WARM)
