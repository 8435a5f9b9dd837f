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
from collections.abc import Callable
from pathlib import Path

from apnemu.blueprint.addressing import REST_PORT
from apnemu.emulation import switching
from apnemu.emulation.namespaces import inside, plays_devices
from apnemu.emulation.net import CONTROLLER_PORT, OWN, Net
from apnemu.errors import LabError, ended

LIMIT_S = 300.0
"""Virtual seconds that a controller has to make its switches ready."""
TOO_LATE = f"the controller did not make its switches ready within {LIMIT_S:.0f} virtual seconds"
NOT_SAID = (
    f"the application did not say that it is ready within {LIMIT_S:.0f} virtual seconds (--settle ready); it must write"
    " to the descriptor of the variable APNEMU_READY, or give it a time: --settle 40"
)
LOOK_EVERY_S, WAKE_EVERY_S = 0.02, 0.1
PRIORITY = 5
"""Priority of an on-demand network's controller: its timers are exact. See PLAYER_PRIORITY of `__main__`."""
LAST_WORDS = 3
ESTABLISHED = "01"
"""State of a TCP connection in /proc/net/tcp."""
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
        passed = [writing]
        command = [sys.executable, "-m", "apnemu.controllers.runtime", "--runtime", self._blueprint.controller_runtime]
        if self.is_own():
            command += ["--logic", self._blueprint.controller, "--blueprint", str(self._folder / "network.json")]
            passed.append(socket.create_server(CONSOLE, backlog=CONSOLE_BACKLOG).detach())
            command += ["--ready", str(writing), "--console", str(passed[-1])]
        else:
            switching.wait_for_the_clock()  # it may count seconds from its own start: then there are switches
            command += ["--file", self._blueprint.controller, "--ready", str(writing)]
            command += ["--", *self._blueprint.controller_options]
        with self._log.open("ab") as log, inside(self._net.controller_namespace):
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=passed)
        for descriptor in passed:
            os.close(descriptor)

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
        self.check_alive()
        if not self.is_own():
            return _connections() >= len(self._blueprint.switches)
        answer = self._heard()
        if not answer:
            return False
        self.counts = json.loads(answer)
        if self._blueprint.transceivers:
            self._prefer()
        return True

    def check_alive(self) -> None:
        """Raise LabError with its last output if it has died by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise LabError(f"the controller {ended(self._process.returncode)}: {self._last_words()}")

    def _last_words(self) -> str:
        """The last lines of its log, in one."""
        lines = self._log.read_text(errors="replace").strip().splitlines()[-LAST_WORDS:]
        return " | ".join(lines) or "it said nothing, and the network still needed it"

    def wait_until_ready(self) -> None:
        """Wait until its switches are ready. Raises LabError if it dies or takes longer than `LIMIT_S`."""
        own = self.is_own()
        self._wait_until(self.is_ready, TOO_LATE)
        if own:
            return
        settle_s = self._blueprint.controller_settle_s
        if settle_s is None:
            self._wait_until(self._has_said, NOT_SAID)
        else:
            self._settle(settle_s)
        self.check_alive()

    def _settle(self, seconds: float) -> None:
        """Wait, and wake the switches' daemon: it has yet to say hello over connections that are open, and to try once
        more where it was hung up on."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            switching.wake()
            time.sleep(min(WAKE_EVERY_S, left_s))

    def _wait_until(self, happened: Callable[[], bool], else_say: str) -> None:
        """Look again and again whether it has happened, and wake the switches' daemon, so that it connects."""
        for _ in range(int(LIMIT_S / LOOK_EVERY_S)):
            time.sleep(LOOK_EVERY_S)
            if happened():
                return
            switching.wake()
        at = f"{_connections()} of {len(self._blueprint.switches)} switches are connected to it"
        raise LabError(f"{else_say}; {at}; its last words: {self._last_words()}")

    def _has_said(self) -> bool:
        self.check_alive()
        return bool(self._heard())

    def _heard(self) -> bytes:
        """What it has written to its descriptor; nothing if it has not."""
        try:
            return os.read(self._reading, 1024)
        except BlockingIOError:
            return b""

    def is_own(self) -> bool:
        return self._blueprint.controller in OWN

    def _prefer(self) -> None:
        assert self._process is not None
        for thread in Path("/proc", str(self._process.pid), "task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_FIFO, os.sched_param(PRIORITY))
        plays_devices(self._process.pid)


def _connections() -> int:
    """Number of switches that have a connection to the controller; Open vSwitch's database tells it late or never."""
    words = [line.split() for line in Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]]
    return sum(word[3] == ESTABLISHED and int(word[2].partition(":")[2], 16) == CONTROLLER_PORT for word in words)
