# SPDX-License-Identifier: BSD-3-Clause
"""A network that stands for a program of the host: its folders, its guest, and what is kept of both."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO, TypeVar

from apnemu.blueprint.captured import captured
from apnemu.blueprint.document import Blueprint
from apnemu.errors import InputError, KernelError, LabError, named
from apnemu.lab import kernel, shipped
from apnemu.lab.hiding import around
from apnemu.lab.job import Job
from apnemu.model.plant import Plant
from apnemu.optics import carried
from apnemu.question.context import Network
from apnemu.question.discovery import find_topology
from apnemu.records.pcapng import to_pcapng
from apnemu.running import options
from apnemu.running.directory import collect, interfaces_of, made, make
from apnemu.running.request import Control
from apnemu.running.unlit_network import Written, network_of, write_network
from apnemu.shared_folder import remove_all
from apnemu.shell import session
from apnemu.shell.called import Caller
from apnemu.shell.captures import CAPTURE
from apnemu.topology import read_plant
from apnemu.units import ns_to_s

GUEST, CALLS, SAID = "lab", "calls.jsonl", "said.log"
"""Names in the run directory: the guest's folder while it lives; every call with its answer; what the lab printed."""
MOST_NOTED = 2000
"""Most characters of an answer that are noted."""
NO_KERNEL = "there is no kernel for the lab; apnemu lab build makes one (minutes, once), or install the wheel of one"
A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a lab is to be, checked before anything is started. `near` is a folder that the lab's programs see."""

    topology: Path
    network: Network
    control: Control
    seed: int
    transceivers: int
    pcap: bool
    memory_mb: int
    disk_limit_mb: int
    wall_limit_s: float
    hide_home: bool
    visible: tuple[Path, ...]
    near: Path
    time: Literal["virtual", "real"]


def asked(
    topology: str | Path,
    *,
    network: str,
    controller: str | Path | None,
    controller_runtime: str | None,
    controller_options: Sequence[str],
    settle: float | Literal["ready"] | None,
    seed: int,
    transceivers: int,
    pcap: bool,
    memory_mb: int,
    disk_limit_mb: int,
    wall_limit_s: float | None,
    hide_home: bool,
    show: Sequence[str | Path],
    near: str | Path | None,
    time: str,
) -> Asked:
    """Check what a lab is to be. Raises InputError."""
    place = Path.cwd() if near is None else Path(near).absolute()
    file = _beside(place, topology) or find_topology(topology)
    program = None if controller is None else _beside(place, controller) or Path(controller)
    framework = options.runtime(controller_runtime)
    words, clock = tuple(controller_options), options.times_of([time])
    application = options.application(program, framework, words)
    if transceivers < 1:
        raise InputError(f"transceivers is {transceivers}; it must be at least 1")
    seen = [place, *([program] if program else [])]
    return Asked(
        topology=file,
        network=network_of(network, program),
        control=Control(
            framework=framework,
            application=application,
            options=words,
            settle_s=options.settle_of(settle, application),
        ),
        seed=options.seed_of(seed),
        transceivers=transceivers,
        pcap=pcap,
        memory_mb=memory_mb,
        disk_limit_mb=options.disk_limit_of(disk_limit_mb),
        wall_limit_s=math.inf if wall_limit_s is None else options.wall_limit_of(wall_limit_s),
        hide_home=hide_home,
        visible=(*options.shows_of(show), *(path for one in seen for path in around(one))),
        near=place,
        time=clock[0],
    )


def _beside(folder: Path, given: str | Path) -> Path | None:
    """A file by its name beside a folder's others, if it is there."""
    file = folder / given
    return file if file.is_file() else None


