# SPDX-License-Identifier: BSD-3-Clause
"""Dark times of a stream of frames over one service when things are cut and repaired, in closed form.

Nothing here is measured: what is done follows from `Light`, how long it takes from the plant's declared devices, and
when frames stop and come again from the fibres' delays. A frame is lost that is on a dead fibre or comes to one; what
is past the last of them still arrives. Where an amplifier sags, light that no longer closes has no frames from that
instant on (also not what has passed the amplifier already) until it closes again or something else carries. 1+1
carries frames on both lightpaths all the time, so the first arrives when the receiver has switched; light that is set
up anew is first filled over its whole length. Receivers of 1+1 take the other lightpath by themselves; all else is up
to the controller, which alarms must reach first. While it is lost nothing is done; once it is back it finds what is
dead, as if that had happened then (how long its own program takes to start is not declared, and not in here); a fibre
that is whole again by then just carries on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from apnemu.model.activities import Event
from apnemu.model.assignment import LightId, Lightpath
from apnemu.model.plant import Plant
from apnemu.planning.dcn import dcn
from apnemu.planning.online.changes import acted_ns, carries_ns
from apnemu.planning.online.lifecycle import Light
from apnemu.planning.online.service import Decision, Outcome, Protection, Service
from apnemu.planning.reach import closes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dark:
    """A time in which the receiver gets no frames, in ns after the first event; without end where `until_ns` is None.

    `declared_ns` is how long devices and controller take by their declared times alone, from the event that took the
    light to the last device; `how` is how there was light again, or why there is none.
    """

    from_ns: int
    until_ns: int | None
    declared_ns: int | None
    how: str

    @property
    def lasts_ns(self) -> int | None:
        """Length; None without an end."""
        return None if self.until_ns is None else self.until_ns - self.from_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """Fate of a service: the decision on its request, when its first frame arrives after that, and its dark times.

    `last` is the light that its receiver takes in the end, if it has any.
    """

    decision: Decision
    ready_ns: int
    dark: tuple[Dark, ...]
    last: Lightpath | None = None

    @property
    def restored(self) -> bool:
        """Whether it has light in the end."""
        return all(dark.until_ns is not None for dark in self.dark)

    @property
    def longest(self) -> Dark | None:
        """The longest of its dark times; of several without an end the first."""
        endless = [dark for dark in self.dark if dark.lasts_ns is None]
        return endless[0] if endless else max(self.dark, key=lambda dark: dark.lasts_ns or 0, default=None)


def survival(plant: Plant, service: Service, events: Sequence[Event]) -> Survival:
    """Fate of the only service of a plant, for frames from its source to its target; all events come long after it was
    set up.

    Raises:
        KeyError: an event names what the plant has not.
    """
    light = Light(plant, transceivers={site.name: plant.transceivers for site in plant.data_centres})
    decision = light.request(service)
    if not decision.accepted or decision.working is None:
        return Survival(decision=decision, ready_ns=plant.devices.controller_computing_ns, dark=())
    asked_ns = dcn(plant).delay_ns[service.source] + plant.devices.controller_computing_ns
    first_ns = asked_ns + carries_ns(plant, decision.changes, decision.working)
    watched = _Watched(plant, light, decision.working, service.protection)
    for event in sorted(events, key=lambda event: event.at_ns):
        watched.happens(event)
    dark = watched.seen()
    last = watched.carrying if all(one.until_ns is not None for one in dark) else None
    return Survival(decision=decision, ready_ns=first_ns, dark=dark, last=last)


def dark_fibres(plant: Plant, cut: frozenset[str], lost: frozenset[str]) -> tuple[str, ...]:
    """Fibres without light, in the plant's order: those that are cut and those that end at lost sites."""
    return tuple(fibre.name for fibre in plant.fibres if fibre.name in cut or lost & {fibre.a, fibre.b})


