# SPDX-License-Identifier: BSD-3-Clause
"""FRR's daemons in the routers' namespaces: zebra, ospfd and, where asked for, bfdd. Each is ended by its id.

Debian's FRR 8.4 reads one file for each daemon and drops to the user frr, whom the folders must belong to.
Source of the commands: FRR user guide, chapters OSPFv2 and BFD.
"""

from __future__ import annotations

import os
import pwd
import signal
import struct
import subprocess
import time
from pathlib import Path

from apnemu.blueprint.document import Router
from apnemu.emulation.namespaces import inside
from apnemu.emulation.net import Net
from apnemu.emulation.netlink import attributes
from apnemu.emulation.preloaded import preloading
from apnemu.emulation.rtnl import RTM_GETROUTE, rtmsg
from apnemu.errors import LabError
from apnemu.model.activities import Routing

DAEMONS = Path("/usr/lib/frr")
RUN = Path("/run/apnemu-frr")
USER = "frr"
QUIET_S = 8.0
"""Quiet time once every router has every route: beyond the 5 s between two originations of an LSA (RFC 2328,
MinLSInterval), so that the start does not delay what a failure causes; BFD's sessions are up long before."""
CONVERGE_DEADS = 10
END_WITHIN_S = 10.0
RTA_DST = 1


class Routers:
    """The daemons of one stage. `start` returns once every router has a route to every host."""

    def __init__(self, net: Net, routing: Routing) -> None:
        self._net = net
        self._routing = routing
        self._running: list[tuple[str, subprocess.Popen[bytes], Path]] = []

    def start(self) -> None:
        """Start all daemons. Raises LabError for one that ends, and for routes that are still missing after
        `CONVERGE_DEADS` dead intervals."""
        for router in self._net.blueprint.routers:
            folder = RUN / router.name
            folder.mkdir(parents=True, exist_ok=True)
            files = configuration(router, self._routing)
            for daemon, text in files.items():
                (folder / f"{daemon}.conf").write_text(text)
            user = pwd.getpwnam(USER)
            for path in (RUN, folder, *folder.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)
            for daemon in files:
                self._start(router, daemon, folder)
        limit = time.monotonic() + CONVERGE_DEADS * self._routing.dead_s
        while self._missing():
            self._check()
            if time.monotonic() > limit:
                name, address = self._missing()[0]
                raise LabError(
                    f"router {name} has no route to {address} after {CONVERGE_DEADS} dead intervals of"
                    f" {self._routing.dead_s} s; {self._said()}"
                )
            time.sleep(0.5)
        time.sleep(QUIET_S)
        self._check()

    def close(self) -> None:
        """End the daemons before the zebra that they speak to; zebra takes its routes out of the kernel."""
        for _, process, _ in reversed(self._running):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _start(self, router: Router, daemon: str, folder: Path) -> None:
        log = folder / f"{daemon}.log"
        argv = [str(DAEMONS / daemon), "-f", str(folder / f"{daemon}.conf"), "-i", str(folder / f"{daemon}.pid")]
        argv += ["-z", str(folder / "zserv.api"), "--vty_socket", str(folder), "-P", "0", "-u", USER, "-g", USER]
        argv += ["--log", "stdout", "--log-level", "warnings"]
        if daemon == "bfdd":
            argv += ["--bfdctl", str(folder / "bfdd.sock")]
        with log.open("wb") as output, inside(self._net.namespace(router.name)):
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=preloading("turns"),
            )
        self._running.append((f"{daemon} of router {router.name} in {router.site}", process, log))
        if daemon == "zebra":
            self._wait_for(folder / "zserv.api")

    def _wait_for(self, socket: Path) -> None:
        for _ in range(1000):
            if socket.exists():
                return
            self._check()
            time.sleep(0.01)
        raise LabError(f"zebra did not open {socket} within 10 virtual s; {self._said()}")

    def _check(self) -> None:
        for name, process, log in self._running:
            if process.poll() is not None:
                printed = " | ".join(log.read_text(errors="replace").strip().splitlines()[-3:])
                raise LabError(f"{name} ended with {process.returncode}; it said: {printed or 'nothing'}")

    def _said(self) -> str:
        for name, _, log in self._running:
            lines = log.read_text(errors="replace").strip().splitlines()
            if lines:
                return f"{name} said: {' | '.join(lines[-3:])}"
        return "no daemon said anything"

    def _missing(self) -> list[tuple[str, str]]:
        """Missing routes: (router, address of the host), in the blueprint's order."""
        missing = []
        for router in self._net.blueprint.routers:
            known = set()
            for payload in self._net.netlink(router.name).dump(RTM_GETROUTE, rtmsg()):
                if payload[1] == 24:
                    known.add(dict(attributes(payload, 12)).get(RTA_DST, b"")[:3])
            for host in self._net.blueprint.hosts:
                if struct.pack("4B", *map(int, host.address.split(".")))[:3] not in known:
                    missing.append((router.name, host.address))
        return missing


def configuration(router: Router, routing: Routing) -> dict[str, str]:
    """Configuration files by daemon, in the order in which the daemons are started."""
    zebra = [f"hostname {router.name}", "ip forwarding"]
    ospf = ["router ospf", f" ospf router-id {router.router_id}"]
    sites = dict.fromkeys(f"{port.address.rpartition('.')[0]}.0/24" for port in router.ports if port.host_address)
    ospf += [f" network {site} area 0" for site in sites]
    ospf += [" network 172.16.0.0/12 area 0", "!"]
    for port in router.ports:
        if port.host_address:
            ospf += [f"interface {port.interface}", " ip ospf network point-to-point", " ip ospf passive", "!"]
            continue
        ospf += [
            f"interface {port.interface}",
            " ip ospf network point-to-point",
            f" ip ospf cost {port.ospf_cost}",
            f" ip ospf hello-interval {routing.hello_s}",
            f" ip ospf dead-interval {routing.dead_s}",
        ]
        if routing.bfd_ms:
            every_ms = max(50, routing.bfd_ms)
            ospf.append(f" ip ospf bfd {routing.bfd_multiplier} {every_ms} {every_ms}")
        ospf.append("!")
    files = {"zebra": zebra, "ospfd": ospf}
    if routing.bfd_ms:
        files = {"zebra": zebra, "bfdd": [f"hostname {router.name}"], "ospfd": ospf}
    return {daemon: "\n".join(lines) + "\n" for daemon, lines in files.items()}
