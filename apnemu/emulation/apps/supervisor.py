# SPDX-License-Identifier: BSD-3-Clause
"""Supervisor of a stage's applications: starts them in the order of what they need, and watches them to their ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from apnemu.blueprint.addressing import host_name
from apnemu.emulation.apps.process import Process
from apnemu.emulation.loop import READ, Loop, now_ns
from apnemu.emulation.notes import Notes
from apnemu.errors import ended
from apnemu.model.activities import Application
from apnemu.model.scenario import Stage
from apnemu.units import s_to_ns

LISTEN_EVERY_NS = 10_000_000
END_WITHIN_NS = 10_000_000_000
"""Time that a service has to end once it is told to; then it is killed."""


class Applications:
    """Applications of a stage: each starts once what it needs is there; `done` when every job has ended well.

    Raises:
        LabError: an application failed; the error comes out of the loop that the stage is played on.
    """

    def __init__(
        self,
        stage: Stage,
        addresses: Mapping[str, str],
        namespaces: Mapping[str, int],
        folder: Path,
    ) -> None:
        plans = stage.of(Application)
        self._phase = stage.phase
        self._waiting = list(plans)
        self._addresses = addresses
        self._namespaces = namespaces
        self._folder = folder
        self._running: dict[str, Process] = {}
        self._start_ns = 0
        self._jobs = {plan.name for plan in plans if plan.role == "job"}
        self._ending: list[Process] | None = None
        self._records: list[tuple[int, Application, dict[str, object]]] = []
        if plans:
            (folder / "apps").mkdir(exist_ok=True)

    def start(self, loop: Loop, start_ns: int) -> None:
        """Start the applications from the stage's first instant on."""
        self._start_ns = start_ns
        if self._waiting:
            loop.at(start_ns, partial(self._start_ready, loop))

    def done(self) -> bool:
        """Whether nothing is left to wait for."""
        jobs_done = all(name in self._running and self._running[name].code is not None for name in self._jobs)
        return jobs_done and not self._unready()

    def end(self, loop: Loop) -> None:
        """End the services, the last started first, so that each ends before a service that it may need."""
        self._ending = [process for process in self._running.values() if process.code is None]
        self._end_next(loop)
        loop.run(now_ns() + END_WITHIN_NS * (len(self._ending) + 1), unless=lambda: not self._ending)

    def close(self, loop: Loop) -> None:
        """Kill whatever still runs, and close everything; nothing of an application is left."""
        for process in self._running.values():
            if process.code is None:
                process.kill()
                process.ended()
            for descriptor in (process.output, process.end_fd):
                if loop.watches(descriptor):
                    loop.forget(descriptor)
            process.close()

    def note(self, notes: Notes) -> None:
        """Write the records that the applications printed, in the order in which they came."""
        counts: dict[str, int] = {}
        for at_ns, plan, detail in self._records:
            number = counts[plan.name] = counts.get(plan.name, -1) + 1
            notes.application(plan.name, plan.site, number, at_ns, detail)

    def _unready(self) -> bool:
        return bool(self._waiting) or any(not process.ready for process in self._running.values())

    def _start_ready(self, loop: Loop) -> None:
        for plan in list(self._waiting):
            if plan in self._waiting and all(self._has(name) for name in plan.needs):
                self._waiting.remove(plan)
                self._start_one(loop, plan)

    def _has(self, name: str) -> bool:
        process = self._running.get(name)
        if process is None:
            return False
        must_end = process.plan.role == "job" and not process.plan.ready
        return process.code == 0 if must_end else process.ready

    def _start_one(self, loop: Loop, plan: Application) -> None:
        log = self._folder / "apps" / log_name(self._phase, plan.name)
        namespace = self._namespaces[host_name(plan.site, plan.host)]
        process = Process(plan, self._addresses, namespace, self._folder, log, self._start_ns)
        self._running[plan.name] = process
        loop.watch(process.output, READ, partial(self._printed, loop, process))
        loop.watch(process.end_fd, READ, partial(self._ended, loop, process))
        if plan.ready:
            loop.at(now_ns() + s_to_ns(plan.ready_limit_s), partial(self._is_ready_by_now, process))
        if plan.ready.startswith("listens:"):
            loop.at(now_ns() + LISTEN_EVERY_NS, partial(self._listens, loop, process))
        if plan.role == "job":
            loop.at(now_ns() + s_to_ns(plan.limit_s), partial(self._has_ended_by_now, process))
        if process.ready:
            self._start_ready(loop)

    def _printed(self, loop: Loop, process: Process, _: int) -> None:
        was_ready = process.ready
        if not process.read():
            loop.forget(process.output)
        for record in process.records:
            self._records.append((now_ns(), process.plan, record))
        process.records.clear()
        if process.ready and not was_ready:
            self._start_ready(loop)

    def _ended(self, loop: Loop, process: Process, _: int) -> None:
        loop.forget(process.end_fd)
        process.ended()
        if loop.watches(process.output):
            self._printed(loop, process, 0)
        if self._ending is not None:
            self._end_next(loop)
        elif process.plan.role == "service":
            raise process.failure(f"is a service and {ended(process.code or 0)} while it was needed")
        elif process.code:
            raise process.failure(ended(process.code))
        else:
            process.ready = True
            self._start_ready(loop)

    def _listens(self, loop: Loop, process: Process) -> None:
        if process.code is not None or process.ready:
            return
        if process.listens():
            process.ready = True
            self._start_ready(loop)
        else:
            loop.at(now_ns() + LISTEN_EVERY_NS, partial(self._listens, loop, process))

    def _is_ready_by_now(self, process: Process) -> None:
        if not process.ready and process.code is None:
            limit_s = process.plan.ready_limit_s
            raise process.failure(f"was not ready ({process.plan.ready}) within {limit_s:g} virtual s")

    def _has_ended_by_now(self, process: Process) -> None:
        if process.code is None and self._ending is None:
            raise process.failure(f"had not ended after {process.plan.limit_s:g} virtual s")

    def _end_next(self, loop: Loop) -> None:
        assert self._ending is not None
        while self._ending and self._ending[-1].code is not None:
            self._ending.pop()
        if self._ending:
            last = self._ending[-1]
            last.terminate()
            loop.at(now_ns() + END_WITHIN_NS, last.kill)


def log_name(phase: str, name: str) -> str:
    """Name the file of an application's output.

    >>> log_name("load=0.7 near>far", "client")
    'load=0.7-near-far-client.log'
    """
    return re.sub(r"[^A-Za-z0-9_.=-]+", "-", f"{phase}-{name}" if phase else name) + ".log"
