# SPDX-License-Identifier: BSD-3-Clause
"""Several services that are asked for at one instant and hit by one event, in closed form: when each has light again.

`survival` follows one service through many events; here the controller has many services on its hands at once. It
decides one after another as messages come in over the data communication network, hears of each dark fibre from the
nearer of its ends, and computes new routes one after another; devices act side by side. Everything is told in ns.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from apnemu.model.activities import APART_NS
from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.planning.dcn import dcn
from apnemu.planning.online.changes import carries_ns
from apnemu.planning.online.lifecycle import Light
from apnemu.planning.online.service import Decision, Service
from apnemu.planning.online.survival import dark_fibres


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Answer to one of several requests: the decision, and when its first frame arrives, or the refusal is decided,
    after the request."""

    service: Service
    decision: Decision
    ready_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Fate of a service in an event: frames stop at its receiver `from_ns` after the event and come again `until_ns`
    after it, on the light `after`.

    `hit` says whether they stop; where they never come again, `until_ns` is None and `why` says why.
    """

    asked: Asked
    hit: bool
    from_ns: int = 0
    until_ns: int | None = None
    after: Lightpath | None = None
    why: str = ""

    @property
    def lives(self) -> bool:
        """Whether the service has light in the end."""
        return self.after is not None


def ask(plant: Plant, light: Light, services: Sequence[Service]) -> tuple[Asked, ...]:
    """Answers to services that are asked for in their order at one instant, `APART_NS` apart; `light` has them then."""
    way, computing_ns = dcn(plant), plant.devices.controller_computing_ns
    comes_ns = [APART_NS * number + way.delay_ns[service.source] for number, service in enumerate(services)]
    answers: dict[int, Asked] = {}
    free_ns = 0
    for number in sorted(range(len(services)), key=comes_ns.__getitem__):
        free_ns = max(free_ns, comes_ns[number]) + computing_ns
        decision, ready_ns = light.request(services[number]), free_ns - APART_NS * number
        if decision.accepted and decision.working is not None:
            ready_ns += carries_ns(plant, decision.changes, decision.working)
        answers[number] = Asked(service=services[number], decision=decision, ready_ns=ready_ns)
    return tuple(answers[number] for number in range(len(services)))


def light_of(plant: Plant) -> Light:
    """All transceivers of a plant, and no light yet."""
    return Light(plant, transceivers={site.name: plant.transceivers for site in plant.data_centres})


def fates(plant: Plant, services: Sequence[Service], cut: Collection[str], lost: Collection[str]) -> tuple[Fate, ...]:
    """Fates of services when fibres are cut and sites lost at one instant, long after all had been asked for.

    A service that is set up anew over a fibre that is dead, and of which the controller has not heard yet, is set up
    once more when it has; the last time counts.
    """
    light, way = light_of(plant), dcn(plant)
    asked = ask(plant, light, services)
    dark = dark_fibres(plant, frozenset(cut), frozenset(lost))
    heard = sorted(
        ((min(way.delay_ns[fibre.a], way.delay_ns[fibre.b]), name) for name in dark if (fibre := plant.fibre[name])),
        key=lambda each: each[0],
    )
    until: dict[str, tuple[int, Lightpath]] = {}
    why: dict[str, str] = {}
    free_ns = 0
    for heard_ns, name in heard:
        for outcome in light.fail([name]):
            start_ns = heard_ns + plant.devices.loss_of_light_detection_ns
            if outcome.how == "computed":
                start_ns = free_ns = max(start_ns, free_ns) + plant.devices.controller_computing_ns
            if outcome.kind == "restored" and outcome.lightpath is not None:
                lit_ns = start_ns + carries_ns(plant, outcome.changes, outcome.lightpath)
                until[outcome.service] = lit_ns, outcome.lightpath
            elif outcome.kind == "lost":
                until.pop(outcome.service, None)
                why[outcome.service] = outcome.reason
    return tuple(_fate(plant, each, dark, until, why) for each in asked)


def _fate(
    plant: Plant,
    asked: Asked,
    dark: Collection[str],
    until: dict[str, tuple[int, Lightpath]],
    why: dict[str, str],
) -> Fate:
    name, path = asked.service.name, asked.decision.working
    if path is None:
        return Fate(asked=asked, hit=False, why=asked.decision.reason)
    hit = [index for index, fibre in enumerate(path.fibres) if fibre in dark]
    if not hit:
        return Fate(asked=asked, hit=False, after=path)
    from_ns = _behind_ns(plant, path, dark)
    if name in until:
        until_ns, after = until[name]
        return Fate(asked=asked, hit=True, from_ns=from_ns, until_ns=until_ns, after=after)
    return Fate(asked=asked, hit=True, from_ns=from_ns, why=why.get(name, ""))


def _behind_ns(plant: Plant, path: Lightpath, dark: Collection[str]) -> int:
    """Time that light takes from the last dark fibre of its route to its target: what is there still arrives."""
    last = max((index for index, name in enumerate(path.fibres) if name in dark), default=-1)
    ways = zip(path.fibres, path.route, strict=False)
    return sum(plant.fibre[name].way(site).delay_ns for name, site in list(ways)[last + 1 :])
