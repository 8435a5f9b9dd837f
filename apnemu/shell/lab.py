# SPDX-License-Identifier: BSD-3-Clause
"""A network up in a lab, in the hands of Python: what `apnemu.open_lab` gives, and the fixture of the pytest plugin.

Virtual time passes while a call is under way and stands still between calls. Sites and hosts, fibres and light are
named as at the shell's prompt; durations are texts, such as `5min`, `200ms` (a number is seconds).
"""

from __future__ import annotations

import signal
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from apnemu.errors import InputError, LabError
from apnemu.shell import reading
from apnemu.shell.answers import Done, Flow, FlowEntry, Light, Ping
from apnemu.shell.asserted import Asserted
from apnemu.shell.opened import Opened
from apnemu.units import ns_to_s

Duration = str | float
MOST_PROBES = 1_000_000
PROBE_BYTES = 98
DATAGRAM_BYTES = 1448


class Program:
    """A program that runs in a host beside the calls."""

    def __init__(self, opened: Opened, number: int) -> None:
        self._opened = opened
        self._number = number

    @property
    def done(self) -> Done:
        """What it has printed so far, and its exit code, None while it runs."""
        return self._opened.call("wait", reading.done, number=self._number, limit="")

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.done.code is None

    def wait(self, limit: Duration = "1h") -> Done:
        """Wait until it ends. Raises LabError where it has not within `limit`."""
        done = self._opened.call("wait", reading.done, number=self._number, limit=str(limit))
        if done.code is None:
            raise LabError(f"the program runs on after {limit}; it has printed: {(done.out + done.err)[-400:]!r}")
        return done

    def stop(self, how: int = signal.SIGTERM) -> Done:
        """Send it, and what it has started, a signal; what has become of it."""
        return self._opened.call("stop", reading.done, number=self._number, how=int(how))


