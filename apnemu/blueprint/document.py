# SPDX-License-Identifier: BSD-3-Clause
"""The blueprint: plain values that JSON keeps, and the only plan that the guest reads."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from apnemu.blueprint.as_json import built_from, plain
from apnemu.blueprint.tcp import TCP_WINDOW_BYTES
from apnemu.blueprint.wall import Wall
from apnemu.model.fibre import Jitter, Way
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage

FOREIGN_SETTLE_S = 2.0
"""Virtual time that an application that is not ours gets once its switches have connected, to set its rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Behaviour of the sending end of a wire.

    Frames wait for the line (`rate_bytes_per_s`, 0 is no limit) in a queue of at most `queue_bytes` (0 is no bound),
    which marks those that find more than `mark_bytes` in it, themselves included (0: none), then travel for `delay_ns`,
    which varies by `jitter_ns` as `jitter` says, in their order; the share `loss` of them is lost on the way. `draws`
    seeds these chances.
    """

    rate_bytes_per_s: int = 0
    queue_bytes: int = 0
    mark_bytes: int = 0
    delay_ns: int = 0
    loss: float = 0.0
    jitter_ns: int = 0
    jitter: Jitter = "uniform"
    draws: int = 0

    @property
    def by_chance(self) -> bool:
        """Whether frames differ in what happens to them on the way."""
        return bool(self.loss or self.jitter_ns)

    def over(self, way: Way) -> Line:
        """The line that goes on through a fibre."""
        delay_ns = self.delay_ns + way.delay_ns
        return replace(self, delay_ns=delay_ns, loss=way.loss, jitter_ns=way.jitter_ns, jitter=way.jitter)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """An end of a wire: an interface at a node. `port` is its OpenFlow port at a switch, its order at a host."""

    node: str
    interface: str
    port: int
    mac: str
    sends: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A veth pair. `kind`: a `fibre` pair, a host's `access` to its switch, the `load` injector of a router.

    `site` names the site of a load injector; `light` the lightpath or light tree whose transceiver an access is.
    """

    name: str
    kind: Literal["fibre", "access", "load"]
    a: End
    b: End
    site: str = ""
    light: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another host, as a host must know it to reach it: its address and MAC, and the interface that leads to it."""

    address: str
    mac: str
    interface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host of a data centre. `peers` are the hosts that it can reach."""

    name: str
    site: str
    address: str
    peers: tuple[Peer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A bridge in a site: a ROADM of the APN or a router of the packet network."""

    name: str
    site: str
    dpid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterPort:
    """An interface of a router: on a fibre (`address`/31, `ospf_cost` above 0) or to a host (`address`/24)."""

    interface: str
    address: str = ""
    ospf_cost: int = 0
    host_address: str = ""
    host_mac: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """A router of the packet network that runs routing daemons: a namespace with the kernel's forwarding."""

    name: str
    site: str
    router_id: str
    ports: tuple[RouterPort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A lightpath at one ROADM: it comes in at a port and goes out at another, both ways."""

    dpid: int
    port_in: int
    port_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LitPath:
    """A lightpath as the controller sees it: its tag on the wire and its hops from the one transceiver to the other.

    `source` and `target` are sites, `source_host` and `target_host` the hosts whose transceivers it joins.
    `line_rate_gbps` is that of the client's port, which the transceiver's mode carries.
    """

    name: str
    source: str
    target: str
    source_host: str
    target_host: str
    tag: int
    slot_n: int
    slot_m: int
    line_rate_gbps: float
    hops: tuple[Hop, ...]
    source_interface: str = ""
    target_interface: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """A light tree at one ROADM: light comes in at a port, goes on to fibres, and is dropped to hosts.

    `added`: this is the hub's ROADM, where a transceiver adds the light.
    """

    dpid: int
    port_in: int
    added: bool
    ports_onward: tuple[int, ...]
    ports_dropped: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLeaf:
    """A leaf of a light tree, and its way back: `hops` from the leaf to the hub under a tag of its own."""

    site: str
    host: str
    interface: str
    return_tag: int
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LitTree:
    """A light tree as the controller sees it; nodes in the order in which its branches meet them."""

    name: str
    source: str
    source_host: str
    source_interface: str
    tag: int
    line_rate_gbps: float
    nodes: tuple[TreeNode, ...]
    leaves: tuple[TreeLeaf, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A forwarding entry of router `dpid`: datagrams to `address` leave by `port`, those alone that come from `source`
    where there is one."""

    dpid: int
    address: str
    port: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A rule of router `dpid`: frames with this destination MAC from the load injector's port leave by `port`."""

    dpid: int
    port_in: int
    mac: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transceiver:
    """A transceiver for light on demand: an interface of a host, and the ROADM's port for it.

    A site's transceivers are numbered from 0.
    """

    site: str
    number: int
    host: str
    address: str
    interface: str
    mac: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DcnLine:
    """Line between a site and the controller's computer over the data communication network, with the delay one way."""

    site: str
    site_address: str
    controller_address: str
    delay_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """All that a guest needs for one network of one run."""

    network: Literal["apn", "packet"]
    topology: str
    seed: int
    mtu_bytes: int
    segments: Literal["whole", "mtu"]
    """`whole`: TCP hands 64 KiB segments to the line; `mtu`: one frame each, since a router's queue decides."""
    hosts: tuple[Host, ...]
    switches: tuple[Switch, ...]
    wires: tuple[Wire, ...]
    lit_paths: tuple[LitPath, ...]
    routes: tuple[Route, ...]
    injections: tuple[Injection, ...]
    stages: tuple[Stage, ...]
    controller: str
    controller_runtime: str
    pcap: bool
    routers: tuple[Router, ...] = ()
    """Routers with daemons stand here in place of `switches`, where a stage has a `Routing`."""
    lit_trees: tuple[LitTree, ...] = ()
    controller_at: str = ""
    """Site of the controller; "" where there is none."""
    dcn: tuple[DcnLine, ...] = ()
    """Lines of the data communication network; none where there is no controller."""
    plant: Plant | None = None
    """The plant that the controller plans on; None where all light was planned before."""
    transceivers: tuple[Transceiver, ...] = ()
    controller_options: tuple[str, ...] = ()
    """Options, as ryu-manager's, of an application that is not ours."""
    controller_settle_s: float | None = FOREIGN_SETTLE_S
    """Virtual time that such an application gets once its switches have connected; None: until it says it is ready."""
    walls: tuple[Wall, ...] = ()
    tcp_window_bytes: int = TCP_WINDOW_BYTES
    """Most that a TCP connection of the hosts has under way in a round trip."""
    pcap_bytes: int = 0
    """Bytes of each captured frame that are kept; 0: all."""

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = plain(self)
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Blueprint:
        built: Blueprint = built_from(cls, document)
        return built

    @classmethod
    def read(cls, path: Path) -> Blueprint:
        return cls.from_json(json.loads(path.read_text()))

    def injector(self, site: str) -> Wire:
        """The wire by which load enters the router of a site."""
        return next(wire for wire in self.wires if wire.kind == "load" and wire.site == site)
