# SPDX-License-Identifier: BSD-3-Clause
"""Open vSwitch in the lab: its two daemons, and all bridges in one transaction."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from apnemu.emulation.preloaded import preloading
from apnemu.errors import LabError

RUN = Path("/run/openvswitch")
DATABASE = RUN / "conf.db"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
CLOCK_NEEDED_S = 11
"""ovs-vswitchd counts CPUs only once its clock is past 10 s, and has no handler threads before: packets vanish."""
FOREVER_MS = 3_600_000
"""Time that flows stay in the datapath: a lookup that is made again would be felt as a delay. Time between two counts
of every port's frames for the database, too: a round of the daemon every 5 s in an idle network, and nobody looks."""


def start(*, prompt: bool = False) -> None:
    """Start ovsdb-server and ovs-vswitchd. The lab's end ends them.

    `prompt`: a rule that changes under frames is in the datapath at once, whatever has just been changed in another
    switch (`rounds.c`). Without it that takes up to 5 ms.
    """
    RUN.mkdir(parents=True, exist_ok=True)
    run("ovsdb-tool", "create", str(DATABASE), SCHEMA)
    run(
        "ovsdb-server",
        str(DATABASE),
        f"--remote=punix:{RUN}/db.sock",
        "--no-chdir",
        "--detach",
        f"--pidfile={RUN}/ovsdb-server.pid",
        f"--log-file={RUN}/ovsdb-server.log",
    )
    run(
        "ovs-vsctl",
        "--no-wait",
        "init",
        "--",
        "set",
        "Open_vSwitch",
        ".",
        f"other_config:max-idle={FOREVER_MS}",
        f"other_config:max-revalidator={FOREVER_MS}",
        f"other_config:stats-update-interval={FOREVER_MS}",
    )
    wait_for_the_clock()
    run(
        "ovs-vswitchd",
        f"unix:{RUN}/db.sock",
        "--no-chdir",
        "--detach",
        f"--pidfile={RUN}/ovs-vswitchd.pid",
        f"--log-file={RUN}/ovs-vswitchd.log",
        environment=preloading("rounds") if prompt else None,
    )


def wait_for_the_clock() -> None:
    """Wait until ovs-vswitchd can be started."""
    wait = CLOCK_NEEDED_S - time.clock_gettime(time.CLOCK_MONOTONIC)
    if wait > 0:
        time.sleep(wait)


def daemon() -> int:
    """Read the process id of ovs-vswitchd."""
    return int((RUN / "ovs-vswitchd.pid").read_text())


def no_keepalives() -> None:
    """Switch off the echo that switches ask of the controller after 5 s of silence; broken connections are noticed.

    One daemon plays all switches, which are computers of their own. Switches that have been silent equally long ask
    together, and each answer is a round of the daemon: eleven echoes held up the twelfth ROADM's rules by 1.1 ms.
    Without them an idle network sleeps.
    """
    known = run("ovs-vsctl", "--columns=_uuid", "--no-headings", "list", "controller").split()
    settings = [word for uuid in known for word in ("--", "set", "controller", uuid, "inactivity_probe=0")]
    run("ovs-vsctl", "--no-wait", *settings)


def settled() -> None:
    """Wait until the daemon has carried out everything that it was told: what it was told last waits for all before."""
    run("ovs-vsctl", "set", "Open_vSwitch", ".", "external_ids:settled=yes")


def wake() -> None:
    """Have the daemon go round its bridges.

    A bridge that has lost its controller may try again every second, but Open vSwitch 3.1 sets no timer for that
    (`ofservice_wait` in ofproto/connmgr.c), and none to go on with a connection that it makes.
    """
    daemon = (RUN / "ovs-vswitchd.pid").read_text().strip()
    with socket.socket(socket.AF_UNIX) as knocking:
        knocking.connect(str(RUN / f"ovs-vswitchd.{daemon}.ctl"))


def run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a program of Open vSwitch and return its output; raises LabError with its error message if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    if done.returncode:
        message = " ".join((done.stderr or done.stdout).split())
        raise LabError(f"{command[0]} ended with {done.returncode} in the lab: {message}")
    return done.stdout


def run_line(line: str, *, shell: bool = True) -> tuple[str, str, int]:
    """Stand in for Mininet's `errRun` in its batches: a failure is an error, not a message."""
    done = subprocess.run(line, shell=shell, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise LabError(f"ovs-vsctl ended with {done.returncode} in the lab: {' '.join(done.stderr.split())}")
    return done.stdout, done.stderr, done.returncode