class Lab(Asserted):
    """A network that stands. Use it with `with`, or `close` it."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._ends = weakref.finalize(self, opened.end)  # also where the interpreter ends

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the lab. What is kept of it then lies in `folder`."""
        self._ends()

    def keep(self) -> None:
        """Keep the run directory when the lab ends: calls, console, capture."""
        self._opened.kept = True

    @property
    def folder(self) -> Path:
        """Run directory; it goes with the lab unless one was given, or `keep` was called."""
        return self._opened.folder

    @property
    def network(self) -> str:
        """Kind of network: apn or packet."""
        return self._opened.network

    @property
    def sites(self) -> tuple[str, ...]:
        """All sites."""
        return tuple(site.name for site in self._opened.plant.sites)

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts of data centres."""
        return tuple(host.name for host in self._opened.blueprint.hosts)

    @property
    def fibres(self) -> tuple[str, ...]:
        """All fibres."""
        return tuple(fibre.name for fibre in self._opened.plant.fibres)

    @property
    def clock_ns(self) -> int:
        """Virtual time, in ns, since the lab's beginning."""
        return self._opened.caller.clock_ns

    @property
    def clock_s(self) -> float:
        """Virtual time, in s, since the lab's beginning."""
        return ns_to_s(self.clock_ns)

    def address(self, host: str) -> str:
        """IPv4 address of a host, or of a site's first host."""
        for one in self._opened.blueprint.hosts:
            if host in (one.name, one.site):
                return one.address
        raise InputError(f"'{host}' is no host and no site with one; there are {', '.join(self.hosts)}")

    def mac(self, host: str) -> str:
        """MAC of a host's, or of a site's first host's, first interface."""
        address = self.address(host)
        node = next(one.name for one in self._opened.blueprint.hosts if one.address == address)
        ends = (end for wire in self._opened.blueprint.wires for end in (wire.a, wire.b))
        return next(end.mac for end in ends if end.node == node)

    def advance(self, duration: Duration) -> None:
        """Let virtual time pass, as fast as the machine can: five minutes of nothing take milliseconds."""
        self._opened.call("advance", _nothing, duration=str(duration))

    def ping(
        self,
        source: str,
        target: str,
        *,
        count: int = 3,
        every: Duration = "10ms",
        frame_bytes: int = PROBE_BYTES,
        wait: Duration = "500ms",
    ) -> Ping:
        """Send echo requests between two hosts (a site is its first), about `every` apart, stamped by both kernels.

        A request is lost that is not answered within `wait` (at least 500 ms) of the last.
        """
        if not 1 <= count <= MOST_PROBES:
            raise InputError(f"count is {count}; it must be from 1 to {MOST_PROBES}")
        return self._opened.call(
            "ping",
            lambda told: reading.ping(told, count),
            source=source,
            target=target,
            count=count,
            every=str(every),
            frame_bytes=frame_bytes,
            wait=str(wait),
        )

    def flow(
        self,
        source: str,
        target: str,
        *,
        seconds: float = 0.1,
        size_bytes: int | None = None,
        limit: Duration = "10min",
        congestion_control: str = "cubic",
        streams: int = 1,
        pace_gbps: float | None = None,
        udp_gbps: float | None = None,
        datagram_bytes: int = DATAGRAM_BYTES,
    ) -> Flow:
        """Have TCP carry what it can for `seconds`, or `size_bytes` of each stream, within `limit`; or datagrams at a
        rate, by iperf3. `pace_gbps` is the most that each stream offers."""
        if udp_gbps is not None and size_bytes is not None:
            raise InputError("datagrams are sent for seconds; leave size_bytes out")
        for name, value in {"seconds": seconds, "streams": streams, "size_bytes": size_bytes or 1}.items():
            if not value > 0:
                raise InputError(f"{name} is {value}; it must be above 0")
        return self._opened.call(
            "flow",
            reading.flow,
            source=source,
            target=target,
            duration=f"{seconds:.9f}s",
            size_bytes=size_bytes,
            limit=str(limit),
            control=congestion_control,
            streams=streams,
            pace_gbps=pace_gbps,
            udp_gbps=udp_gbps,
            datagram_bytes=datagram_bytes,
        )

    def start(self, host: str, *argv: str, given: str = "") -> Program:
        """Start a program in a host, which reads `given`, and let it run beside the calls. Words that name hosts or
        sites become addresses."""
        if not argv:
            raise InputError(f"there is nothing to run in {host}; give a program and its words")
        words = [str(word) for word in argv]
        number = self._opened.call("start", reading.whole, host=host, argv=words, given=given)
        return Program(self._opened, number)

    def run(self, host: str, *argv: str, given: str = "", limit: Duration = "1h") -> Done:
        """Run a program in a host to its end. Raises LabError where it has none within `limit`."""
        program = self.start(host, *argv, given=given)
        try:
            return program.wait(limit)
        except LabError:
            program.stop(signal.SIGKILL)
            raise

    def command(self, line: str) -> str:
        """Have the shell obey a line as at its prompt, such as `pingall`; what it prints."""
        self._opened.call("command", _nothing, line=line)
        return self._opened.caller.said

    def cut(self, *names: str, silent: bool = False, after: Duration = "") -> list[str]:
        """Cut fibres and lose sites, at once or while a later call runs; their names. `silent`: no port reports it."""
        return self._opened.call("cut", reading.names, what=list(names), silent=silent, after=str(after))

    def repair(self, *names: str, after: Duration = "") -> list[str]:
        """Repair fibres and sites, or all; their names."""
        return self._opened.call("repair", reading.names, what=list(names), after=str(after))

    def load(self, share: float) -> None:
        """Have others offer a share of every line of the packet network from now on; 0 ends it."""
        self._opened.call("load", reading.text, share=share)

    def request(
        self,
        source: str,
        target: str,
        rate_gbps: float = 100.0,
        *,
        protection: Literal["none", "1+1", "restoration-prepared", "restoration-computed"] = "none",
        name: str | None = None,
        wait: bool = True,
    ) -> Light:
        """Ask for light, and wait until it carries frames. Raises InputError where there is none to be had."""
        asked_for: dict[str, Any] = {"source": source, "target": target, "rate_gbps": rate_gbps}
        return self._opened.call("request", reading.light, **asked_for, protection=protection, name=name, wait=wait)

    def release(self, light: Light | str) -> None:
        """Give light back."""
        self._opened.call("release", _nothing, name=_named(light))

    def move(self, light: Light | str) -> Light:
        """Move light to another way or slot without loss."""
        return self._opened.call("move", reading.light, name=_named(light))

    def light(self) -> list[Light]:
        """All light, in the order of its acceptance."""
        return self._opened.call("light", reading.lights)

    def flows(self, switch: str) -> list[FlowEntry]:
        """Flow table of a site's switch, with names of sites and fibres for ports."""
        return self._opened.call("flows", reading.table, switch=switch)

    def events(self) -> list[tuple[float, str]]:
        """What has happened, each with its instant in s."""
        return self._opened.call("events", reading.events)


def _named(light: Light | str) -> str:
    return light.name if isinstance(light, Light) else light


def _nothing(_told: Any) -> None:
    return None