class Opened:
    """A network that stands in a lab, and its run directory: `folder`, or a temporary one that goes unless it is kept.

    Raises InputError, LabError where it does not come to stand; the directory then stays.
    """

    def __init__(self, wanted: Asked, folder: Path | None, *, keep: bool) -> None:
        self.kept = keep
        self.folder = make(folder, "lab") if folder else Path(tempfile.mkdtemp(prefix="apnemu-"))
        self.network = wanted.network
        self.wanted = wanted
        self._has_ended = False
        try:
            self._kernel = _kernel()
            self.plant, self._written, self._log, self._calls = self._lay_out(wanted)
            self.caller = Caller(self._job(wanted), self._log)
        except BaseException:
            if not self.kept:
                shutil.rmtree(self.folder, ignore_errors=True)
            raise
        try:
            self.caller.begin()
        except BaseException as error:
            self.kept = self.kept or isinstance(error, LabError)
            self.end()
            if isinstance(error, LabError):
                raise type(error)(f"{error}; run directory {self.folder}") from error
            raise

    @property
    def blueprint(self) -> Blueprint:
        """What the lab was built from."""
        return self._written.blueprint

    def call(self, what: str, read: Callable[[Any], A], /, **values: Any) -> A:
        """Call the lab, and note call and answer. Raises as `Caller.call`."""
        at_ns, answer = self.caller.clock_ns, ""
        try:
            found = self.caller.call(what, read, **values)
            answer = repr(found)
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
            raise
        finally:
            until_s = ns_to_s(self.caller.clock_ns)
            note = {"at_s": ns_to_s(at_ns), "until_s": until_s, "call": what, **values, "answer": answer[:MOST_NOTED]}
            with suppress(OSError, ValueError):
                self._calls.write(json.dumps(note, ensure_ascii=False) + "\n")
                self._calls.flush()
        return found

    def end(self) -> None:
        """End the guest, and keep of it what is to be kept: console, capture, programs' logs."""
        if self._has_ended:
            return
        self._has_ended = True
        self.caller.end()
        for file in (self._log, self._calls):
            file.close()
        if not self.kept:
            remove_all(self.folder)
            return
        guest, why = self.folder / GUEST, ""
        if self.wanted.pcap:
            about = captured(self.blueprint, self._written.labels)
            try:
                to_pcapng(guest / CAPTURE, self.folder / "capture.pcapng", interfaces_of(guest), about)
            except (LabError, OSError) as error:  # a guest that was ended has left no whole capture
                why = f"[apnemu: there is no capture: {error}]\n"
        collect(self.folder, {self.network: guest}, "", pcap=False)
        if why:
            with (self.folder / "console.log").open("a") as console:
                console.write(why)

    def _lay_out(self, wanted: Asked) -> tuple[Plant, Written, TextIO, TextIO]:
        shared = made(self.folder / GUEST, "folder")
        with named(wanted.topology):
            written = write_network(
                shared,
                wanted.topology,
                transceivers=wanted.transceivers,
                seed=wanted.seed,
                network=wanted.network,
                control=wanted.control,
                pcap=wanted.pcap,
            )
        session.tell(shared, written)
        shutil.copyfile(wanted.topology, self.folder / "topology.yaml")
        log = (self.folder / SAID).open("w", encoding="utf-8")
        calls = (self.folder / CALLS).open("w", encoding="utf-8")
        return carried(read_plant(wanted.topology)), written, log, calls

    def _job(self, wanted: Asked) -> Job:
        return session.job_of(
            self.folder / GUEST,
            kernel=self._kernel,
            played=("--calls",),
            place=wanted.near,
            seed=wanted.seed,
            time=wanted.time,
            memory_mb=wanted.memory_mb,
            wall_limit_s=wanted.wall_limit_s,
            disk_limit_mb=wanted.disk_limit_mb,
            hide_home=wanted.hide_home,
            visible=wanted.visible,
        )


def _kernel() -> Path:
    """The lab's kernel, which is not built here: several tests may ask at once."""
    ready = kernel.find()
    if ready is None:
        raise KernelError(f"{NO_KERNEL}; {why}" if (why := shipped.refusal()) else NO_KERNEL)
    return ready.path
