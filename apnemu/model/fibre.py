# SPDX-License-Identifier: BSD-3-Clause
"""Sites, and what joins them: a fibre pair, and one way of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from apnemu.model import naming
from apnemu.model.spectrum import Bands
from apnemu.units import GROUP_INDEX, fibre_delay_ns

Jitter = Literal["uniform", "normal"]
"""Distribution of a frame's delay about the mean: within the jitter on either side, or with it as standard
deviation."""
SiteKind = Literal["edge", "local", "cluster", "exchange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A building with a ROADM and, unless it is an exchange, a data centre with `hosts` hosts.

    `power_mw` is the data centre's IT power, `population` the number of people for whom this site is the nearest.
    `lat` and `lon` are in degrees; both are None where nobody has said where it lies, and maps then lay it out.
    """

    name: str
    kind: SiteKind
    lat: float | None = None
    lon: float | None = None
    power_mw: float | None = None
    population: int | None = None
    hosts: int = 1
    label: str = ""
    """What people call it, in any script; "" where `name`, its id, says all."""
    owner: str = ""
    """Party that owns the data centre; "": one of the site's own name."""
    zone: str = ""
    """Zone that its data may not leave; "": they may go anywhere."""
    ready_year: int | None = None
    """Calendar year from which on it stands, of a topology that is a phase."""

    @property
    def said(self) -> str:
        """The site in a message: its id, with its label."""
        return naming.told(self.name, self.label)

    @property
    def is_placed(self) -> bool:
        """Whether it is known where it lies."""
        return self.lat is not None and self.lon is not None

    @property
    def place(self) -> tuple[float, float]:
        """Latitude and longitude. Raises ValueError for a site of which they are not known."""
        if self.lat is None or self.lon is None:
            raise ValueError(f"site {self.name} has no lat and lon")
        return self.lat, self.lon


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One fibre of a pair: light passes it one way.

    `amplifiers` are those in line, `delay_ns` is the mean delay and includes what they add. Of frames that enter the
    share `loss` is lost, each frame by a draw of its own. The delay of each varies by `jitter_ns` as `jitter` says;
    a frame that would overtake the one before it arrives together with it.
    """

    length_km: float
    amplifiers: int
    delay_ns: int
    loss: float = 0.0
    jitter_ns: int = 0
    jitter: Jitter = "uniform"

    @property
    def farthest_ns(self) -> int:
        """Most that one frame's delay differs from the mean; a normal distribution is cut at 3.7 deviations."""
        return self.jitter_ns * 37 // 10 if self.jitter == "normal" else self.jitter_ns

    def sag_km(self, db: float) -> float:
        """Extra km that the fibre counts when its first in-line amplifier gives `db` less gain.

        Closed form of a noise-limited line of equal spans with fixed gains: each span with its amplifier adds the same
        share of noise to the signal, so noise goes by length, as a mode's reach does. Behind the amplifier that sags
        all signals are `db` weaker and the noise that amplifiers add is as it was, so that every span but the first
        adds 10^(db / 10) times its share; the next ROADM levels the power again. 240 km in three spans, 3 dB:

        >>> round(Way(length_km=240, amplifiers=2, delay_ns=0).sag_km(3.0), 6)
        159.24197

        Source: ITU-T G.680, the OSNR of amplifiers in a row: each adds noise figure / input power.

        *Not modelled:* nonlinear noise, which falls with the power: a real line loses less, so this is the pessimistic
        side; amplifiers that hold their output power and so make good what is missing.
        """
        spans = self.amplifiers + 1
        return self.length_km * self.amplifiers / spans * float(10 ** (db / 10) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedLine:
    """What the packet network's line over a fibre has in place of the fibre's own, as `Fibre` has it; None: the fibre's
    own."""

    delay_ns: int | None = None
    back_delay_ns: int | None = None
    loss: float | None = None
    back_loss: float | None = None
    jitter_ns: int | None = None
    back_jitter_ns: int | None = None
    jitter: Jitter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fibre:
    """A fibre pair between two sites, one fibre each way; `a` and `b` as the file names them.

    `length_km` and `amplifiers` (in line) are those of the fibre from `a` to `b`, `back_km` and `back_amplifiers` those
    of the fibre from `b` to `a`; None where they are the same. What light meets on its way is asked for by `way`.
    Each amplifier adds `amplifier_delay_ns`. A measured `delay_ns` takes the place of all that length, group index and
    amplifiers say; `loss`, `jitter_ns` and `jitter` are what `Way` says, and again their `back_` is None where both
    ways are the same.
    """

    name: str
    a: str
    b: str
    length_km: float
    back_km: float | None = None
    group_index: float = GROUP_INDEX
    amplifiers: int = 0
    back_amplifiers: int | None = None
    amplifier_delay_ns: int = 0
    carries: Bands | None = None
    """Spectrum that every amplifier of both ways carries, and the ROADMs at its ends; None: all of the plant's band."""
    risks: tuple[str, ...] = ()
    """Shared risks, each of which takes this fibre down together with others: a duct, a bridge (shared-risk groups, RFC
    4202, section 2.3)."""
    waypoints: tuple[tuple[float, float], ...] = ()
    """Places on its way from `a` to `b`, latitude and longitude in degrees; without any it is taken to follow the great
    circle. They say what a hazard on the map hits; its length is `length_km` whatever they are."""
    delay_ns: int | None = None
    back_delay_ns: int | None = None
    loss: float = 0.0
    back_loss: float | None = None
    jitter_ns: int = 0
    back_jitter_ns: int | None = None
    jitter: Jitter = "uniform"
    line: LeasedLine | None = None
    label: str = ""
    """What people call it, in any script; "" where `name` says all."""

    @property
    def routed(self) -> Fibre:
        """The fibre as the packet network's line over it has it.

        >>> slow = Fibre(name="u-v", a="u", b="v", length_km=50, loss=0.1, line=LeasedLine(delay_ns=900_000))
        >>> slow.routed.way("u").delay_ns, slow.routed.way("v").loss, slow.way("u").delay_ns
        (900000, 0.1, 244836)
        """
        if self.line is None:
            return self
        own = {name: getattr(self.line, name) for name in ("delay_ns", "loss", "jitter_ns", "jitter")}
        given = {name: value for name, value in own.items() if value is not None}
        back = {f"back_{name}": getattr(self.line, f"back_{name}") for name in given if name != "jitter"}
        return replace(self, line=None, **given, **back)

    @property
    def disturbs(self) -> tuple[str, ...]:
        """What the fibre does to frames by chance: "loss", "jitter", both, or nothing."""
        loses, varies = any(way.loss for way in self.ways), any(way.jitter_ns for way in self.ways)
        return (*(("loss",) if loses else ()), *(("jitter",) if varies else ()))

    def way(self, source: str) -> Way:
        """The fibre that leads from a site at one end.

        >>> pair = Fibre(name="u-v", a="u", b="v", length_km=50, back_km=90)
        >>> [pair.way(site).delay_ns for site in "uv"]
        [244836, 440705]
        >>> measured = Fibre(name="u-v", a="u", b="v", length_km=50, delay_ns=250_000, back_delay_ns=251_000)
        >>> [measured.way(site).delay_ns for site in "uv"]
        [250000, 251000]
        """
        back = source == self.b
        length_km = self.back_km if back and self.back_km is not None else self.length_km
        amplifiers = self.back_amplifiers if back and self.back_amplifiers is not None else self.amplifiers
        delay_ns = self.back_delay_ns if back and self.back_delay_ns is not None else self.delay_ns
        if delay_ns is None:
            delay_ns = fibre_delay_ns(length_km, self.group_index) + amplifiers * self.amplifier_delay_ns
        return Way(
            length_km=length_km,
            amplifiers=amplifiers,
            delay_ns=delay_ns,
            loss=self.back_loss if back and self.back_loss is not None else self.loss,
            jitter_ns=self.back_jitter_ns if back and self.back_jitter_ns is not None else self.jitter_ns,
            jitter=self.jitter,
        )

    @property
    def ways(self) -> tuple[Way, Way]:
        """Both fibres of the pair, the one from `a` first."""
        return self.way(self.a), self.way(self.b)

    @property
    def amplified(self) -> bool:
        """Whether an amplifier stands in line, one way at least."""
        return any(way.amplifiers for way in self.ways)

    @property
    def mean_km(self) -> float:
        """Half the length there and back: the length by which routes are ordered, the same from both ends."""
        there, back = self.ways
        if there.length_km == back.length_km:
            return there.length_km
        return (there.length_km + back.length_km) / 2

    def far_end(self, site: str) -> str:
        """Site at the other end of the fibre."""
        return self.b if site == self.a else self.a

    def sag_km(self, db: float) -> float:
        """Extra km that the pair counts when the first in-line amplifier of each way gives `db` less gain: the more."""
        return max(way.sag_km(db) for way in self.ways)


def amplifier_count(length_km: float, span_km: float) -> int:
    """Number of in-line amplifiers on a fibre: one between each two spans; those at its ends belong to the ROADMs.

    >>> amplifier_count(80.0, 80.0), amplifier_count(80.1, 80.0), amplifier_count(366.0, 80.0)
    (0, 1, 4)
    """
    return max(0, ceil(length_km / span_km - 1e-9) - 1)
