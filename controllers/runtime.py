# SPDX-License-Identifier: BSD-3-Clause
"""The program that runs a controller under either framework, and tells the lab when its switches are ready.

python -m apnemu.controllers.runtime --logic lightpath --blueprint FILE --ready FD
python -m apnemu.controllers.runtime --file ANY_RYU_APPLICATION.py -- --observe-links
python -m apnemu.controllers.runtime --check -- --observe-links
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from apnemu.controllers.frameworks import (
    BLUEPRINT,
    CONSOLE,
    EXPLORED,
    LOGIC,
    OS_KEN,
    READY,
    RUNTIME,
    RYU,
    load,
    mend_eventlet,
)

APPLICATIONS = {
    "lightpath": "apnemu.controllers.planned_app",
    "packet": "apnemu.controllers.planned_app",
    "apn": "apnemu.controllers.on_demand_app",
}
"""Logic -> module of the application around it, which the framework imports."""
EXPLORED_APPLICATION = "apnemu.controllers.explored_app"


def main() -> None:
    """Run what the command line names until the process is ended; or only check the options of an application."""
    options = argparse.ArgumentParser(description="Run a controller.")
    options.add_argument("--runtime", choices=[OS_KEN, RYU], default=OS_KEN)
    options.add_argument("--logic", choices=list(APPLICATIONS))
    options.add_argument("--blueprint")
    options.add_argument("--ready", type=int, default=2)
    options.add_argument("--console", type=int, default=-1)
    options.add_argument("--file", type=Path)
    options.add_argument("--check", action="store_true")
    options.add_argument("further", nargs="*")
    given = options.parse_args()
    os.environ[READY] = str(given.ready)
    if given.file or given.check:
        _foreign(given.file, given.further, given.runtime)
        return
    os.environ.update({RUNTIME: given.runtime, LOGIC: given.logic, BLUEPRINT: given.blueprint})
    os.environ[CONSOLE] = str(given.console)
    if given.runtime == RYU:
        mend_eventlet()
    manager = load("base.app_manager")  # registers the options that the next line settles
    load("cfg").CONF(args=[], project="apnemu")
    explored = EXPLORED in os.environ and given.logic == "apn"
    manager.AppManager.run_apps([EXPLORED_APPLICATION if explored else APPLICATIONS[given.logic]])


def _foreign(file: Path | None, options: list[str], runtime: str) -> None:
    from apnemu.controllers import foreign  # ours need none of it, and each import is time that a controller takes

    try:
        if file:
            foreign.run(file, options, runtime)
        else:
            foreign.prepare(options, runtime)
    except foreign.UnfitError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
