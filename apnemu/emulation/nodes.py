# SPDX-License-Identifier: BSD-3-Clause
"""Mininet's nodes and links without a process each: namespaces by descriptor, shells when asked for.

The calls that users of Mininet know keep working: `cmd`, `popen`, `pexec`, `IP`, `MAC`, `pingAll`, the CLI. `net` makes
interfaces, addresses and bridges for all nodes at once; these classes only keep Mininet's own books.
"""

from __future__ import annotations

import os
from typing import Any

from apnemu.emulation.bare import versions_of_distutils
from apnemu.emulation.namespaces import create, inside

with versions_of_distutils():
    from mininet.cli import CLI
    from mininet.link import Intf, Link
    from mininet.net import Mininet
    from mininet.node import Host, OVSSwitch, RemoteController

__all__ = ["CLI", "LazyShell", "Mininet", "QuietController", "QuietHost", "QuietIntf", "QuietSwitch", "Wire"]


class LazyShell:
    """A node whose shell starts at the first command. Mixed into Mininet's Node classes, before them."""

    shell: Any
    pid: Any
    inNamespace: bool  # noqa: N815  # Mininet's name

    namespace: int | None = None
    """Descriptor of its network namespace; None is that of the program."""

    def startShell(self, mnopts: str | None = None) -> None:  # noqa: N802  # Mininet's name
        """Make the namespace only, and no shell yet. Mininet calls this when a node is made."""
        if self.inNamespace and self.namespace is None:
            self.namespace = create()

    def need_shell(self) -> None:
        """Start Mininet's shell, in the node's own namespace, unless it runs."""
        if self.shell:
            return
        in_namespace, self.inNamespace = self.inNamespace, False
        try:
            with inside(self.namespace):
                super().startShell()  # type: ignore[misc]
        finally:
            self.inNamespace = in_namespace

    def cmd(self, *arguments: Any, **options: Any) -> Any:
        self.need_shell()
        return super().cmd(*arguments, **options)  # type: ignore[misc]

    def sendCmd(self, *arguments: Any, **options: Any) -> None:  # noqa: N802  # Mininet's name
        self.need_shell()
        super().sendCmd(*arguments, **options)  # type: ignore[misc]

    def popen(self, *arguments: Any, **options: Any) -> Any:
        """Start a program as Mininet does, but enter the namespace by descriptor: no shell is needed to name it."""
        options.setdefault("mncmd", [])
        with inside(self.namespace):
            return super().popen(*arguments, **options)  # type: ignore[misc]

    def cleanup(self) -> None:
        super().cleanup()  # type: ignore[misc]
        if self.namespace is not None:
            os.close(self.namespace)
            self.namespace = None


class QuietHost(LazyShell, Host):  # type: ignore[misc]  # mininet has no types
    """A host of a data centre."""

    def config(self, **parameters: Any) -> dict[str, Any]:
        """Do nothing: addresses come from the blueprint, over netlink."""
        return {}


class QuietSwitch(LazyShell, OVSSwitch):  # type: ignore[misc]  # mininet has no types
    """A ROADM or a router: an Open vSwitch bridge, started with all others by one `ovs-vsctl`."""

    isSetup = True  # noqa: N815  # Mininet's name
    OVSVersion = "3.1"

    def __init__(self, name: str, **parameters: Any) -> None:
        self._made = False
        super().__init__(name, **parameters)
        self._made = True

    def cmd(self, *arguments: Any, **options: Any) -> Any:
        """Run a command in the shell, but none while the node is being made: Mininet would start a shell for it."""
        return super().cmd(*arguments, **options) if self._made else ""

    def config(self, **parameters: Any) -> dict[str, Any]:
        return {}


class QuietController(LazyShell, RemoteController):  # type: ignore[misc]  # mininet has no types
    """The address at which switches find their controller; the guest's program starts it (`__main__`)."""

    def checkListening(self) -> None:  # noqa: N802  # Mininet's name
        """Do not ask: a switch that finds no controller tries again."""

    def start(self) -> None:
        """Do nothing: the controller runs already."""

    def stop(self, *_: Any, **__: Any) -> None:
        """Do nothing: whoever started the controller stops it."""


class QuietIntf(Intf):  # type: ignore[misc]  # mininet has no types
    """An end of a wire as Mininet knows it; `net` makes it."""

    def config(self, **parameters: Any) -> dict[str, Any]:
        self.ip = parameters.get("address")
        self.prefixLen = "32" if self.ip else None
        return {}


class Wire(Link):  # type: ignore[misc]  # mininet has no types
    """A fibre pair or an access line, with delays to the nanosecond."""

    @classmethod
    def makeIntfPair(cls, *arguments: Any, **options: Any) -> None:  # noqa: N802  # Mininet's name
        """Do nothing: `net` makes the pairs of the whole network in one batch."""
