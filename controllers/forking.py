# SPDX-License-Identifier: BSD-3-Clause
"""Fork server of controllers for a network that is explored: Python, the framework and the blueprint are read once.

python -m apnemu.controllers.forking SOCKET BLUEPRINT

A client of the socket sends three descriptors (the log, the pipe that hears when the controller is ready, the socket of
its console) and gets the id of the process that is the controller from then on.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
from pathlib import Path

from apnemu.blueprint.document import Blueprint
from apnemu.controllers.frameworks import BLUEPRINT, CONSOLE, EXPLORED, LOGIC, OS_KEN, READY, RUNTIME, load

APPLICATION = "apnemu.controllers.on_demand_app"


def main(place: str, blueprint: Path) -> None:
    """Serve until the lab's end."""
    os.environ.update({RUNTIME: OS_KEN, LOGIC: "apn", BLUEPRINT: str(blueprint), EXPLORED: "1"})
    manager = load("base.app_manager")  # registers the options that the next lines settle
    load("controller.ofp_handler")
    load("cfg").CONF(args=[], project="apnemu")
    importlib.import_module(APPLICATION)
    explored = importlib.import_module("apnemu.controllers.explored")
    explored.Explored.known = Blueprint.read(blueprint)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(place)
    listening.listen()
    gc.collect()
    gc.freeze()  # a collection would write to every page, and each would be copied
    while True:
        client = listening.accept()[0]
        _, (log, ready, console), _, _ = socket.recv_fds(client, 16, 3)
        process = os.fork()
        if not process:
            break
        client.sendall(str(process).encode())
        for descriptor in (client.detach(), log, ready, console):
            os.close(descriptor)
    listening.close()
    client.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for output in (1, 2):
        os.dup2(log, output)
    os.close(log)
    os.environ.update({READY: str(ready), CONSOLE: str(console)})
    try:
        manager.AppManager.run_apps([APPLICATION])
    finally:
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
