# SPDX-License-Identifier: BSD-3-Clause
"""Calls by which a program of the host has the shell do things: JSON comes as a line, and an answer goes back.

A call is `{"call": NAME, ...}`. Its answer is `{"answer": ...}`, or `{"error": WHY, "kind": ...}`, where the kind is
`input`, `lab`, `interrupted` or `fault`. What a command of the shell prints goes the shell's own way.
"""

from __future__ import annotations

import json
import subprocess
import traceback
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from apnemu.emulation.play.playing import Scene
from apnemu.emulation.shell.clock import duration_ns
from apnemu.emulation.shell.commands import Shell
from apnemu.emulation.shell.measures import Measures
from apnemu.emulation.shell.programs import Programs
from apnemu.errors import ApnemuError, InputError
from apnemu.units import NS_PER_S

SHORTEST_NS = 1_000
"""Least time between two probes."""
LEAST_FRAME_BYTES = 60
INTERRUPTED = {"error": "interrupted", "kind": "interrupted"}
EVERY_NS = 10 * NS_PER_S
"""Virtual time between two looks at the caller while a call is under way."""


class Calls:
    """Calls to one shell. `begun_ns` is the wall clock of the lab at the shell's beginning."""

    def __init__(self, shell: Shell, scene: Scene, begun_ns: int) -> None:
        self._shell = shell
        self._begun_ns = begun_ns
        self.programs = Programs(scene.net)
        self._measures = Measures(scene, self.programs)
        self._known: dict[str, Callable[..., Any]] = {
            "advance": self._advance,
            "command": self._command,
            "cut": self._cut,
            "events": self._events,
            "flow": self._flow,
            "flows": self._flows,
            "light": self._light,
            "load": self._load,
            "move": self._move,
            "ping": self._ping,
            "release": self._release,
            "repair": self._repair,
            "request": self._request,
            "start": self._start,
            "stop": self._stop,
            "wait": self._wait,
        }

    def answer(self, text: str) -> dict[str, Any]:
        """Do what a call says; its answer."""
        try:
            asked = json.loads(text)
            return {"answer": self._known[asked.pop("call")](**asked)}
        except ApnemuError as error:
            kind = "input" if isinstance(error, InputError) else "lab"
            return {"error": " ".join(str(error).split()), "kind": kind}
        except KeyboardInterrupt:
            self._shell.interrupt()
            return INTERRUPTED
        except Exception:  # the caller is told, and may go on
            return {"error": traceback.format_exc(), "kind": "fault"}

    def _advance(self, duration: str) -> None:
        self._shell.clock.advance(duration)

    def _command(self, line: str) -> None:
        self._shell.obey(line)

    def _cut(self, what: list[str], silent: bool, after: str) -> list[str]:
        if not after:
            return self._shell.cut(*what, silent=silent)
        names = [name for kind in self._shell.breaks.meant(what) for name in kind]
        self._later(after, lambda: self._shell.cut(*names, silent=silent))
        return names

    def _repair(self, what: list[str], after: str) -> list[str]:
        if not after:
            return self._shell.repair(*what)
        names = [name for kind in self._shell.breaks.meant(what) for name in kind] if what else []
        self._later(after, lambda: self._shell.repair(*names))
        return names

    def _later(self, after: str, action: Callable[[], object]) -> None:
        def attempt() -> None:
            try:
                action()
            except ApnemuError as error:
                self._shell.note(" ".join(str(error).split()))

        self._shell.clock.after(duration_ns(after), attempt)

    def _events(self) -> list[tuple[int, str]]:
        if self._shell.blueprint.transceivers:
            self._shell.light.services()
        return self._shell.events

    def _load(self, share: float) -> str:
        told = self._shell.others.set(share)
        self._shell.note(told.partition(":")[0])
        return told

    def _request(self, **asked: Any) -> dict[str, Any]:
        return asdict(self._shell.light.request(**asked))

    def _light(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self._shell.light.services()]

    def _release(self, name: str) -> None:
        self._shell.light.release(name)

    def _move(self, name: str) -> dict[str, Any]:
        return asdict(self._shell.light.move(name))

    def _ping(self, source: str, target: str, count: int, every: str, frame_bytes: int, wait: str) -> dict[str, Any]:
        near, far = self._two(source, target)
        every_ns = duration_ns(every)
        if every_ns < SHORTEST_NS:
            raise InputError(f"every is {every}; it must be at least 1us, for example 10ms")
        most_bytes = self._shell.blueprint.mtu_bytes + 14
        if not LEAST_FRAME_BYTES <= frame_bytes <= most_bytes:
            raise InputError(f"frame_bytes is {frame_bytes}; it must be from {LEAST_FRAME_BYTES} to {most_bytes}")
        seen = self._measures.ping(
            near, far, count=count, every_ns=every_ns, frame_bytes=frame_bytes, wait_ns=duration_ns(wait)
        )
        probes = [(sent_ns - self._begun_ns, rtt_ns, one_way_ns) for sent_ns, rtt_ns, one_way_ns in seen]
        return {"source": near, "target": far, "probes": probes}

    def _flow(
        self,
        source: str,
        target: str,
        duration: str,
        size_bytes: int | None,
        limit: str,
        control: str,
        streams: int,
        pace_gbps: float | None,
        udp_gbps: float | None,
        datagram_bytes: int,
    ) -> dict[str, Any]:
        near, far = self._two(source, target)
        lasts_ns = duration_ns(duration) if size_bytes is None else 0
        if udp_gbps is not None:
            told = self._measures.udp(
                near, far, duration_ns=lasts_ns, rate_gbps=udp_gbps, datagram_bytes=datagram_bytes
            )
        else:
            told = self._measures.tcp(
                near,
                far,
                duration_ns=lasts_ns,
                size_bytes=size_bytes,
                limit_ns=duration_ns(limit),
                control=control,
                streams=streams,
                pace_gbps=pace_gbps,
            )
        return {"source": near, "target": far, **told}

    def _flows(self, switch: str) -> dict[str, Any]:
        names = self._shell.names
        found = names.switch_of(switch)
        asked = ["ovs-ofctl", "-O", "OpenFlow13", "--names", "dump-flows", found]
        done = subprocess.run(asked, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
        if done.returncode:
            raise InputError(f"{switch}: {' '.join(done.stderr.split())}; name a site whose switch runs")
        return {"switch": names.shown(found), "table": names.shown(done.stdout)}

    def _start(self, host: str, argv: list[str], given: str) -> int:
        return self.programs.start(self._host(host), [self._shell.names.resolved(word) for word in argv], given)

    def _wait(self, number: int, limit: str) -> dict[str, Any]:
        return self.programs.wait(number, duration_ns(limit) if limit else 0)

    def _stop(self, number: int, how: int) -> dict[str, Any]:
        return self.programs.stop(number, how)

    def _host(self, word: str) -> str:
        names = self._shell.names
        return word if word in names.address else names.hosts[names.data_centre(word)][0]

    def _two(self, source: str, target: str) -> tuple[str, str]:
        near, far = self._host(source), self._host(target)
        if near == far:
            raise InputError(f"both ends are {near}; name two hosts or sites")
        return near, far
