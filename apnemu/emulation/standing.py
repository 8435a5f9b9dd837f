# SPDX-License-Identifier: BSD-3-Clause
"""A network brought up to where something can happen on it: built, connected to its controller, walls raised."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

from apnemu.emulation import namespaces, switching, transceivers
from apnemu.emulation.controller import Controller
from apnemu.emulation.loop import Loop, now_ns
from apnemu.emulation.namespaces import plays_devices
from apnemu.emulation.net import Net, load
from apnemu.emulation.storms import StormWatch

BEGIN_EVERY_NS = 100_000_000
"""Building begins at a whole multiple of this: the time of the boot depends on the names of the guest's folders."""
OPEN_FILES = 1 << 16
"""Most open files in an on-demand network: a thousand clients may ask at once, with a connection each at both ends."""


def wait_for_a_round_instant(every_ns: int) -> None:
    """Wait until a whole multiple of `every_ns` of the lab's clock.

    The number of system calls up to here depends on what Python found on the disk (a cached bytecode file, a path
    more), and each takes virtual time: the instants of what is played must not depend on that.
    """
    loop = Loop()
    loop.run((now_ns() // every_ns + 1) * every_ns)
    loop.close()


def stand(
    folder: Path, tell: Callable[[str], None], *, start: type[Controller] = Controller
) -> tuple[Net, Controller | None]:
    """Build the network of `folder`, start its controller and wait until its switches are ready; tell how far it is."""
    wait_for_a_round_instant(BEGIN_EVERY_NS)
    net = load(folder)
    if net.blueprint.transceivers:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
        transceivers.start(net, folder / "transceivers.log")
    controller = start(net, folder) if net.blueprint.switches else None
    if controller:
        controller.start()
    net.start()
    tell("network built")
    if controller and not controller.is_own():
        StormWatch(net.blueprint).start()
    if controller:
        controller.wait_until_ready()
        switching.no_keepalives()
    net.raise_walls()
    tell("switches ready")
    if net.blueprint.transceivers:
        plays_devices(switching.daemon())
    return net, controller


def name_places(net: Net) -> None:
    """Give the hosts, and the controller's computer, names for `ip netns exec`."""
    for host in net.blueprint.hosts:
        namespaces.name(net[host.name].namespace, host.name)
    if net.controller_namespace is not None:
        namespaces.name(net.controller_namespace, "controller")
