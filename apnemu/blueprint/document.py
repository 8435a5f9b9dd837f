"""The blueprint: plain values that survive JSON, small enough that the guest imports nothing else to read it."""

from __future__ import annotations

import dataclasses
import json
import types
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from apnemu.errors import LabError
from apnemu.model.activities import Activity
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the sending end of a wire does to frames, in this order.

    They wait for the line (`rate_bytes_per_s`, 0 is no limit) in a queue of at most `queue_bytes` (0 is no bound),
    then travel for `delay_ns`.
    """

    rate_bytes_per_s: int = 0
    queue_bytes: int = 0
    delay_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a wire: an interface at a node. `port` is its OpenFlow port at a switch, its order at a host."""

    node: str
    interface: str
    port: int
    mac: str
    sends: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A veth pair. `kind`: a `fibre` pair, a host's `access` to its switch, the `load` injector of a router."""

    name: str
    kind: Literal["fibre", "access", "load"]
    a: End
    b: End


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What a host must know to reach another: through which interface, and the other's MAC."""

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
    `line_rate_gbps` is the transceiver mode's.
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
    """A light tree at one ROADM: comes in at a port, goes on to fibres, and is dropped to hosts. Added at the hub."""

    dpid: int
    port_in: int
    added: bool
    ports_onward: tuple[int, ...]
    ports_dropped: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLeaf:
    """Where a tree ends, and its way back: `hops` from the leaf to the hub under a tag of its own."""

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
    """At router `dpid`, datagrams to `address` leave by `port`."""

    dpid: int
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """At router `dpid`, frames from the load injector's port with this destination MAC leave by `port`."""

    dpid: int
    port_in: int
    mac: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transceiver:
    """One of a site's pool for light on demand, counted from 0: an interface of a host, and the ROADM's port for it."""

    site: str
    number: int
    host: str
    address: str
    interface: str
    mac: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Everything that a guest needs for one network of one run."""

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
    """In place of `switches`, where a stage has routing daemons."""
    lit_trees: tuple[LitTree, ...] = ()
    plant: Plant | None = None
    """What the controller plans on; None where all light was planned before."""
    transceivers: tuple[Transceiver, ...] = ()

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = _plain(self)
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Blueprint:
        built: Blueprint = _build(cls, document)
        return built

    @classmethod
    def read(cls, path: Path) -> Blueprint:
        return cls.from_json(json.loads(path.read_text()))


ACTIVITY = "activity"
"""The key that says which kind of activity a value is."""


def _plain(value: Any) -> Any:
    """The value as JSON has it: dataclasses as objects, activities with their kind beside their fields."""
    if dataclasses.is_dataclass(value):
        tag: dict[str, Any] = {ACTIVITY: type(value).__name__} if isinstance(value, Activity) else {}
        return tag | {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _build(kind: Any, value: Any) -> Any:
    """The declared type of what JSON gave back: dataclasses, tuples of anything, and a declared type or None.

    Raises TypeError for a declared union of anything else, KeyError for a field that is not declared.
    """
    if isinstance(kind, type) and issubclass(kind, Activity):
        kind, value = _kind_of(value), {name: inner for name, inner in value.items() if name != ACTIVITY}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return kind(**{name: _build(_hints(kind)[name], inner) for name, inner in value.items()})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_build(arguments[0], inner) for inner in value)
        return tuple(_build(inner_kind, inner) for inner_kind, inner in zip(arguments, value, strict=True))
    if origin in (Union, types.UnionType):
        if len(arguments) != 2 or arguments[1] is not type(None):
            raise TypeError(f"{kind} is declared in a blueprint; a union there is a type or None: X | None")
        return None if value is None else _build(arguments[0], value)
    return value


def _kind_of(value: dict[str, Any]) -> type[Activity]:
    name = value[ACTIVITY]
    if name not in Activity.kinds:
        raise LabError(
            f"the blueprint has an activity {name!r}; known are {', '.join(Activity.kinds)}; import the file that "
            "declares it before the blueprint is read"
        )
    return Activity.kinds[name]
