# SPDX-License-Identifier: BSD-3-Clause
"""What a call measures: the probes and TCP flows of experiments, played between two hosts; datagrams by iperf3."""

from __future__ import annotations

import dataclasses
import json
import signal
import time
from functools import partial
from typing import Any

from apnemu.blueprint.document import Blueprint, Host
from apnemu.emulation.ends import Ends
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.notes import Notes
from apnemu.emulation.play.flows import PORT, Flows
from apnemu.emulation.play.playing import Scene
from apnemu.emulation.play.probes import Probing
from apnemu.emulation.player import play_stage
from apnemu.emulation.shell.programs import Programs
from apnemu.errors import InputError, LabError
from apnemu.model.activities import Flow, Probes
from apnemu.model.scenario import SETTLE_NS, Stage
from apnemu.records.record import Record
from apnemu.units import NS_PER_S, VirtualNs, gbps_to_bytes_per_s, ns_to_s

CONTROLS = "/proc/sys/net/ipv4/tcp_available_congestion_control"
UDP_PORT = 5202
UDP_TRIES, UDP_EVERY_S = 200, 0.01
"""How often iperf3 tries to reach its other end, which may not listen yet, and the time between."""
UDP_SLACK_S = 30
LOOK_NS, LOOKS = 1_000_000, 32
"""Least time between two looks at a flow, and which part of its age it grows to."""
NO_BULK = ("and", "not", "(", "greater", "200", "and", "(", "port", str(PORT), "or", "port", str(UDP_PORT), ")", ")")
"""Filter of captures: what a flow carries is left out, since a second of it is millions of frames."""
REFUSED = "unable to connect"


class HostEnds(Ends):
    """Ends that are hosts, named one by one: a call says which."""

    def __init__(self, blueprint: Blueprint, namespaces: dict[str, int]) -> None:
        super().__init__(blueprint, namespaces)
        self._hosts = {host.name: host for host in blueprint.hosts}

    def between(self, source: str, target: str) -> tuple[Host, Host]:
        """Return the two hosts."""
        return self._hosts[source], self._hosts[target]


