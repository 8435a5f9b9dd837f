# SPDX-License-Identifier: BSD-3-Clause
"""Life cycle of light on demand: requests, releases, moves, failures, repairs, and time that goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.model.quality import Judge
from apnemu.model.reason import Reason
from apnemu.planning.online import admission, checking, moving, revoking, upkeep
from apnemu.planning.online.changes import together
from apnemu.planning.online.ledger import FOREVER_NS, Period
from apnemu.planning.online.service import Change, Decision, Lit, Outcome, Service, Status
from apnemu.planning.online.state import Kept, State
from apnemu.planning.zones import Zones


class Light:
    """State of all light of a plant: lit, reserved and booked lightpaths, transceivers in use, dead fibres and sites.

    `transceivers` is their number at each site (none where a site is not named), `k` how many routes are tried,
    `judge` says which modes close (without one, the modes' table of reach). Time is what `advance` was told, 0 before.

    Raises:
        ValueError: k is below 1.
    """

    def __init__(
        self, plant: Plant, *, transceivers: Mapping[str, int], k: int = 5, judge: Judge | None = None
    ) -> None:
        if k < 1:
            raise ValueError(f"k is {k}; at least one route must be tried; give 1 or more")
        self._state = State(plant, transceivers, k, judge)

    @property
    def now_ns(self) -> int:
        """Instant of the last `advance`, in ns."""
        return self._state.now_ns

    @property
    def zones(self) -> Zones:
        """Zones that bind the plant's sites, with what owners have withdrawn."""
        return self._state.chooser.zones

    @property
    def sagging(self) -> dict[str, float]:
        """Fibre -> dB of gain that its first amplifier lacks, in alphabetical order."""
        return dict(sorted(self._state.chooser.sagging.items()))

    @property
    def dead(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Dead fibres, and dead sites, in alphabetical order."""
        return tuple(sorted(self._state.chooser.dead_fibres)), tuple(sorted(self._state.chooser.dead_sites))

    def request(self, service: Service) -> Decision:
        """Admit a service from its start (at once where that has come) until its end, or refuse it with the reason.

        It is admitted against everything that is booked for any part of that period. The answer's `changes` light it,
        or `advance` does when its time comes.
        """
        state = self._state
        unfit = admission.unfit(state, service)
        if unfit is not None:
            return Decision(accepted=False, why=(unfit,))
        start_ns = max(service.start_ns or 0, state.now_ns)
        period = Period(start_ns=start_ns, end_ns=FOREVER_NS if service.end_ns is None else service.end_ns)
        kept = Kept(service=service, period=period, lightpaths=state.named.get(service.name, 0))
        need = 2 if service.protection == "1+1" else 1
        free = [state.ledger.free_transceivers(site, period) for site in kept.ends]
        for site, numbers in zip(kept.ends, free, strict=True):
            if len(numbers) < need:
                return Decision(accepted=False, why=(admission.too_few(state, site, need, len(numbers)),))
        chosen = self._choose(kept)
        if isinstance(chosen, Reason):
            return Decision(accepted=False, why=(chosen,))
        working, protecting = chosen
        state.kept[service.name] = kept
        state.put(kept, "working", working, (free[0][0], free[1][0]))
        if protecting is not None:
            second = (free[0][1], free[1][1]) if need == 2 else None
            kept.clients = (free[0][0], free[1][0]) if need == 2 else None
            state.put(kept, "protecting", protecting, second)
            kept.protected = True
        changes: tuple[Change, ...] = ()
        if start_ns <= state.now_ns:
            changes = upkeep.start(state, kept).changes
        return Decision(accepted=True, working=working, protecting=protecting, changes=changes)

    def release(self, name: str) -> tuple[Change, ...]:
        """Put a service's light out and free all that it held; `repair()` then tries lost services again.

        Raises:
            KeyError: there is no such service.
        """
        state = self._state
        kept = state.kept[name]
        changes = together(*(upkeep.take_down_living(state, leg) for _, leg in state.lit_legs(kept)))
        state.forget(kept)
        return changes

    def move(self, name: str, *, avoid_fibres: Collection[str] = (), avoid_sites: Collection[str] = ()) -> Decision:
        """Move a service without loss to the first other route or slot: new light on spare transceivers, then traffic
        is switched to it, then the old light is put out. Refused without a spare transceiver, or without such a route.

        Raises:
            KeyError: there is no such service.
        """
        return moving.move(self._state, self._state.kept[name], avoid_fibres, avoid_sites)

    def revoke(self, zone: str, owner: str, sites: Collection[str] | None = None) -> tuple[Outcome, ...]:
        """Take sites of a zone (None: all) from where an owner's data may be, from now on. Outcomes are those of the
        services whose light lay there, in the order of acceptance, then those of protection.

        Raises:
            KeyError: there is no such zone or site.
        """
        state = self._state
        state.chooser.zones.withdraw(zone, owner, sites)
        hit = [revoking.after_revocation(state, kept) for kept in list(state.kept.values())]
        return tuple(chain(*hit, self._protect()))

    def fail(self, fibres: Iterable[str] = (), sites: Iterable[str] = ()) -> tuple[Outcome, ...]:
        """Take fibres and sites for dead from now on. Outcomes are those of the services that were hit, in the order of
        acceptance, then those of protection; devices do their changes in this order.

        Raises:
            KeyError: there is no such fibre or site.
        """
        state = self._state
        state.chooser.dead_fibres |= self._known(fibres, state.plant.fibre)
        state.chooser.dead_sites |= self._known(sites, state.plant.site)
        hit = [upkeep.after_failure(state, kept) for kept in self._running() if not kept.lost]
        return tuple(chain(*hit, self._protect()))

    def repair(self, fibres: Iterable[str] = (), sites: Iterable[str] = ()) -> tuple[Outcome, ...]:
        """Take fibres and sites for alive again (the ROADM of such a site is empty), and try lost services again in the
        order of acceptance. Outcomes are those of services that have light again, then those of protection. Without
        names lost services are just tried again.

        Raises:
            KeyError: there is no such fibre or site.
        """
        state = self._state
        state.chooser.dead_fibres -= self._known(fibres, state.plant.fibre)
        state.chooser.dead_sites -= self._known(sites, state.plant.site)
        tried = [upkeep.restore(state, kept) for kept in self._running() if kept.lost]
        return (*(outcome for outcome in tried if outcome.kind != "lost"), *self._protect())

    def sag(self, fibre: str, db: float) -> tuple[Outcome, ...]:
        """Take the gain of a fibre's first in-line amplifier for `db` too low from now on (0: as it should be).

        Light that no longer closes fares as under `fail`, but may come back over the same fibre in a mode that reaches
        further; where the gain rises, lost services are tried again as under `repair`. `repair` changes no amplifier.

        Raises:
            KeyError: there is no such fibre.
            ValueError: the fibre has no amplifier, `db` is below 0, or light is chosen by a judge, who knows only
                amplifiers that are as they should be.
        """
        state = self._state
        if not state.plant.fibre[fibre].amplified or not db >= 0:
            most = max(way.amplifiers for way in state.plant.fibre[fibre].ways)
            raise ValueError(
                f"{fibre} with {most} amplifiers is to sag by {db} dB; it must have one, and give 0 dB or more"
            )
        if state.chooser.reach.judge is not None:
            raise ValueError(f"{fibre} is to sag, and light is chosen by a judge; leave it out: use the modes' reach")
        before = state.chooser.sagging.pop(fibre, 0.0)
        if db:
            state.chooser.sagging[fibre] = db
        return self.repair() if db < before else self.fail()

    def advance(self, now_ns: int) -> tuple[Outcome, ...]:
        """Let time go on: booked services start and others end, in the order of time (ends first, then acceptance).

        Raises:
            ValueError: time would go back.
        """
        state = self._state
        if now_ns < state.now_ns:
            raise ValueError(f"it is {state.now_ns} ns already; time cannot go back to {now_ns}")
        outcomes: list[Outcome] = []
        while (due := self._due()) is not None and due[0] <= now_ns:
            state.now_ns = max(state.now_ns, due[0])
            state.clear_left()
            kept = state.kept[due[2]]
            if due[1]:
                outcomes += [upkeep.start(state, kept), *self._protect()]
            else:
                path = kept.carrying.path
                changes = self.release(due[2])
                outcomes.append(Outcome(service=due[2], kind="ended", lightpath=path, changes=changes))
        state.now_ns = now_ns
        state.clear_left()
        return tuple(outcomes)

    def due_ns(self) -> int | None:
        """Instant at which `advance` has something to do next, or None."""
        due = self._due()
        return None if due is None else due[0]

    def services(self) -> tuple[Status, ...]:
        """All services that were accepted and not released, in the order of acceptance."""
        return tuple(self._status(kept) for kept in self._state.kept.values())

    def lit(self) -> tuple[Lit, ...]:
        """All lightpaths that are lit, in the order of acceptance, working before protecting."""
        return tuple(
            Lit(service=name, role=role, lightpath=leg.path, transceivers=leg.numbers, carries=role == kept.active)
            for name, kept in self._state.kept.items()
            for role, leg in self._state.lit_legs(kept)
            if leg.numbers
        )

    def client(self, name: str, site: str) -> int | None:
        """Transceiver by which a 1+1 service's host at a site sends and receives; None of any other service."""
        kept = self._state.kept.get(name)
        return kept.clients[kept.ends.index(site)] if kept and kept.clients else None

    def owner(self, site: str, number: int) -> str:
        """Service that has a transceiver at this instant; "" where it is free."""
        return self._state.ledger.owner(site, number, self.now_ns)

    def check(self) -> None:
        """Check all invariants.

        Raises:
            AssertionError: one is broken; it names what is wrong.
        """
        checking.check(self._state, self.services(), self.lit())

    def _choose(self, kept: Kept) -> tuple[Lightpath, Lightpath | None] | Reason:
        """Lightpaths that a service would have, or the reason why it gets none. Nothing is held yet."""
        state, service = self._state, kept.service
        chooser = state.chooser
        if service.protection == "1+1":
            pair = next(chooser.pairs(service, (kept.new_id(), kept.new_id()), kept.period), None)
            if pair is not None:
                return pair
        ids = kept.new_id(), kept.new_id()
        for working in chooser.others(service, ids[0], kept.period, ((), ())):
            if service.protection in ("none", "restoration-computed"):
                return working, None
            if service.protection == "restoration-prepared":
                second = chooser.away(service, ids[1], kept.period, working, reserved=True)
                if second is not None:
                    return working, second
        alone = chooser.single(service, ids[0], kept.period)
        if alone is None:
            return chooser.why_not(service, kept.period)
        return Reason(
            code="protection",
            text=f"{service.source} and {service.target} can be joined, but no second route has a free slot"
            " and shares no fibre and no risk with the first; ask for less protection, or add a fibre",
        )

    def _known(self, names: Iterable[str], of: Mapping[str, object]) -> frozenset[str]:
        unique = frozenset(names)
        for name in sorted(unique):
            if name not in of:
                raise KeyError(name)
        return unique

    def _running(self) -> list[Kept]:
        return [kept for kept in self._state.kept.values() if kept.started]

    def _protect(self) -> list[Outcome]:
        kept_up = [kept for kept in self._state.kept.values() if not kept.lost]
        return [outcome for kept in kept_up for outcome in upkeep.protect(self._state, kept)]

    def _due(self) -> tuple[int, bool, str] | None:
        """Next start or end of a service: instant, whether it is a start, and the name. Of equal instants ends come
        first, then the service that was accepted first."""
        times = [
            (kept.period.end_ns, False, name) if kept.started else (kept.period.start_ns, True, name)
            for name, kept in self._state.kept.items()
            if not kept.started or kept.period.end_ns < FOREVER_NS
        ]
        return min(times, key=lambda time: time[:2], default=None)

    def _status(self, kept: Kept) -> Status:
        second = kept.legs.get("protecting")
        return Status(
            service=kept.service,
            state="lost" if kept.lost else kept.active if kept.started else "booked",
            why=kept.lost,
            working=(kept.legs.get("working") or kept.carrying).path,
            protecting=None if second is None else second.path,
            protected=kept.protected and not kept.lost,
        )
