"""[guest] The controller's process: started, watched until its switches are ready, lost and started again.

It is lost as a computer is that fails: nobody tells it (SIGKILL), its connections break, and the switches keep what
they have (Open vSwitch's fail mode `secure`) and try to connect again every second. When it starts again it has what
it wrote to its disk, the run's folder. How long that takes is its own computing: it begins at the event's instant.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from apnemu.emulation import switching
from apnemu.emulation.computers import plays_devices
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.errors import LabError
from apnemu.model.activities import Event
from apnemu.units import s_to_ns

OWN = ("lightpath", "packet", "apn")
"""Controllers of our own: they say when they are ready."""
LIMIT_S = 300.0
"""Virtual seconds that a controller has to make its switches ready."""
TOO_LATE = f"the controller did not make its switches ready within {LIMIT_S:.0f} virtual seconds"
LOOK_EVERY_S = 0.02
FOREIGN_SETTLE_S = 2.0
"""After its switches have connected, an application that is not ours gets this long to do what it does."""
PRIORITY = 5
"""Of an on-demand network's: see LOOKUP_PRIORITY of `__main__`."""
LAST_WORDS = 3
FOREVER_NS = 1 << 62


class Controller:
    """Of one network; `start` may be called again once it is lost."""

    def __init__(self, net: Net, folder: Path) -> None:
        self._blueprint = net.blueprint
        self._folder = folder
        self._log = folder / "controller.log"
        self._log.write_bytes(b"")
        self._process: subprocess.Popen[bytes] | None = None
        self._reading = -1
        self.said: dict[str, int] = {}
        """By one of our own, when its switches were ready; on demand also how many rules they had, got, lost."""

    def start(self) -> None:
        self._reading, writing = os.pipe()
        os.set_blocking(self._reading, False)
        command = [sys.executable, "-m", "apnemu.controllers.runtime", "--runtime", self._blueprint.controller_runtime]
        if self._is_own():
            command += ["--logic", self._blueprint.controller, "--blueprint", str(self._folder / "network.json")]
            command += ["--ready", str(writing)]
        else:
            command += ["--file", self._blueprint.controller]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(writing,)
            )
        os.close(writing)

    def lose(self) -> None:
        """Not told, and at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            os.close(self._reading)

    @property
    def lost(self) -> bool:
        return self._process is None

    def is_ready(self) -> bool:
        """Whether its switches are. Raises LabError, with its last words, if it has died."""
        assert self._process is not None
        if self._process.poll() is not None:
            said = self._log.read_text(errors="replace").strip().splitlines()[-LAST_WORDS:]
            raise LabError(f"the controller ended with {self._process.returncode}: {' | '.join(said)}")
        if not self._is_own():
            connected = switching.run("ovs-vsctl", "--columns=is_connected", "--no-headings", "list", "controller")
            return bool(connected) and "false" not in connected
        try:
            said_last = os.read(self._reading, 1024)
        except BlockingIOError:
            return False
        self.said = json.loads(said_last)
        if self._blueprint.transceivers:
            self._prefer()
        return True

    def wait_until_ready(self) -> None:
        """Raises LabError if it dies or takes too long."""
        for _ in range(int(LIMIT_S / LOOK_EVERY_S)):
            time.sleep(LOOK_EVERY_S)
            if self.is_ready():
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


class Losses:
    """A stage's events that take the controller and give it back. Networks without one take no notice."""

    def __init__(self, controller: Controller | None, events: tuple[Event, ...], notes: Notes) -> None:
        self._controller = controller
        self._events = [event for event in events if event.controller]
        self._notes = notes
        self._is_ready = True

    def start(self, loop: Loop, start_ns: int) -> None:
        for event in self._events if self._controller else ():
            loop.at(start_ns + event.at_ns, partial(self._happens, loop, event.kind == "repair"))

    def close(self, loop: Loop) -> None:
        """It is there again, and ready."""
        if self._controller and self._controller.lost:
            self._happens(loop, True)
        loop.run(FOREVER_NS, unless=lambda: self._is_ready)

    def _happens(self, loop: Loop, repaired: bool) -> None:
        assert self._controller is not None
        if not repaired:
            self._controller.lose()
        elif self._controller.lost:
            self._controller.start()
            self._is_ready = False
            self._look(loop, now_ns() + s_to_ns(LIMIT_S))

    def _look(self, loop: Loop, until_ns: int) -> None:
        """Where it is lost again before it was ready, who starts it next looks."""
        assert self._controller is not None
        if self._is_ready or self._controller.lost:
            return
        if self._controller.is_ready():
            self._is_ready = True
            at_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
            detail = json.dumps(self._controller.said, sort_keys=True)
            self._notes.write("event", name="ready", source="controller", at_ns=at_ns, detail=detail)
        elif now_ns() > until_ns:
            raise LabError(TOO_LATE)
        else:
            switching.wake()
            loop.at(now_ns() + s_to_ns(LOOK_EVERY_S), partial(self._look, loop, until_ns))
