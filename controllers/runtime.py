# SPDX-License-Identifier: BSD-3-Clause
"""The program that runs a controller under either framework, and tells the lab when its switches are ready.

python -m apnemu.controllers.runtime --logic lightpath --blueprint FILE --ready FD
python -m apnemu.controllers.runtime --file ANY_RYU_APPLICATION.py
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from apnemu.controllers.frameworks import (
    BLUEPRINT,
    CONSOLE,
    LOGIC,
    OS_KEN,
    READY,
    RUNTIME,
    RYU,
    load,
    mend_ryu,
    own_application,
)

APPLICATIONS = {
    "lightpath": "apnemu.controllers.planned_app",
    "packet": "apnemu.controllers.planned_app",
    "apn": "apnemu.controllers.on_demand_app",
}
"""Logic -> module of the application around it, which the framework imports."""


def main() -> None:
    """Run what the command line names until the process is ended."""
    options = argparse.ArgumentParser(description="Run a controller.")
    options.add_argument("--runtime", choices=[OS_KEN, RYU], default=OS_KEN)
    options.add_argument("--logic", choices=list(APPLICATIONS))
    options.add_argument("--blueprint")
    options.add_argument("--ready", type=int, default=2)
    options.add_argument("--console", type=int, default=-1)
    options.add_argument("--file", type=Path)
    given = options.parse_args()
    os.environ[RUNTIME] = given.runtime
    if given.runtime == RYU:
        mend_ryu()
    if given.file:
        application = own_application(given.file)
    else:
        os.environ.update({LOGIC: given.logic, BLUEPRINT: given.blueprint, READY: str(given.ready)})
        os.environ[CONSOLE] = str(given.console)
        application = APPLICATIONS[given.logic]
    manager = load("base.app_manager")  # registers the options that the next line settles
    load("cfg").CONF(args=[], project="apnemu")
    manager.AppManager.run_apps([application])


if __name__ == "__main__":
    main()
