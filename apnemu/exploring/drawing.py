# SPDX-License-Identifier: BSD-3-Clause
"""Scenarios drawn by Hypothesis from a plant's own sites, fibres and devices, at instants that matter.

The time from one step to the next is drawn from times in which something is under way: none at all, a nanosecond, what
the controller or a device takes, what a message takes, a little less, a little more. The first of each list is the
plainest, to which Hypothesis shrinks: a step when all is at rest, an unprotected service, a fibre rather than a site.
A step is few draws, since Hypothesis (6.170) takes out at most five that follow one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

from hypothesis import strategies as st

from apnemu.exploring.scenario import CONTROLLER, Scenario, Step
from apnemu.model.plant import Plant
from apnemu.planning.dcn import dcn
from apnemu.planning.graph import Graph
from apnemu.planning.online.service import PROTECTIONS
from apnemu.units import NS_PER_S

REST_NS = 200 * NS_PER_S
"""Time after which all devices are at rest."""
SAGS_DB = (3.0, 1.0, 6.0, 12.0)
BOOKED: tuple[tuple[int | None, int | None] | None, ...] = (None,) * 4 + (
    (1, 100),
    (70, None),
    (None, 90),
    (0, 1),
    (150, 300),
)
"""Seconds from a request to its light's begin and end, where it is booked."""
MOST_NAMED = 8
"""Requests of a scenario, and fibres of a route, that a step may name."""
ROUTES = 3
"""Shortest routes of a request whose fibres are hit."""
MOST_SLOW_NS = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Bounds of a scenario: its number of steps, and the longest time between two of them."""

    steps: int = 24
    gap_ns: int = REST_NS


def gaps(plant: Plant, budget: Budget) -> tuple[int, ...]:
    """Times between two steps, in ns: those in which something is under way."""
    devices, way = plant.devices, dcn(plant).delay_ns
    computing, switching = devices.controller_computing_ns, devices.wss_switching_ns
    tuning = devices.laser_tuning_ns + devices.amplifier_settling_ns + devices.fec_lock_ns
    ways = sorted(set(way.values()))
    matters = {
        computing,
        devices.loss_of_light_detection_ns,
        devices.protection_switching_ns,
        devices.loss_of_light_detection_ns + devices.protection_switching_ns,
        switching,
        tuning,
        switching + tuning,
        computing + switching + tuning,
        2 * ways[-1],
        ways[0],
        ways[-1],
        NS_PER_S,
        2 * NS_PER_S,
    }
    near = sorted(ns for ns in matters if 0 < ns < budget.gap_ns)
    around = [part for ns in near for part in (ns // 2, ns - 1, ns, ns + 1, ns + 1_000_000)]
    return (budget.gap_ns, 0, 1, *dict.fromkeys(around))


def scenarios(plant: Plant, budget: Budget | None = None) -> st.SearchStrategy[Scenario]:
    """Strategy of scenarios for a plant: light that is asked for, and then what happens to it."""
    bounds = budget or Budget()
    gap = st.sampled_from(gaps(plant, bounds))
    requests = _requests(plant)
    which = st.integers(0, MOST_NAMED - 1)
    places = [
        _OnAWay(request=request, route=route, fibre=fibre)
        for request, route, fibre in product(range(MOST_NAMED), range(ROUTES), range(MOST_NAMED))
    ]
    kinds: dict[str, st.SearchStrategy[object]] = {
        "cut": st.sampled_from(places),
        "repair": which,
        "request": requests,
        "release": which,
        "move": which,
        "lose": st.sampled_from([site.name for site in plant.sites]),
        "controller": st.sampled_from([3, 1, 70]),
        "sag": st.sampled_from([(place, db) for db in SAGS_DB for place in places]),
    }
    often = ("cut", "cut", "repair", "request", "move", "release", "cut", "repair", "controller", "sag", "lose", "move")
    step = st.tuples(gap, st.sampled_from(often).flatmap(lambda kind: st.tuples(st.just(kind), kinds[kind])))
    opening = st.lists(st.tuples(gap, st.tuples(st.just("request"), requests)), min_size=1, max_size=4)
    half = st.lists(step, max_size=bounds.steps // 2)
    slow = st.dictionaries(
        st.sampled_from([site.name for site in plant.sites]), st.sampled_from([1, 1000, MOST_SLOW_NS]), max_size=2
    )
    ways = _Ways(plant)
    return st.builds(
        lambda *parts: _scenario(ways, [*parts[0], *parts[1], *parts[2]], parts[3]), opening, half, half, slow
    )


def _requests(plant: Plant) -> st.SearchStrategy[_Request]:
    centres = [site.name for site in plant.data_centres]
    rates = sorted({mode.rate_gbps for mode in plant.modes})
    terms = [(rate, protection, booked) for booked, protection, rate in product(BOOKED, PROTECTIONS, rates)]
    return st.builds(
        lambda pair, asked: _Request(pair=pair, rate_gbps=asked[0], protection=asked[1], booked=asked[2]),
        st.sampled_from([(a, b) for a in centres for b in centres if a != b]),
        st.sampled_from(terms),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnAWay:
    """A fibre on one of the shortest routes of a request, each by its number as far as it goes."""

    request: int
    route: int
    fibre: int


class _Ways:
    """Fibres of the shortest routes between two sites, with those that have an amplifier."""

    def __init__(self, plant: Plant) -> None:
        self.plant, self._graph = plant, Graph(plant)
        self._known: dict[tuple[str, str], list[tuple[str, ...]]] = {}

    def fibre(self, ends: tuple[str, str] | None, drawn: _OnAWay, *, amplified: bool = False) -> str | None:
        """Fibre that was drawn; any of the plant's where nothing was asked for, None where none has an amplifier."""
        names = tuple(fibre.name for fibre in self.plant.fibres)
        if ends is not None:
            if ends not in self._known:
                self._known[ends] = [route.fibres for route in islice(self._graph.routes(*ends), ROUTES)]
            routes = self._known[ends]
            names = routes[drawn.route % len(routes)] if routes else names
        if amplified:
            names = tuple(name for name in names if self.plant.fibre[name].amplified)
        return names[drawn.fibre % len(names)] if names else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    pair: tuple[str, str]
    rate_gbps: float
    protection: str
    booked: tuple[int | None, int | None] | None


