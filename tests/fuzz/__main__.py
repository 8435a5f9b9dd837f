# SPDX-License-Identifier: BSD-3-Clause
"""Fuzz an input of apnemu's: `python -m tests.fuzz NAME --seed 1 --count 2000`; without a name, what can be.

It prints what came of how many cases of each kind, each case that broke the rule (`trial`), the slowest, and a hash of
all that was said, which is the same for the same seed. `--only N` does one case and shows its files.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import shutil
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz import INPUTS
from tests.fuzz.trial import ERR, OUT, Outcome, tried


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("input", choices=INPUTS, help="what is mutated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--only", type=int, metavar="N", help="the number of a case")
    asked = parser.parse_args()
    made = importlib.import_module(f"tests.fuzz.{asked.input}").case
    counts: Counter[tuple[str, str]] = Counter()
    digest, slowest = hashlib.sha256(), (0.0, 0)
    with TemporaryDirectory() as place:
        for number in range(asked.count) if asked.only is None else [asked.only]:
            folder = Path(place) / "case"
            folder.mkdir()
            outcome = tried(made(asked.seed, number, folder), folder)
            counts[outcome.kind, outcome.came] += 1
            digest.update(outcome.said.encode())
            slowest = max(slowest, (outcome.took_s, number))
            if outcome.why:
                print(f"{number} {outcome.kind}: {outcome.why}", flush=True)
            if asked.only is not None:
                _show(folder, outcome)
            shutil.rmtree(folder)
    for (kind, came), count in sorted(counts.items()):
        print(f"{kind:28} {came:8} {count:6}")
    print(f"slowest: case {slowest[1]}, {slowest[0]:.1f} s of a CPU")
    print(f"said: {digest.hexdigest()[:16]}")
    return int(any(came == "broken" for _, came in counts))


def _show(folder: Path, outcome: Outcome) -> None:
    """Show a case's files and what was said about them."""
    for file in sorted(each for each in folder.rglob("*") if each.is_file() and each.name not in (OUT, ERR)):
        print(f"--- {file.relative_to(folder)}", file.read_bytes()[:4000].decode("utf-8", "backslashreplace"), sep="\n")
    print(f"--- {outcome.came} after {outcome.took_s:.1f} s of a CPU", outcome.said[:4000], sep="\n")


if __name__ == "__main__":
    sys.exit(main())
