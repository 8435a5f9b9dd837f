# SPDX-License-Identifier: BSD-3-Clause
"""Faults put into the controller's source by hand: each has to be found, shrunk and confirmed by `apnemu explore`.

python -m tests.exploring.by_hand [NAME...] [--scenarios N] [--seed N] [--topology FILE]

Each is played on a copy of the checkout, with the command as a user has it: search on the host, two fresh boots of the
lab. Prints a line of JSON for each, and ends with 1 where one is not found, not small or not confirmed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
LEFT_OUT = (".git", ".venv", "docs", "tests", "runs", "site", "*_cache", "__pycache__")
MOST_EVENTS = 3
"""Steps of a failure that are no requests for light, which it may need to have something to lose."""
APN, LAB, WORK = "apnemu/controllers/apn.py", "apnemu/controllers/lab.py", "apnemu/controllers/work.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A text of a file that another one stands for."""

    file: str
    right: str
    wrong: str


FAULTS = {
    "forgets a port that goes down while it computes": Fault(
        file=APN,
        right="        if up == (end not in self._down):\n",
        wrong="        if up == (end not in self._down) or (not up and self._free_ns > now_ns):\n",
    ),
    "frees a slot twice": Fault(
        file="apnemu/planning/online/ledger.py",
        right="            self.on[fibre].pop(path.id, None)\n",
        wrong="            self.on[fibre].pop(path.id, None)\n"
        "            self.on[fibre].pop(next(iter(self.on[fibre]), path.id), None)\n",
    ),
    "lights a slot before it is given up": Fault(
        file=WORK, right='    "cross-connect": ("disconnect",),\n', wrong='    "cross-connect": (),\n'
    ),
    "ignores repair": Fault(
        file=APN,
        right="        if up == (end not in self._down):\n",
        wrong="        if up or up == (end not in self._down):\n",
    ),
    "takes a fibre for dead when both its ends say so": Fault(
        file=APN,
        right="        is_dead = bool(ends & self._down)\n",
        wrong="        is_dead = ends <= self._down\n",
    ),
    "removes no rule": Fault(
        file=LAB,
        right="            self._send(dpid, install, remove, number)\n",
        wrong="            self._send(dpid, install, [], number)\n",
    ),
    "forgets releases when it starts again": Fault(
        file=APN, right='        self._note("release", now_ns, name=name)\n', wrong=""
    ),
    "forgets moves when it starts again": Fault(
        file=APN, right='            self._note("move", now_ns, name=name)\n', wrong=""
    ),
    "gives transceivers no order to be quiet": Fault(
        file=LAB,
        right="            own = [order for order in orders if order.site == site]\n",
        wrong='            own = [order for order in orders if order.site == site and order.kind != "quiet"]\n',
    ),
    "waits for every answer again and again": Fault(
        file=WORK,
        right="            self.answered(site, due.token, at_ns)\n",
        wrong="            self.answered(site, due.token, at_ns)\n"
        "            heapq.heappush(self._due, (at_ns + 1_000_000_000, next(self._count), due))\n",
    ),
    "takes twice the declared time": Fault(
        file=WORK,
        right="                told_ns = start_ns + duration_ns(self.plant.devices, change)\n",
        wrong="                told_ns = start_ns + 2 * duration_ns(self.plant.devices, change)\n",
    ),
    "raises an error at a sag": Fault(
        file=APN,
        right="        outcomes = self.light.sag(fibre, db)\n",
        wrong="        outcomes = self.light.sags(fibre)\n",
    ),
}


def copied(fault: Fault, place: Path) -> Path:
    """Copy the checkout into `place`, with a fault in it."""
    copy = place / "checkout"
    shutil.copytree(REPOSITORY, copy, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    text = (copy / fault.file).read_text()
    assert text.count(fault.right) == 1, f"{fault.file} has changed: {fault.right!r}"
    (copy / fault.file).write_text(text.replace(fault.right, fault.wrong))
    return copy


def explored(
    name: str, scenarios: int = 1000, seed: int = 1, topology: str = "topologies/tokyo-metro.yaml"
) -> dict[str, Any]:
    """What `apnemu explore` finds of a fault: its answer in short, and how long it took."""
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="apnemu-by-hand-") as place:
        copy = copied(FAULTS[name], Path(place))
        asked = ("explore", topology, "--scenarios", str(scenarios), "--seed", str(seed), "--confirm", "0")
        done = subprocess.run(
            (sys.executable, "-m", "apnemu", *asked, "--out", f"{place}/explored", "--json"),
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)["failures"]
    return {
        "fault": name,
        "found": [
            {key: one[key] for key in ("signature", "confirmed", "why", "times")}
            | {"steps": len(one["steps"]), "events": sum(step["do"] != "request" for step in one["steps"])}
            for one in found
        ],
        "wall_s": round(time.monotonic() - begun_s, 1),
    }


def is_well(seen: dict[str, Any]) -> bool:
    """Whether a fault was found, with a failure that is small and confirmed."""
    return any(one["events"] <= MOST_EVENTS and one["confirmed"] for one in seen["found"])


def main() -> int:
    asking = argparse.ArgumentParser()
    asking.add_argument("names", nargs="*")
    asking.add_argument("--scenarios", type=int, default=1000)
    asking.add_argument("--seed", type=int, default=1)
    asking.add_argument("--topology", default="topologies/tokyo-metro.yaml")
    asked = asking.parse_args()
    well = True
    for name in asked.names or FAULTS:
        seen = explored(name, asked.scenarios, asked.seed, asked.topology)
        print(json.dumps(seen), flush=True)
        well &= is_well(seen)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
