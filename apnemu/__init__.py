# SPDX-License-Identifier: BSD-3-Clause
"""An emulator of all-photonics networks between data centres, in virtual time.

    import apnemu

    run = apnemu.run("latency", topology="jpn12", settings={"load": ["idle", "full"]})
    run.answer, run.verdict.met, run.rows[0], run.to_pandas()

`run`, `open_run`, `plan`, `load_topology` and `open_lab` are the whole of it for whoever asks; the other names
are for experiments of one's own (`examples/own_experiment.py`). Errors are `InputError` and `LabError`
(`apnemu.errors`). Everything is loaded on its first use, since a guest imports this package too, and imports cost time
there.

The rooms, each of which may import those below it alone: `pytest_plugin`; `cli`; `api`; `live`; `sweep`, `shell`,
`comparing`, `exploring`; `running`, `importing`, `exporting`; `experiments`; `question`; `lab`, `emulation`,
`controllers`; `records`; `blueprint`; `power`; `planning`, `placement`; `optics`; `topology`; `report`; `model`;
`seeds`, `shared_folder`, `disk_use`, `caches`; `units`, `errors`, `escapes`, `interrupts`, `beginning`, `crossing`.
Data lie in `topologies`.
"""

from __future__ import annotations

# The name that `typing` has too, which is not imported: each module that a guest imports takes system calls, and moves
# the instants at which its programs begin (seen: PostgreSQL's processes then met at other instants).
TYPE_CHECKING = False

__version__ = "0.2.0"

if TYPE_CHECKING:
    from typing import Any

    from apnemu.api import Run, load_topology, open_run, plan, run
    from apnemu.errors import ApnemuError, InputError, LabError
    from apnemu.model.activities import Application, Arrivals, Event, Flow, Pair, Probes, Request, Saturation
    from apnemu.model.assignment import Assignment
    from apnemu.model.plant import Plant
    from apnemu.model.scenario import Stage
    from apnemu.question.context import Context, Network, Row
    from apnemu.question.experiment import Experiment, Program
    from apnemu.question.pairs import PairSettings, chosen_pair
    from apnemu.question.round_trips import latency_rows
    from apnemu.question.settings import Setting
    from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, near, near_share, same
    from apnemu.report.columns import Column
    from apnemu.report.curves import Curve
    from apnemu.report.shown import PairSaid, Shown
    from apnemu.shell.lab import Lab
    from apnemu.shell.opening import open_lab

_PLACES = {
    "apnemu.api": ("Run", "load_topology", "open_run", "plan", "run"),
    "apnemu.errors": ("ApnemuError", "InputError", "LabError"),
    "apnemu.model.activities": (
        "Application",
        "Arrivals",
        "Event",
        "Flow",
        "Pair",
        "Probes",
        "Request",
        "Saturation",
    ),
    "apnemu.model.assignment": ("Assignment",),
    "apnemu.model.plant": ("Plant",),
    "apnemu.model.scenario": ("Stage",),
    "apnemu.question.context": ("Context", "Network", "Row"),
    "apnemu.question.experiment": ("Experiment", "Program"),
    "apnemu.question.pairs": ("PairSettings", "chosen_pair"),
    "apnemu.question.round_trips": ("latency_rows",),
    "apnemu.question.settings": ("Setting",),
    "apnemu.question.verdict": (
        "Claim",
        "Verdict",
        "at_least",
        "at_most",
        "judge_rows",
        "near",
        "near_share",
        "same",
    ),
    "apnemu.report.columns": ("Column",),
    "apnemu.report.curves": ("Curve",),
    "apnemu.report.shown": ("PairSaid", "Shown"),
    "apnemu.shell.lab": ("Lab",),
    "apnemu.shell.opening": ("open_lab",),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}

__all__ = [  # noqa: RUF022  # in the order of use
    "run",
    "open_run",
    "plan",
    "load_topology",
    "open_lab",
    "Run",
    "Lab",
    "ApnemuError",
    "InputError",
    "LabError",
    "Experiment",
    "Setting",
    "PairSettings",
    "Program",
    "Context",
    "Network",
    "Row",
    "Plant",
    "Assignment",
    "Pair",
    "chosen_pair",
    "Stage",
    "Probes",
    "Flow",
    "Saturation",
    "Arrivals",
    "Application",
    "Event",
    "Request",
    "latency_rows",
    "Verdict",
    "Claim",
    "judge_rows",
    "near",
    "near_share",
    "at_most",
    "at_least",
    "same",
    "Shown",
    "Curve",
    "Column",
    "PairSaid",
]


def __getattr__(name: str) -> Any:
    """Load a public name from the room that it stands in."""
    import importlib

    if name not in _PLACE_OF:
        raise AttributeError(f"module 'apnemu' has no attribute '{name}'")
    value = getattr(importlib.import_module(_PLACE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
