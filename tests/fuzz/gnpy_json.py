# SPDX-License-Identifier: BSD-3-Clause
"""Mutated JSON of GNPy's through `apnemu import`: each is imported or refused in a line; no fault, no crash, no hang.

`python -m tests.fuzz.gnpy_json --seed 1 --count 2000` prints what came of how many, and each that broke the rule.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError
from tests.fuzz.mutations import documents
from tests.optics.lines import EXAMPLES
from tests.optics.networks import network_form

HANG_S = 120.0
SMALL = network_form(
    "uvw", [("a", "u", "v", 50.0), ("b", "v", "u", 90.0), ("c", "v", "w", 70.0), ("d", "w", "v", 70.0)]
)


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text("utf-8"))


def inputs() -> dict[str, tuple[str, Any, tuple[str, ...]]]:
    """Kinds of input by name: the option that takes the mutated file ("": it is the network), its tree, other words."""
    network = str(EXAMPLES / "meshTopologyExampleV2.json")
    return {
        "small": ("", SMALL, ()),
        "line": ("", example("edfa_example_network.json"), ()),
        "mesh": ("", example("meshTopologyExampleV2.json"), ()),
        "equipment": ("--equipment", example("eqpt_config.json"), (str(EXAMPLES / "edfa_example_network.json"),)),
        "spectrum": ("--spectrum", example("multiband_spectrum.json"), (str(EXAMPLES / "edfa_example_network.json"),)),
        "services": ("--services", example("meshTopologyExampleV2_services.json"), (network,)),
        "sim_params": ("--sim-params", example("sim_params.json"), (str(EXAMPLES / "edfa_example_network.json"),)),
    }


def tried(seed: int, count: int, folder: Path) -> Iterator[tuple[str, str, str]]:
    """What came of each mutated document: its kind, one of imported, refused, broken; and why it is broken."""
    kinds = inputs()
    each = {name: documents(tree, seed, count) for name, (_, tree, _) in kinds.items()}
    for number in range(count):
        name = list(kinds)[number % len(kinds)]
        option, _, words = kinds[name]
        place = folder / str(number)
        place.mkdir()
        file = place / "mutated.json"
        file.write_text(next(each[name]), "utf-8")
        given = [*words, option, str(file)] if option else [str(file)]
        began_s = time.monotonic()
        ran = CliRunner().invoke(app, ["import", *given, "--out", str(place / "x.yaml")])
        took_s = time.monotonic() - began_s
        yield name, *_outcome(ran.exception, ran.exit_code, took_s, {left.name for left in place.iterdir()})


def _outcome(error: BaseException | None, code: int, took_s: float, left: set[str]) -> tuple[str, str]:
    if took_s > HANG_S:
        return "broken", f"took {took_s:.0f} s"
    if isinstance(error, InputError):
        if left != {"mutated.json"}:
            return "broken", f"left {sorted(left)}"
        return (
            ("broken", f"says {str(error)!r}") if "\n" in str(error) or ".json" not in str(error) else ("refused", "")
        )
    if error is not None and not isinstance(error, SystemExit):
        return "broken", f"{type(error).__name__}: {error}"
    return ("imported", "") if code == 0 and "x.yaml" in left else ("broken", f"exit code {code}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    asked = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    with TemporaryDirectory() as place:
        for number, (kind, outcome, why) in enumerate(tried(asked.seed, asked.count, Path(place))):
            counts[kind, outcome] += 1
            if why:
                print(f"{number} {kind}: {why[:400]}", flush=True)
    for (kind, outcome), count in sorted(counts.items()):
        print(f"{kind:12} {outcome:10} {count}")
    return int(any(outcome == "broken" for _, outcome in counts))


if __name__ == "__main__":
    sys.exit(main())
