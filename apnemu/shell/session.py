# SPDX-License-Identifier: BSD-3-Clause
"""A shell's guest from its boot to its end: lines go in at the gate, what is said comes out, the pace is kept.

While a command of a host runs, virtual time keeps the pace of the wall's clock, so that a ping is read as it comes; all
else runs as fast as it can. Ctrl-C ends the running command at the guest's next tick.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from apnemu import shared_folder
from apnemu.blueprint.as_json import plain
from apnemu.blueprint.document import Blueprint
from apnemu.crossing import PROMPT, SAID, SEEN
from apnemu.interrupts import signals_raise
from apnemu.lab import guest
from apnemu.lab.gate import Gate, Message
from apnemu.lab.job import Job, Outcome
from apnemu.lab.python import guest_code, guest_folders, guest_path, guest_python
from apnemu.running.unlit_network import Written
from apnemu.shell.prompt import Lines, Piped
from apnemu.shell.words import Words
from apnemu.units import ns_to_s

KEYBOARD = 0
LONGEST_LINE = 4096


def tell(folder: Path, written: Written) -> None:
    """Write what the guest's part of the shell must know beside its blueprint, into its folder."""
    shared_folder.write_text(
        folder, "shell.json", json.dumps({"labels": dict(written.labels), "packet": plain(written.packet)})
    )


def job_of(
    folder: Path,
    *,
    kernel: Path,
    played: Sequence[str],
    place: Path,
    seed: int,
    time: Literal["virtual", "real"] = "virtual",
    memory_mb: int,
    wall_limit_s: float,
    disk_limit_mb: int,
    hide_home: bool,
    visible: tuple[Path, ...],
) -> Job:
    """The job of a shell's guest; `played` says what it does in place of a prompt, `place` is where programs begin."""
    return Job(
        kernel=kernel,
        folder=folder,
        argv=(guest_python(), "-m", "apnemu.emulation.shell", "/run/apnemu", *played),
        working_directory=str(place),
        seed=seed,
        memory_mb=memory_mb,
        time=time,
        wall_limit_s=wall_limit_s,
        disk_limit_mb=disk_limit_mb,
        environment={"PATH": guest_path(), "PYTHONPATH": guest_code()},
        shown=guest_folders(),
        hide_home=hide_home,
        visible=visible,
    )


def words_of(blueprint: Blueprint) -> Words:
    """Words that can be completed on a network."""
    site = {switch.name: switch.site for switch in blueprint.switches}
    ends = {wire.name: (site[wire.a.node], site[wire.b.node]) for wire in blueprint.wires if wire.kind == "fibre"}
    sites = dict.fromkeys((*site.values(), *(host.site for host in blueprint.hosts)))
    return Words(sites=tuple(sites), hosts=tuple(host.name for host in blueprint.hosts), fibres=tuple(ends))


def run(job: Job, lines: Lines, *, name: str, pace: float = 1.0) -> Outcome:
    """Boot the guest of a shell, and hand it lines until there are none, or it ends by itself.

    `name` stands in the prompt; `pace` is virtual seconds in one of the wall's while a command of a host runs, and 0 is
    as fast as it can.

    Raises:
        GuestError: as `lab.guest.run`.
    """
    return attended(job, lambda gate: _Session(gate, lines, name, pace).serve())


def attended(job: Job, serve: Callable[[Gate], None]) -> Outcome:
    """Boot a guest whose program waits at a gate, and serve it there until it ends.

    Blocks the main thread, where signals raise; no process of the guest is left then.

    Raises:
        GuestError: as `lab.guest.run`.
    """
    stop = threading.Event()
    gate = Gate(job.folder)
    with signals_raise(), ThreadPoolExecutor(max_workers=1) as pool:
        try:
            guests = pool.submit(guest.run, job, stop=stop, gate=gate)
            guests.add_done_callback(lambda _: gate.let_go())
            serve(gate)
            return guests.result()
        finally:
            stop.set()
            with suppress(Exception):
                guests.exception()
            gate.close()


class _Session:
    """What the host knows of a shell that runs."""

    def __init__(self, gate: Gate, lines: Lines, name: str, pace: float) -> None:
        self._gate = gate
        self._lines = lines
        self._name = name
        self._pace = pace
        self._is_terminal = not isinstance(lines, Piped) and os.isatty(KEYBOARD)
        self._interrupted = self._has_begun = False
        self._base: tuple[float, int] | None = None
        """Instant of the wall's clock, in s, and of the shell's, in ns, from which the pace is counted."""

    def serve(self) -> None:
        """Serve the guest until it ends."""
        with ExitStack() as keys:
            while (message := self._gate.receive()) is not None:
                if message.kind == SAID:
                    self._print(message.text)
                elif message.kind == SEEN:
                    continue  # a page would show it, and here is none
                elif message.kind == PROMPT:
                    if not self._has_begun:  # until then Ctrl-C ends the whole
                        keys.enter_context(self._keys())
                        self._has_begun = True
                    self._serve_prompt(message)
                else:
                    self._gate.answer(self._leave(json.loads(message.text)))

    def _serve_prompt(self, message: Message) -> None:
        told = json.loads(message.text)
        where = f"{told['place']}#" if told["place"] else f"{self._name}>"
        self._base, self._interrupted = None, False
        line = self._lines.next_line(f"[{ns_to_s(told['clock_ns']):.3f} s] {where} ", told["place"])
        self._gate.answer(line)

    def _leave(self, told: dict[str, Any]) -> str | None:
        """Wait as long as the pace demands; what the person has done meanwhile, if anything."""
        keyboard = [KEYBOARD] if self._is_terminal and told["takes_lines"] else []
        typed = ""
        if told["pace"] is not None and not self._is_terminal:  # nobody is there who could end it
            return json.dumps({"interrupted": True})
        pace = self._pace if told["pace"] is None else told["pace"]
        if told["paced"] and pace and self._is_terminal:
            now_s, clock_ns = time.monotonic(), told["clock_ns"]
            self._base = self._base or (now_s, clock_ns)
            due_s = self._base[0] + ns_to_s(clock_ns - self._base[1]) / pace
            while not self._interrupted and not typed and (left_s := due_s - time.monotonic()) > 0:
                typed = self._typed(keyboard, left_s)
        else:
            typed = self._typed(keyboard, 0)
        if self._interrupted:
            self._interrupted = False
            return json.dumps({"interrupted": True})
        return json.dumps({"typed": typed}) if typed else None

    def _typed(self, keyboard: list[int], wait_s: float) -> str:
        if not select.select(keyboard, [], [], min(wait_s, 0.2))[0]:
            return ""
        return os.read(KEYBOARD, LONGEST_LINE).decode(errors="replace")

    def _print(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    @contextmanager
    def _keys(self) -> Iterator[None]:
        """Have Ctrl-C end the running command; leave the terminal as it was."""
        if not self._is_terminal:
            yield
            return
        state = termios.tcgetattr(KEYBOARD)
        before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            with suppress(termios.error):
                termios.tcsetattr(KEYBOARD, termios.TCSADRAIN, state)

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True
