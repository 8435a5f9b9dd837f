"""Mininet's nodes and links without a process each: namespaces by descriptor, shells when asked for.

What users of Mininet know keeps working: `cmd`, `popen`, `pexec`, `IP`, `MAC`, `pingAll`, the CLI. What a blueprint
says is made by `net`, for all nodes at once; these classes only keep Mininet's own books.
"""

from __future__ import annotations

import os
from typing import Any

from mininet.link import Intf, Link
from mininet.node import Host, OVSSwitch, RemoteController

from apnemu.emulation.namespaces import create, inside


class LazyShell:
    """A node whose shell starts at the first command. Mixed into Mininet's Node classes, before them."""

    shell: Any
    pid: Any
    inNamespace: bool  # noqa: N815  # Mininet's name

    namespace: int | None = None
    """Descriptor of its network namespace; None is that of the program."""

    def startShell(self, mnopts: str | None = None) -> None:  # noqa: N802  # Mininet's name
        """Called by Mininet when a node is made: only the namespace, and no shell yet."""
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
        """As Mininet's, but entered by descriptor: no shell is needed to name the namespace."""
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
        """Addresses come from the blueprint, over netlink."""
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
        """While it is being made, Mininet would start a shell to switch on a loopback that is on."""
        return super().cmd(*arguments, **options) if self._made else ""

    def config(self, **parameters: Any) -> dict[str, Any]:
        return {}


class QuietController(LazyShell, RemoteController):  # type: ignore[misc]  # mininet has no types
    """Where switches find their controller; the guest's program starts it (`__main__`)."""

    def checkListening(self) -> None:  # noqa: N802  # Mininet's name
        """It is not asked: a switch that finds nobody tries again."""

    def start(self) -> None:
        """It runs already."""

    def stop(self, *_: Any, **__: Any) -> None:
        """Who started it stops it."""


class QuietIntf(Intf):  # type: ignore[misc]  # mininet has no types
    """An end of a wire. It is made by `net`; this is what Mininet knows of it."""

    def config(self, **parameters: Any) -> dict[str, Any]:
        self.ip = parameters.get("address")
        self.prefixLen = "32" if self.ip else None
        return {}


class Wire(Link):  # type: ignore[misc]  # mininet has no types
    """A fibre pair or an access line, with delays to the nanosecond."""

    @classmethod
    def makeIntfPair(cls, *arguments: Any, **options: Any) -> None:  # noqa: N802  # Mininet's name
        """The pairs of a whole network are made in one batch."""
