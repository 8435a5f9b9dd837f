# SPDX-License-Identifier: BSD-3-Clause
"""What may be played on a network in a stage: one frozen value for each kind of activity.

A new kind is a subclass of `Activity`: a stage holds it, and the blueprint carries it to the guest, without a line
elsewhere. The players stand in `emulation.play`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from apnemu.units import VirtualNs

AT_ONCE = VirtualNs(0)
SATURATING_BYTES = 15 * 4096
"""A datagram of a saturation: whole pages, which sendfile passes on uncopied, and no more than a datagram holds."""
DENSE = " dense"
"""End of the name of a record of a probe that is not counted."""
Pair = tuple[str, str]
"""The names of two sites: source, target."""


class Activity:
    """The base class of everything that a stage may hold. `kinds` has every subclass by its name."""

    __slots__ = ()
    kinds: ClassVar[dict[str, type[Activity]]] = {}

    def __init_subclass__(cls) -> None:
        known = Activity.kinds.get(cls.__name__)
        if known is not None and known.__module__ != cls.__module__:
            raise TypeError(f"activity {cls.__name__} is declared in {known.__module__} too; give it another name")
        Activity.kinds[cls.__name__] = cls  # a dataclass with slots is made twice; the second is the one in use


BY_MARKS = "dctcp"
"""Congestion control that lives by marks (ECN). Its receiver must tell every mark, which one that uses it itself does
(RFC 8257, 3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownActivity(Activity):
    """An activity of a kind that the reading program has not imported, such as a controller's. It cannot be played."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """A span of a stream of probes, counted from its first, in which further ones of every pair go, `gap_ns` apart plus
    a stagger as theirs. They tell when something happened; what is counted are the others."""

    from_ns: VirtualNs
    until_ns: VirtualNs
    gap_ns: VirtualNs


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes(Activity):
    """ICMP echo requests between the first hosts of pairs of sites, stamped by the kernels of both ends.

    Each of `count` rounds probes every pair once, `gap_ns` apart plus a seeded stagger below half of that, so that
    probes do not march in step and are never closer than half a gap. `frame_bytes` is the Ethernet frame without its
    checksum.
    """

    pairs: tuple[Pair, ...]
    count: int
    gap_ns: VirtualNs
    frame_bytes: int = 98
    after_ns: VirtualNs = AT_ONCE
    """Instant of the first probe, counted from the stage's start: until then its load has spread everywhere."""
    paced: bool = False
    """Whether the kernel lets each probe go at its very nanosecond, and stamps it then, whatever else the player does.
    Only for hosts whose interface has no line of its own."""
    dense: tuple[Dense, ...] = ()
    """Spans with further probes, whose records have a name that ends in `DENSE` and numbers from `count` on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Activity):
    """A TCP connection from one site's first host to another's.

    With `size_bytes` it ends when the receiver has them all; without, it sends until the stage ends. Several
    `streams` share the work. Bytes received in the stage's first `ramp_ns` do not count towards its goodput.
    """

    name: str
    source: str
    target: str
    start_ns: VirtualNs = AT_ONCE
    size_bytes: int | None = None
    streams: int = 1
    congestion_control: str = "cubic"
    ramp_ns: VirtualNs = AT_ONCE
    pace_gbps: float | None = None
    """Most that each stream offers (SO_MAX_PACING_RATE); None is all that it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation(Activity):
    """A tenant that uses all of its own wavelength, both ways and without a gap.

    `circulating_bytes` go round between the two hosts, turned back at either end: as many as the light between them
    holds, and some more, which wait for the line.
    """

    source: str
    target: str
    circulating_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals(Activity):
    """Frames injected into a site's router, each for one of its fibres: other people's traffic.

    `file` holds them, drawn on the host from the run's seed; `frames` is their number.
    """

    site: str
    file: str
    frames: int
    sink: str = ""
    """The site whose injector takes the frames out again and counts them; "" is none: they end at the next router."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay(Activity):
    """Frames of a capture, sent by a site's first host to another's, each at its own instant.

    `FILE.npy` has their instants and lengths (`REPLAYED`), `FILE.frames` their bytes, one after another; `frames` is
    their number. What arrives at the target's host meanwhile ends there: its own stack sees nothing of it.
    """

    source: str
    target: str
    file: str
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Activity):
    """A program in a host of a data centre.

    A `service` runs until every `job` of the stage has ended, and is then told to end with `end_signal`. An application
    starts once all that it `needs` are ready, or have ended with 0 (jobs without `ready`). It is `ready` at once (""),
    when a line of its output has a text ("says:TEXT"), or when it listens there, TCP over IPv4 ("listens:PORT").
    `argv` and the values of `environment` may hold {address:SITE}, {folder}, {python}, {start} and others (see
    `emulation.apps`). Limits are in virtual seconds; `disk_bytes` bounds its own folder, `output_limit_bytes` what
    it prints. An application that ends otherwise is a failure of the lab, whose message names it.
    """

    name: str
    site: str
    argv: tuple[str, ...]
    role: Literal["job", "service"]
    host: int = 1
    needs: tuple[str, ...] = ()
    ready: str = ""
    ready_limit_s: float = 60.0
    limit_s: float = 600.0
    user: str = "root"
    environment: tuple[tuple[str, str], ...] = ()
    output_limit_bytes: int = 1 << 20
    disk_bytes: int = 1 << 30
    end_signal: Literal["TERM", "INT", "QUIT", "KILL"] = "TERM"

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError(f"application {self.name} has no argv; it must name a program")
        kind, _, rest = self.ready.partition(":")
        if self.ready and not ((kind == "says" and rest) or (kind == "listens" and rest.isdecimal())):
            raise ValueError(f"ready of {self.name} is {self.ready!r}; it must be says:TEXT or listens:PORT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Train(Activity):
    """UDP datagrams that one transceiver is given back to back, stamped at its queue and at every receiver.

    `light` is the name of a lightpath, a light tree or a leaf (TREE/LEAF). Datagrams go from its source, or with `back`
    to it, in a tree from the leaf `leaf`. `frame_bytes` is the length of a datagram with its Ethernet, IPv4 and UDP
    headers: a frame without its checksum. A datagram that is longer than a frame goes as IPv4's fragments.
    """

    light: str
    at_ns: VirtualNs
    frames: int
    frame_bytes: int
    back: bool = False
    leaf: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retune(Activity):
    """A new rate of both transceivers of a light from `at_ns` on; at 0 no frame gets through."""

    light: str
    at_ns: VirtualNs
    rate_gbps: float


CONTROLLER = "controller"
"""Name of the controller among the sites of an event in a topology file."""
EventKind = Literal["cut", "lose", "region", "sag", "repair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Activity):
    """A change of what is in the ground, `at_ns` after the scenario (or the stage) begins.

    `cut` takes fibres, `lose` takes sites with everything in them (ROADM, router, hosts), `region` takes both. `repair`
    gives back what it names and nothing else: a fibre has light once it, and the sites at its two ends, are whole.
    `sag`: the first in-line amplifier of each of `fibres`, each way, gives `db` less gain (`Fibre.sag_km`) until a
    repair or another sag; light that no longer closes is lost although no port goes down. Networks without light on
    demand do not notice: routers regenerate at every hop, and nobody watches light that was planned before.
    `controller`: `lose` takes the network's controller too, and `repair` starts it again; meanwhile light stays as it
    is, and requests for light wait. Routers that find their own way have no controller.
    `silent`: light is lost and no port reports it, as behind a transport system that does not pass on a failed signal.
    `what` is a person's name for the event.
    """

    at_ns: VirtualNs
    kind: EventKind
    what: str
    fibres: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    controller: bool = False
    silent: bool = False
    db: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing(Activity):
    """Routers that find their own way by OSPF, with the timers by which they notice that a neighbour is gone.

    The defaults are RFC 2328's (appendix C.3: hello every 10 s, dead after 40 s). `bfd_ms` is the interval of BFD's
    packets, and the neighbour is gone when `bfd_multiplier` of them are missing (RFC 5880, section 6.8.4; FRR's default
    is 3 x 300 ms); 0 is no BFD.
    """

    hello_s: int = 10
    dead_s: int = 40
    bfd_ms: int = 0
    bfd_multiplier: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Activity):
    """Bytes over every fibre, and to and from every host, counted by the switches' ports while the stage lasts."""


APART_NS = 1_000
"""Time between requests that are made at one instant, in their order: which comes first, where their ways are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Activity):
    """Light asked for over the controller's REST interface, `at_ns` into the stage, and watched until a frame arrives.
    Requests of one instant are made `APART_NS` apart.

    `expected_ns` is the time from the request until the first frame should arrive: around that instant a frame is sent
    every `FINE_NS`, otherwise every `COARSE_NS` (`emulation.play.requests`). It has no part in what is measured. With
    `released` the light is given back when the stage is over, else it stays.
    """

    name: str
    source: str
    target: str
    rate_gbps: float
    protection: str = "none"
    at_ns: VirtualNs = AT_ONCE
    expected_ns: VirtualNs = AT_ONCE
    released: bool = False