class Kept(Notes):
    """Notes that are kept beside being written: the call that had something played reads them."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.network = notes.network
        self.phase, self.load = "", None
        self.records: list[Record] = []

    def keep(self, record: Record) -> None:
        """Keep a record, and write it."""
        self.records.append(record)
        self._notes.keep(record)

    def taken(self, kind: str) -> list[Record]:
        """Records of a kind; all are forgotten then."""
        found = [record for record in self.records if record.kind == kind]
        self.records.clear()
        return found


class _Sized(Flows):
    """Flows that the stage goes on for until each has all its bytes, or `limit_ns` are over."""

    def __init__(self, scene: Scene, stage: Stage, *, limit_ns: int) -> None:
        super().__init__(scene, stage)
        self._limit_ns = limit_ns
        self._until_ns = 0

    def start(self, loop: Loop, start_ns: int) -> int:
        self._until_ns = start_ns + self._limit_ns
        self._look_again(loop, start_ns, start_ns)
        return super().start(loop, start_ns)

    def awaited(self) -> Any:
        return lambda: now_ns() >= self._until_ns or self.has_all()

    def _look_again(self, loop: Loop, start_ns: int, instant_ns: int) -> None:
        """Have the loop look whether all is there, ever more seldom: receivers are threads, which do not wake it."""
        next_ns = instant_ns + LOOK_NS + (instant_ns - start_ns) // LOOKS
        loop.at(min(next_ns, self._until_ns), partial(self._look_again, loop, start_ns, next_ns))


class Measures:
    """Measurements on one network. Hosts are Mininet's."""

    def __init__(self, scene: Scene, programs: Programs) -> None:
        self._kept = Kept(scene.notes)
        ends = HostEnds(scene.blueprint, dict(scene.namespaces))
        self._scene = dataclasses.replace(scene, ends=ends, notes=self._kept)
        self._programs = programs

    def ping(
        self, near: str, far: str, *, count: int, every_ns: int, frame_bytes: int, wait_ns: int
    ) -> list[tuple[int, int | None, int | None]]:
        """Instant of sending on the lab's wall clock, round trip and one way, all in ns, of each echo request."""
        plan = Probes(pairs=((near, far),), count=count, gap_ns=VirtualNs(every_ns), frame_bytes=frame_bytes)
        last_ns = count * every_ns + max(0, wait_ns - SETTLE_NS)
        stage = Stage(phase=f"{near} to {far}", duration_ns=VirtualNs(last_ns), activities=(plan,))
        play_stage(self._scene, stage, (Probing,))
        return [(record.at_ns, record.rtt_ns, record.one_way_ns) for record in self._kept.taken("probe")]

    def tcp(
        self,
        near: str,
        far: str,
        *,
        duration_ns: int,
        size_bytes: int | None,
        limit_ns: int,
        control: str,
        streams: int,
        pace_gbps: float | None,
    ) -> dict[str, Any]:
        """What TCP has carried: for a time, or until a number of bytes has arrived."""
        known = open(CONTROLS).read().split()  # noqa: SIM115
        if control not in known:
            raise InputError(f"congestion control is '{control}'; the lab's kernel has {', '.join(known)}")
        plan = Flow(
            name=f"{near} to {far}",
            source=near,
            target=far,
            size_bytes=size_bytes,
            streams=streams,
            congestion_control=control,
            pace_gbps=pace_gbps,
        )
        stage = Stage(phase=plan.name, duration_ns=VirtualNs(duration_ns), activities=(plan,))
        kind = Flows if size_bytes is None else partial(_Sized, limit_ns=limit_ns)
        play_stage(self._scene, stage, (kind,))
        seen = self._kept.taken("interval" if size_bytes is None else "flow")[0]
        return {"bytes": seen.bytes or 0, "duration_ns": seen.duration_ns, "retransmits": seen.retransmits or 0}

    def udp(self, near: str, far: str, *, duration_ns: int, rate_gbps: float, datagram_bytes: int) -> dict[str, Any]:
        """What of datagrams sent at a rate has arrived, by iperf3. Raises LabError where that fails."""
        seconds = ns_to_s(duration_ns)
        count = max(1, round(seconds * gbps_to_bytes_per_s(rate_gbps) / datagram_bytes))
        address = self._scene.ends.between(near, far)[1].address
        server = self._programs.start(far, ["iperf3", "-s", "-1", "-p", str(UDP_PORT)])
        command = ["iperf3", "-c", address, "-p", str(UDP_PORT), "-u", "-J", "-b", f"{rate_gbps:.9f}G"]
        command += ["-l", str(datagram_bytes), "-k", str(count)]  # -t takes whole seconds
        try:
            for _ in range(UDP_TRIES):
                client = self._programs.start(near, command)
                told = self._programs.wait(client, duration_ns + UDP_SLACK_S * NS_PER_S)
                if told["code"] is None:
                    self._programs.stop(client, signal.SIGKILL)
                    raise LabError(f"iperf3 from {near} to {far} did not end within {seconds + UDP_SLACK_S:g} s")
                if told["code"] == 0 or REFUSED not in told["out"]:
                    break
                time.sleep(UDP_EVERY_S)
        finally:
            self._programs.stop(server, signal.SIGKILL)
        try:
            document = json.loads(told["out"])
            found = document["end"]["sum"]
            return {
                "bytes": int(found["bytes"]),
                "duration_ns": round(found["seconds"] * NS_PER_S),
                "sent": int(found["packets"]),
                "lost": int(found["lost_packets"]),
            }
        except (ValueError, KeyError, TypeError):
            why = " ".join((told["err"] or told["out"]).split())[-200:]
            raise LabError(f"iperf3 from {near} to {far} ended with {told['code']}: {why}") from None
