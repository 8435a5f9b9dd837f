# SPDX-License-Identifier: BSD-3-Clause
"""Hits of a hazard and what must follow: poles, the light to the keeper of their copies, pairs that are left.

All of it follows from the plant and the settings alone, so `stages` and `rows` each compute it, and nothing is kept
between them.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apnemu.errors import InputError
from apnemu.experiments.disaster.settings import Settings
from apnemu.model.plant import Plant
from apnemu.model.power import Power
from apnemu.planning.online import Asked, Fate, Service, ask, fates, light_of
from apnemu.power.disaster import Pair, Struck, pairs_left, struck_by
from apnemu.power.poles import Placing, keeper_of, poles_of
from apnemu.question.controller import with_controller


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Hazard under which a service stands at some poles; `fates` are those of the poles' light, in their order."""

    struck: Struck
    placing: Placing
    poles: tuple[str, ...]
    keeper: str
    fates: tuple[Fate, ...]

    @property
    def phase(self) -> str:
        """The stage in which it is played."""
        return f"{self.struck.hazard} {self.placing} {len(self.poles)}"

    @property
    def lost(self) -> tuple[str, ...]:
        """Poles that the hazard takes."""
        return tuple(name for name in self.poles if name in self.struck.sites)

    @property
    def ready_ns(self) -> int:
        """Time from the requests until all light carries."""
        return max(fate.asked.ready_ns for fate in self.fates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Pairs of data centres that a hazard leaves joined, and those of them for which light is asked after it.

    `before` are the answers to the same requests in the whole plant.
    """

    struck: Struck
    left: tuple[Pair, ...]
    asked: tuple[Asked, ...]
    before: tuple[Asked, ...]

    @property
    def phase(self) -> str:
        """The stage in which light is asked for."""
        return f"{self.struck.hazard} pairs"


def power_of(plant: Plant) -> Power:
    """The power file of a plant. Raises InputError where it names none, or one without hazards."""
    if plant.power is None or not plant.power.hazards:
        fact = f"{plant.name} names no power file" if plant.power is None else f"{plant.power.name} has no hazards"
        raise InputError(
            f"{fact}; disaster plays what they say; add hazards to power/NAME.yaml and power: NAME to the topology, or"
            " take --topology jpn12-disaster",
            file="--topology",
        )
    return plant.power


def strikes(plant: Plant, settings: Settings) -> tuple[Struck, ...]:
    """What each hazard of the settings takes. Raises InputError for a name that the power file has not."""
    power = power_of(plant)
    known = {hazard.name: hazard for hazard in power.hazards}
    for name in settings.hazard:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1) or list(known)[:1]
            fact = f"hazard is '{name}'; {power.name} has {', '.join(known)}"
            raise InputError(f"{fact}; for example --set hazard={near[0]}", file="--set")
    return tuple(struck_by(plant, known[name]) for name in settings.hazard or known)


def prepare(plant: Plant, settings: Settings) -> Plant:
    """The plant with one host and enough transceivers at each data centre, no light asked for, and its controller.

    Raises InputError for hazards, poles, a keeper, cables or a controller that there are not.
    """
    struck = strikes(plant, settings)
    _check_owner(power_of(plant), settings.owner)
    _check_keeper(plant, settings)
    plant = with_controller(plant, settings.controller)
    most = 1
    for one in struck:
        for placing in settings.placing:
            for count in settings.poles:
                most = max(most, len(_standing(plant, one, placing, count, settings)[0]))
        ends = Counter(site for pair in asked_pairs(plant, one, settings) for site in pair)
        most = max(most, *ends.values(), 1)
    sites = tuple(dataclasses.replace(site, hosts=1) for site in plant.sites)
    return dataclasses.replace(plant, sites=sites, demands=(), trees=(), transceivers=most)


def cases(plant: Plant, settings: Settings) -> tuple[Case, ...]:
    """Every hazard with every number of poles, in the order in which they are played."""
    return tuple(
        _case(plant, struck, placing, count, settings)
        for struck in strikes(plant, settings)
        for placing in settings.placing
        for count in settings.poles
    )


def reaches(plant: Plant, settings: Settings) -> tuple[Reach, ...]:
    """Pairs that each hazard leaves, with the answers to requests for light between them."""
    found = []
    for struck in strikes(plant, settings):
        light = light_of(plant)
        for name in struck.fibres:
            light.fail([name])
        services = [
            Service(name=f"{struck.hazard}: {a} to {b}", source=a, target=b, rate_gbps=settings.rate_gbps)
            for a, b in asked_pairs(plant, struck, settings)
        ]
        before, asked = (ask(plant, each, services) for each in (light_of(plant), light))
        found.append(Reach(struck=struck, left=pairs_left(plant, struck), asked=asked, before=before))
    return tuple(found)


def asked_pairs(plant: Plant, struck: Struck, settings: Settings) -> tuple[Pair, ...]:
    """Pairs that are left, at most as many as the settings allow, evenly out of all. The earlier site asks."""
    left, most = pairs_left(plant, struck), settings.lit_pairs
    if len(left) <= most:
        return left
    return tuple(left[index * len(left) // most] for index in range(most))


def _case(plant: Plant, struck: Struck, placing: Placing, count: int, settings: Settings) -> Case:
    poles, keeper = _standing(plant, struck, placing, count, settings)
    services = [
        Service(
            name=f"{struck.hazard} {placing} {count}: {pole}",
            source=pole,
            target=keeper,
            rate_gbps=settings.rate_gbps,
            protection="restoration-computed",
        )
        for pole in poles
    ]
    return Case(
        struck=struck,
        placing=placing,
        poles=poles,
        keeper=keeper,
        fates=fates(plant, services, struck.cut, struck.sites),
    )


def _standing(
    plant: Plant, struck: Struck, placing: Placing, count: int, settings: Settings
) -> tuple[tuple[str, ...], str]:
    """Poles and keeper. Raises InputError where there are too few data centres for them."""
    hit, keeper = struck.sites, settings.keeper
    others = dataclasses.replace(plant, sites=tuple(site for site in plant.sites if site.name != keeper))
    poles = poles_of(others, hit, count, placing)
    keeper = keeper or keeper_of(plant, hit, poles)
    if len(poles) < count or not keeper:
        most = max((n for n in range(1, count) if _fits(others, hit, n, placing, settings)), default=0)
        fact = f"poles is {count}; {plant.name} has {len(plant.data_centres)} data centres, and {struck.hazard} takes"
        taken = sum(site.name in hit for site in plant.data_centres)
        way_out = f"give at most {most}" if most else "take another hazard or topology"
        raise InputError(
            f"{fact} {taken}; one more must stand that keeps copies; {way_out}, or a topology with more", file="--set"
        )
    return poles, keeper


def _fits(others: Plant, hit: Sequence[str], count: int, placing: Placing, settings: Settings) -> bool:
    poles = poles_of(others, hit, count, placing)
    return len(poles) == count and bool(settings.keeper or keeper_of(others, hit, poles))


def _check_keeper(plant: Plant, settings: Settings) -> None:
    """Refuse a keeper that is no data centre, and one that a hazard of the settings takes."""
    name = settings.keeper
    if not name:
        return
    known = [site.name for site in plant.data_centres]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1) or known[:1]
        fact = f"keeper is '{name}'; {plant.name} has no such data centre"
        raise InputError(f"{fact}; for example --set keeper={near[0]}", file="--set")
    for struck in strikes(plant, settings):
        if name in struck.sites:
            free = [site for site in known if site not in struck.sites]
            way_out = f"for example --set keeper={free[0]}" if free else "leave the hazard out"
            raise InputError(
                f"keeper is '{name}', which {struck.hazard} takes; copies must outlive it; {way_out}", file="--set"
            )


def _check_owner(power: Power, owner: str) -> None:
    known = sorted({cable.owner for cable in power.cables if cable.owner})
    if owner and owner not in known:
        fact = f"owner is '{owner}'; cables of {power.name} are owned in {', '.join(known) or 'no stated country'}"
        raise InputError(f"{fact}; {f'for example --set owner={known[0]}' if known else 'leave it out'}", file="--set")
