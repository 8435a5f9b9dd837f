# SPDX-License-Identifier: BSD-3-Clause
"""apnemu from Python: load a topology, plan its light, ask one question, open the run again.

    python examples/from_python.py

Whatever fails is an `apnemu.InputError` (what was asked for) or an `apnemu.LabError` (what the lab did).
"""

from __future__ import annotations

import sys

import apnemu


def main() -> None:
    """Ask how long a small packet takes from Tokyo to Osaka, and print what was found."""
    plant = apnemu.load_topology("three-sites")
    print(f"{plant.name}: {len(plant.sites)} sites, {sum(fibre.length_km for fibre in plant.fibres):.1f} km of fibre")
    for path in apnemu.plan(plant).lightpaths:
        print(f"{path.name}: {path.source} to {path.target}, one way {path.delay_ns} ns")

    run = apnemu.run("latency", topology="three-sites", settings={"probes": 4}, say=to_stderr)
    print(run.answer)
    print(f"expected: {run.expected}; met: {run.verdict.met}, {run.verdict.why}")
    for row in run.rows:
        print(f"{row['from']} to {row['to']} over {row['network']}: {row['rtt_ns_p50']} ns")

    again = apnemu.open_run(run.path)
    print(f"{again.records.num_rows} records of seed {again.manifest['seed']}; the page: {again.page}")


def to_stderr(text: str) -> None:
    """Print a line that is no result, such as a warning."""
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
