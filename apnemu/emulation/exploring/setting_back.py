# SPDX-License-Identifier: BSD-3-Clause
"""A network set back to where it was before a scenario, and everything of it that may have stayed, to be compared."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from apnemu.emulation import transceivers
from apnemu.emulation.exploring.kept import tell
from apnemu.emulation.exploring.seeing import OpenVSwitch, agent
from apnemu.emulation.namespaces import inside
from apnemu.emulation.net import Net

USED = re.compile(r"packets:.*?used:[^,]*, ")
IP = "link show\nneigh show\nroute show table all\naddr show\n"
KERNELS = 2
"""Process of which all the kernel's own are children."""


def set_back() -> None:
    """Have transponders, controller and datapath forget all. Everything is whole and released by then."""
    agent(transceivers.RESET)
    tell("reset")
    daemon = OpenVSwitch()
    daemon.ask("revalidator/purge")
    daemon.close()


def state(net: Net, folder: Path) -> dict[str, Any]:
    """State that a scenario may leave: interfaces, lines, routes, neighbours and tables, the datapath's flows, the
    agent's orders, the journal, and all processes with their threads and open files.

    *Not looked at:* what is inside the kernel, Open vSwitch and programs.
    """
    found: dict[str, Any] = {}
    places: dict[str, int | None] = {"": None, "controller": net.controller_namespace}
    places |= {host.name: net[host.name].namespace for host in net.blueprint.hosts}
    for name, namespace in places.items():
        with inside(namespace):
            # the kernel lists neighbours in the order of a hash
            found[f"{name} interfaces"] = sorted(_run("ip", "-o", "-batch", "-", said=IP).splitlines())
            found[f"{name} lines"] = _run("tc", "qdisc", "show")
    daemon = OpenVSwitch()
    found["tables"] = daemon.tables([switch.name for switch in net.blueprint.switches])
    found["datapath"] = sorted(USED.sub("", line) for line in daemon.ask("dpctl/dump-flows").splitlines())
    daemon.close()
    found["orders"] = agent(transceivers.STATE)
    found["journal"] = (folder / "controller.journal").read_text()
    found["processes"] = _processes()
    return found


def differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What of two states differs."""
    return [name for name in before if before[name] != after[name]]


def _processes() -> list[Any]:
    """Programs: name, open files, number of threads."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal():
            continue
        with suppress(OSError):  # it has just ended
            name, _, rest = (process / "stat").read_text().partition("(")[2].rpartition(")")
            if int(rest.split()[1]) == KERNELS or process.name == str(KERNELS):
                continue
            files = sorted(re.sub(r"\d+", "N", os.readlink(file)) for file in (process / "fd").iterdir())
            found.append((name, files, len(list((process / "task").iterdir()))))
    return sorted(found)


def _run(*command: str, said: str = "") -> str:
    return subprocess.run(command, input=said, capture_output=True, text=True, check=True).stdout