class _Watched:
    """Receiver of a service, followed from event to event."""

    def __init__(self, plant: Plant, light: Light, working: Lightpath, protection: Protection) -> None:
        self._protection = protection
        self._plant, self._light, self._way = plant, light, dcn(plant)
        self._carrying = working
        self._ready: dict[LightId, int] = {}
        """Lightpath -> instant at which its devices have acted; lightpaths of the beginning are left out."""
        self._cut: frozenset[str] = frozenset()
        self._lost: frozenset[str] = frozenset()
        self._free_ns = 0
        self._controlled = True
        self._told: tuple[str, ...] = ()
        """Dark fibres that the controller knows of."""
        self._sagging: dict[str, float] = {}
        self._told_sagging: dict[str, float] = {}
        """Fibre -> dB of gain that its first amplifier lacks, and as far as the controller knows."""
        self._since: tuple[int, int] | None = None
        """Begin of the present dark time, at the receiver and at the event; None in light."""
        self._until: tuple[int, int, str] | None = None
        """Expected end of the present dark time, at the receiver and at the devices, and how it ends."""
        self._left: Lightpath | None = None
        """Light that the receiver of 1+1 is about to leave for its other one."""
        self._why = ""
        self._seen: list[Dark] = []

    @property
    def carrying(self) -> Lightpath:
        """The light that the receiver takes, or took last."""
        return self._carrying

    def happens(self, event: Event) -> None:
        before, sagged = dark_fibres(self._plant, self._cut, self._lost), dict(self._sagging)
        fibres, sites = frozenset(event.fibres), frozenset(event.sites)
        if event.kind == "repair":
            self._cut, self._lost = self._cut - fibres, self._lost - sites
            self._sagging = {name: db for name, db in sagged.items() if name not in fibres}
        elif event.kind == "sag":
            self._sagging |= dict.fromkeys(event.fibres, event.db)
        else:
            self._cut, self._lost = self._cut | fibres, self._lost | sites
        after = dark_fibres(self._plant, self._cut, self._lost)
        at_ns = int(event.at_ns)
        if self._until is not None and self._until[0] <= at_ns:
            self._end()
        left, self._left = self._left, None
        if left is not None and not self._controlled and self._until is not None and self._lives(left, after):
            self._carrying, self._until = left, None  # its light was back before the receiver had switched
        hit = [name for name in self._carrying.fibres if name in after and name not in before]
        if hit and self._since is None:
            self._since = (at_ns + self._behind(hit), at_ns)
        if self._closes(sagged) and not self._closes(self._sagging) and self._since is None:
            self._since = (at_ns, at_ns)
        lit = self._carries(self._told, self._told_sagging)
        if lit and not self._carries(before, sagged) and self._carries(after, self._sagging):
            again = [name for name in self._carrying.fibres if name in before]
            first_ns = self._in_fibres(again[-1:]) + self._behind(again) if again else 0
            self._until = (at_ns + first_ns, at_ns, "unheard of")
        self._select(at_ns, after)
        if event.controller:
            self._controlled = event.kind == "repair"
        if not self._controlled:
            return
        told, self._told = self._told, after
        for heard_ns, name in self._heard(after, told, min):
            self._follow(self._light.fail([name]), at_ns + heard_ns)
        for heard_ns, name in self._heard(told, after, max):
            self._follow(self._light.repair([name]), at_ns + heard_ns)
        knew, self._told_sagging = self._told_sagging, dict(self._sagging)
        for name in {**knew, **self._sagging}:
            if knew.get(name) != self._sagging.get(name):
                heard_ns = self._way.delay_ns[self._plant.fibre[name].a]
                self._follow(self._light.sag(name, self._sagging.get(name, 0.0)), at_ns + heard_ns)

    def _select(self, at_ns: int, dark: Sequence[str]) -> None:
        """Do what the receiver of 1+1 does by itself when its light is lost and its other light is not."""
        if self._protection != "1+1" or self._since is None or self._carries(dark, self._sagging):
            return
        for lit in self._light.lit():
            other = lit.lightpath
            if self._lives(other, dark):
                devices = self._plant.devices
                over_ns = at_ns + devices.loss_of_light_detection_ns + devices.protection_switching_ns
                over_ns = max(over_ns, self._ready.get(other.id, 0))
                self._left, self._carrying = self._carrying, other
                self._until = (over_ns, over_ns, "switched")
                return

    def _heard(
        self, now: Sequence[str], before: Sequence[str], end: Callable[[int, int], int]
    ) -> list[tuple[int, str]]:
        """Instants at which the controller hears of the fibres that are in `now` alone, in their order.

        Both ends report: a cut is known from the first to be heard (`min`), a repair from the last (`max`).
        """
        way, fibres = self._way.delay_ns, [self._plant.fibre[name] for name in now if name not in before]
        heard = [(end(way[fibre.a], way[fibre.b]), fibre.name) for fibre in fibres]
        return sorted(heard, key=lambda each: each[0])

    def seen(self) -> tuple[Dark, ...]:
        if self._until is not None:
            self._end()
        if self._since is not None:
            self._seen.append(Dark(from_ns=self._since[0], until_ns=None, declared_ns=None, how=self._why))
        return tuple(self._seen)

    def _lives(self, path: Lightpath, dark: Sequence[str]) -> bool:
        return not set(dark) & set(path.fibres) and closes(self._plant, path, self._sagging)

    def _closes(self, sagging: Mapping[str, float]) -> bool:
        return closes(self._plant, self._carrying, sagging)

    def _carries(self, dark: Collection[str], sagging: Mapping[str, float]) -> bool:
        return self._closes(sagging) and not set(dark) & set(self._carrying.fibres)

    def _end(self) -> None:
        assert self._until is not None
        if self._since is not None:
            until_ns, done_ns, how = self._until
            (from_ns, event_ns) = self._since
            self._seen.append(Dark(from_ns=from_ns, until_ns=until_ns, declared_ns=done_ns - event_ns, how=how))
        self._since = self._until = None

    def _behind(self, hit: Sequence[str]) -> int:
        """Time that frames past the last of these fibres are still on their way."""
        names = self._carrying.fibres
        last = max(names.index(name) for name in hit)
        return self._in_fibres(names[last + 1 :])

    def _in_fibres(self, names: Sequence[str]) -> int:
        """Time that light takes through some fibres of its route, towards the receiver."""
        path = self._carrying
        sites = dict(zip(path.fibres, path.route, strict=False))
        return sum(self._plant.fibre[name].way(sites[name]).delay_ns for name in names)

    def _follow(self, outcomes: Sequence[Outcome], at_ns: int) -> None:
        """Do what the controller does: it computes routes one after another, each in its declared time; all else takes
        it none."""
        devices = self._plant.devices
        for outcome in outcomes:
            start_ns = at_ns + devices.loss_of_light_detection_ns
            if outcome.how == "computed" or outcome.kind == "protected":
                self._free_ns = max(start_ns, self._free_ns) + devices.controller_computing_ns
                start_ns = self._free_ns
            if outcome.lightpath is None:
                continue
            id = outcome.lightpath.id
            acted = acted_ns(self._plant, outcome.changes)
            last_ns = start_ns + max(acted.values(), default=0)
            if outcome.kind == "switched" and id == self._carrying.id:
                continue
            if outcome.kind == "switched":
                over_ns = max(
                    start_ns + at
                    for change, at in acted.items()
                    if (change.kind, change.site) == ("select", outcome.lightpath.target)
                )
                over_ns = max(over_ns, self._ready.get(id, 0))
                self._carrying, self._until = outcome.lightpath, (over_ns, over_ns, "switched")
            elif outcome.kind == "restored":
                self._carrying = outcome.lightpath
                first_ns = start_ns + carries_ns(self._plant, outcome.changes, outcome.lightpath)
                self._until = (first_ns, last_ns, outcome.how)
            elif outcome.kind == "lost":
                self._until, self._why = None, outcome.reason
            elif outcome.kind == "protected":
                self._ready[id] = last_ns
