# SPDX-License-Identifier: BSD-3-Clause
"""Controllers from a fork server (`controllers.forking`): a start without Python's own and all imports."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from apnemu.emulation.controller import Controller, Process
from apnemu.emulation.namespaces import inside
from apnemu.emulation.net import Net
from apnemu.errors import LabError

SOCKET = "/run/apnemu-controllers.sock"
LIMIT_S, LOOK_EVERY_S = 60.0, 0.02


class _Forked:
    """Process of which another one is the parent."""

    def __init__(self, pid: int) -> None:
        self.pid, self.returncode = pid, -int(signal.SIGKILL)
        self._descriptor = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Exit code that nobody knows but the fork server, or None while it runs."""
        return 1 if select.select([self._descriptor], [], [], 0)[0] else None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def wait(self) -> int:
        select.select([self._descriptor], [], [])
        os.close(self._descriptor)
        return self.returncode


class Forked(Controller):
    """Controller whose process a fork server makes; it is begun before the first `start`."""

    def __init__(self, net: Net, folder: Path) -> None:
        super().__init__(net, folder)
        command = [sys.executable, "-m", "apnemu.controllers.forking", SOCKET, str(folder / "network.json")]
        with (folder / "forking.log").open("wb") as log, inside(net.controller_namespace):
            self.server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(int(LIMIT_S / LOOK_EVERY_S)):
            if Path(SOCKET).exists():
                return
            if self.server.poll() is not None:
                break
            time.sleep(LOOK_EVERY_S)
        raise LabError("the fork server of controllers does not begin; forking.log says why")

    def _begun(self, command: list[str], log: int, passed: list[int]) -> Process:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(SOCKET)
            socket.send_fds(asking, [b"fork"], [log, *passed])
            answer = asking.recv(100)
        if not answer:
            raise LabError("the fork server of controllers has ended; forking.log says why")
        return _Forked(int(answer))