def _scenario(ways: _Ways, drawn: Sequence[tuple[int, tuple[str, object]]], slow: dict[str, int]) -> Scenario:
    """Steps of what was drawn: each names what is there, as far as it goes; what makes no sense is left out."""
    steps: list[Step] = []
    at_ns = 0
    asked: list[Step] = []
    down: dict[str, None] = {}
    for number, (gap_ns, (kind, what)) in enumerate(drawn):
        at_ns += gap_ns if number else 0
        if isinstance(what, _Request):
            asked.append(_request(at_ns, f"s{len(asked) + 1}", what))
            steps.append(asked[-1])
        elif kind in ("cut", "sag"):
            _hit(ways, at_ns, what, asked, steps, down)
        elif kind == "lose":
            down[str(what)] = None
            steps.append(Step(at_ns=at_ns, do="lose", what=str(what)))
        elif kind == "controller":
            assert isinstance(what, int)
            steps.append(Step(at_ns=at_ns, do="lose", what=CONTROLLER))
            steps.append(Step(at_ns=at_ns + what * NS_PER_S, do="repair", what=CONTROLLER))
        elif kind == "repair" and down:
            assert isinstance(what, int)
            name = list(down)[what % len(down)]
            del down[name]
            steps.append(Step(at_ns=at_ns, do="repair", what=name))
        elif kind in ("release", "move") and asked:
            assert isinstance(what, int)
            one = asked[what % len(asked)]
            steps.append(Step(at_ns=at_ns, do=kind, what=one.what, source=one.source))  # type: ignore[arg-type]
    steps.sort(key=lambda step: step.at_ns)
    return Scenario(steps=tuple(steps), slow_ns=dict(sorted(slow.items())))


def _hit(
    ways: _Ways, at_ns: int, what: object, asked: Sequence[Step], steps: list[Step], down: dict[str, None]
) -> None:
    """Cut a fibre, or have its amplifier sag."""
    drawn, db = what if isinstance(what, tuple) else (what, 0.0)
    assert isinstance(drawn, _OnAWay)
    one = asked[drawn.request % len(asked)] if asked else None
    ends = (one.source, one.target) if one else None
    fibre = ways.fibre(ends, drawn, amplified=bool(db))
    if fibre is not None:
        down[fibre] = None
        steps.append(Step(at_ns=at_ns, do="sag" if db else "cut", what=fibre, db=db))


def _request(at_ns: int, name: str, drawn: _Request) -> Step:
    start_s, end_s = drawn.booked or (None, None)
    return Step(
        at_ns=at_ns,
        do="request",
        what=name,
        source=drawn.pair[0],
        target=drawn.pair[1],
        rate_gbps=drawn.rate_gbps,
        protection=drawn.protection,
        start_ns=None if start_s is None else at_ns + start_s * NS_PER_S,
        end_ns=None if end_s is None else at_ns + end_s * NS_PER_S,
    )
