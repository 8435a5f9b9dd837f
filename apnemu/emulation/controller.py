# SPDX-License-Identifier: BSD-3-Clause
"""The controller's process: started, watched until its switches are ready, lost and started again.

It runs on a computer of its own (`dcn`), which is lost as one that fails: without a warning (SIGKILL). Its connections
break, and the switches keep their rules (Open vSwitch's fail mode `secure`) and try to connect again every second. When
it starts again it has what it wrote to its disk, the run's folder. It starts at the event's instant; how long it takes
is its own computing.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from apnemu.blueprint.addressing import REST_PORT
from apnemu.emulation import switching
from apnemu.emulation.namespaces import inside, plays_devices
from apnemu.emulation.net import Net
from apnemu.errors import LabError

OWN = ("lightpath", "packet", "apn")
"""Controllers of our own, which say when they are ready."""
LIMIT_S = 300.0
"""Virtual seconds that a controller has to make its switches ready."""
TOO_LATE = f"the controller did not make its switches ready within {LIMIT_S:.0f} virtual seconds"
LOOK_EVERY_S = 0.02
FOREIGN_SETTLE_S = 2.0
"""Time that an application that is not ours gets once its switches have connected, to set its rules."""
PRIORITY = 5
"""Priority of an on-demand network's controller: its timers are exact. See PLAYER_PRIORITY of `__main__`."""
LAST_WORDS = 3
CONSOLE, CONSOLE_BACKLOG = ("127.0.0.1", REST_PORT), 1024
"""Address of REST for programs of the lab that are no hosts: as if they ran on the controller's own computer."""


class Controller:
    """The controller of one network; `start` may be called again once it is lost."""

    def __init__(self, net: Net, folder: Path) -> None:
        self._net = net
        self._blueprint = net.blueprint
        self._folder = folder
        self._log = folder / "controller.log"
        self._log.write_bytes(b"")
        self._process: subprocess.Popen[bytes] | None = None
        self._reading = -1
        self.counts: dict[str, int] = {}
        """Counts that a controller of our own gave with its switches ready; on demand the rules they had, got, lost."""

    def start(self) -> None:
        self._reading, writing = os.pipe()
        os.set_blocking(self._reading, False)
        console = socket.create_server(CONSOLE, backlog=CONSOLE_BACKLOG)
        command = [sys.executable, "-m", "apnemu.controllers.runtime", "--runtime", self._blueprint.controller_runtime]
        if self._is_own():
            command += ["--logic", self._blueprint.controller, "--blueprint", str(self._folder / "network.json")]
            command += ["--ready", str(writing)]
            command += ["--console", str(console.fileno())]
        else:
            command += ["--file", self._blueprint.controller]
        with self._log.open("ab") as log, inside(self._net.controller_namespace):
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(writing, console.fileno())
            )
        os.close(writing)
        console.close()

    def lose(self) -> None:
        """Kill it at once, without a warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            os.close(self._reading)

    @property
    def lost(self) -> bool:
        return self._process is None

    def is_ready(self) -> bool:
        """Whether its switches are ready. Raises LabError with its last output if it has died."""
        assert self._process is not None
        if self._process.poll() is not None:
            last_lines = self._log.read_text(errors="replace").strip().splitlines()[-LAST_WORDS:]
            raise LabError(f"the controller ended with {self._process.returncode}: {' | '.join(last_lines)}")
        if not self._is_own():
            connected = switching.run("ovs-vsctl", "--columns=is_connected", "--no-headings", "list", "controller")
            return bool(connected) and "false" not in connected
        try:
            answer = os.read(self._reading, 1024)
        except BlockingIOError:
            return False
        self.counts = json.loads(answer)
        if self._blueprint.transceivers:
            self._prefer()
        return True

    def wait_until_ready(self) -> None:
        """Wait until its switches are ready. Raises LabError if it dies or takes longer than `LIMIT_S`."""
        for _ in range(int(LIMIT_S / LOOK_EVERY_S)):
            time.sleep(LOOK_EVERY_S)
            if not self.is_ready():
                switching.wake()
            else:
                time.sleep(0 if self._is_own() else FOREIGN_SETTLE_S)
                return
        raise LabError(TOO_LATE)

    def _is_own(self) -> bool:
        return self._blueprint.controller in OWN

    def _prefer(self) -> None:
        assert self._process is not None
        for thread in Path("/proc", str(self._process.pid), "task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_FIFO, os.sched_param(PRIORITY))
        plays_devices(self._process.pid)
