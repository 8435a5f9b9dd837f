# SPDX-License-Identifier: BSD-3-Clause
"""Light from one site to many: a tree of splitters, the same wavelength on all of it, and what its splitters cost.

The tree is the union of the shortest routes from the hub to the leaves in `graph`'s total order, in which a part of a
shortest route is itself one, so that the union is a tree and does not depend on the order of the leaves. Each leaf gets
the least delay that it can have. Rejected: a Steiner tree (less fibre is lit, but leaves wait longer, and networkx's
depends on the hash seed).

At every site light goes on to each fibre of the tree, and is dropped where the site is a leaf; b branches cost
10 log10(b) dB and the splitter's excess loss. A ROADM attenuates light to one power before each fibre; what it
attenuates anyway (`optics.Headroom`) it leaves off for light that was divided, so only loss beyond that weakens the
light. The GSNR then follows from the judged route's figures, as if every amplifier stood behind the splitters and none
made up for the loss that is left:

    1/GSNR = 10^(loss/10) / OSNR + (1/GSNR_route - 1/OSNR_route).

*Not modelled:* less nonlinear noise in weaker light, and a later ROADM that lifts it again; both would help. Power at
the receiver: a dropped branch has the headroom of one that passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log10

from apnemu.model.assignment import Assignment, Branch, LightTree, Refusal
from apnemu.model.demand import TreeDemand
from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Judge, Verdict
from apnemu.model.reason import Code, Reason
from apnemu.model.spectrum import Slot
from apnemu.optics import Headroom
from apnemu.planning.closing import preference
from apnemu.planning.graph import Graph, Route, longer_km
from apnemu.planning.reach import Reach
from apnemu.planning.spectrum_use import SpectrumUse
from apnemu.planning.zones import Zones


def plan_trees(plant: Plant, lit: Assignment, judge: Judge, spare: Headroom) -> Assignment:
    """Add the plant's trees to an assignment, each in spectrum that is still dark, and their refusals at the end."""
    planner = _Planner(plant, lit, judge, spare)
    results = [planner.serve(demand) for demand in plant.trees]
    return replace(
        lit,
        trees=tuple(result for result in results if isinstance(result, LightTree)),
        refusals=(*lit.refusals, *(result for result in results if isinstance(result, Refusal))),
    )


def splitting_loss_db(branches: int, excess_loss_db: float) -> float:
    """Loss of light through a splitter; none where light does not divide.

    >>> splitting_loss_db(1, 0.5), round(splitting_loss_db(4, 0.5), 2)
    (0.0, 6.52)
    """
    return 0.0 if branches < 2 else 10 * log10(branches) + excess_loss_db


def split_gsnr_db(verdict: Verdict, loss_db: float) -> float:
    """Mean GSNR of the route, in 0.1 nm, after a loss that no amplifier makes up for."""
    ase = 10 ** (-verdict.osnr_ase_db / 10)
    rest = max(0.0, 10 ** (-verdict.gsnr_db / 10) - ase)
    return -10 * log10(ase * 10 ** (loss_db / 10) + rest)


def shortest_tree(graph: Graph, source: str, leaves: Sequence[str]) -> dict[str, Route]:
    """Find each leaf's route from the hub; two routes that part do not meet again."""
    towards = graph.next_to(graph.number[source])
    routes: dict[str, Route] = {}
    for leaf in leaves:
        sites, fibres, here = [leaf], [], graph.number[leaf]
        while (hop := towards[here]) is not None:
            here, fibre = hop
            sites.append(graph.names[here])
            fibres.append(graph.fibres[fibre].name)
        sites, fibres = sites[::-1], fibres[::-1]
        length_km = longer_km([graph.fibre[name] for name in fibres], sites)
        routes[leaf] = Route(sites=tuple(sites), fibres=tuple(fibres), length_km=length_km)
    return routes


def losses_db(routes: dict[str, Route], excess_loss_db: float, spare: Headroom) -> dict[str, tuple[float, float]]:
    """Loss of all splitters on the way to each leaf, and the part of it that their ROADMs cannot make up for."""
    ways: dict[str, dict[str, None]] = {}
    for leaf, route in routes.items():
        for site, onward in zip(route.sites, (*route.fibres, f"drop {leaf}"), strict=True):
            ways.setdefault(site, {})[onward] = None
    losses = {}
    for leaf, route in routes.items():
        each = [splitting_loss_db(len(ways[site]), excess_loss_db) for site in route.sites]
        room = [spare.added_db, *[spare.passed_db] * (len(each) - 1)]
        losses[leaf] = sum(each), sum(max(0.0, loss - left) for loss, left in zip(each, room, strict=True))
    return losses


class _Planner:
    def __init__(self, plant: Plant, lit: Assignment, judge: Judge, spare: Headroom) -> None:
        self.plant = plant
        self.judge = judge
        self.spare = spare
        self.graph = Graph(plant)
        self.use = SpectrumUse(plant)
        self.zones = Zones(plant)
        for path in lit.lightpaths:
            self.use.light(path.fibres, path.slot)

    def serve(self, demand: TreeDemand) -> LightTree | Refusal:
        ends = demand.source, *demand.leaves
        outside = self.zones.why_not(ends)
        if outside is not None:
            return Refusal(demand=demand.name, why=outside)
        out = self.zones.outside(ends)
        graph = self.graph.without(out.fibres, out.sites) if out else self.graph
        hub = graph.number[demand.source]
        if out and any(graph.costs_to(hub)[graph.number[leaf]] is None for leaf in demand.leaves):
            return Refusal(demand=demand.name, why=self.zones.why_no_route(ends))
        routes = shortest_tree(graph, demand.source, demand.leaves)
        loss_db = losses_db(routes, self.plant.splitter.excess_loss_db, self.spare)
        mode = self._mode(demand, routes, loss_db)
        if isinstance(mode, Reason):
            return Refusal(demand=demand.name, why=mode)
        fibres = tuple(dict.fromkeys(name for route in routes.values() for name in route.fibres))
        before = dict(self.use.lit)
        slots = self._slots(demand, mode, fibres, routes)
        if slots is None:
            self.use.lit = before
            return Refusal(
                demand=demand.name,
                why=Reason(
                    code="spectrum",
                    text=f"no slot of {mode.slot_m * 12.5:g} GHz is dark on all {len(fibres)} fibres of the tree, or on"
                    " a leaf's way back; take leaves out, or widen the spectrum",
                ),
            )
        return LightTree(
            name=demand.name,
            kind=demand.kind,
            source=demand.source,
            slot=slots[0],
            mode=mode.name,
            rate_gbps=demand.rate_gbps,
            line_rate_gbps=mode.rate_gbps,
            branches=tuple(
                self._branch(mode, leaf, routes[leaf], loss_db[leaf], back)
                for leaf, back in zip(demand.leaves, slots[1:], strict=True)
            ),
        )

    def _mode(
        self, demand: TreeDemand, routes: dict[str, Route], loss_db: dict[str, tuple[float, float]]
    ) -> Mode | Reason:
        """Choose the narrowest and slowest mode that closes at every leaf, or say why none does."""
        if demand.kind == "subcarriers":
            modes = self._hub_mode(demand)
            if isinstance(modes, Reason):
                return modes
        else:
            fast = (mode for mode in self.plant.modes if mode.rate_gbps >= demand.rate_gbps)
            modes = tuple(sorted(fast, key=preference))
        if not modes:
            return Reason(code="rate", text=f"no mode has {demand.rate_gbps:g} Gbit/s; ask for less")
        worst = [
            (max((self._missing_db(mode, routes[leaf], loss_db[leaf][1]), leaf) for leaf in routes), mode)
            for mode in modes
        ]
        for (missing_db, _), mode in worst:
            if missing_db <= 0:
                return mode
        (_, leaf), mode = min(worst, key=lambda judged: judged[0][0])
        return self._why_not(mode, routes[leaf], loss_db[leaf])

    def _why_not(self, mode: Mode, route: Route, loss_db: tuple[float, float]) -> Reason:
        """Say why light does not close at a leaf, with the figures: because of the splitters, or even undivided."""
        all_db, left_db = loss_db
        quality = self.judge(route.fibres)
        verdict = quality.verdict(mode.name)
        place = f"to {route.sites[-1]} ({route.length_km:g} km)"
        if quality.weak_db > 0:
            text = f"{place} light reaches a ROADM {quality.weak_db:.1f} dB too weak; shorten the spans"
            return Reason(code="quality", text=text)
        if verdict.beyond:
            text = f"{place} {mode.name} does not bear {' nor '.join(verdict.beyond)}; take nearer leaves"
            return Reason(code="quality", text=text)
        after_db = split_gsnr_db(verdict, left_db)
        missing_db = verdict.missing_db + verdict.gsnr_db - after_db
        code: Code = "splitting"
        way_out = "take fewer leaves, or make several trees"
        if verdict.missing_db > 0:
            code, way_out = "quality", "take nearer leaves; even undivided the light does not close"
        return Reason(
            code=code,
            text=f"{place} the tree's splitters cost {all_db:.2f} dB, {left_db:.2f} more than its ROADMs can spare;"
            f" {mode.name} has GSNR {after_db:.2f} dB ({verdict.gsnr_db:.2f} without), needs {verdict.need_db:g} +"
            f" {verdict.penalty_db:.2f} of penalties, {missing_db:.2f} dB are missing of a margin of"
            f" {verdict.wanted_db:g}; {way_out}",
        )

    def _hub_mode(self, demand: TreeDemand) -> tuple[Mode, ...] | Reason:
        own = self.plant.subcarriers
        if own is None:
            return Reason(code="subcarriers", text="the equipment has none; name equipment with subcarriers")
        each = demand.rate_gbps / own.rate_gbps
        if each != round(each) or each > own.leaf_count:
            most = own.leaf_count * own.rate_gbps
            return Reason(
                code="subcarriers",
                text=f"{demand.rate_gbps:g} Gbit/s a leaf; it must be a multiple of {own.rate_gbps:g} up to {most:g};"
                " ask for that",
            )
        if each * len(demand.leaves) > own.count:
            return Reason(
                code="subcarriers",
                text=f"{len(demand.leaves)} leaves want {each * len(demand.leaves):g}, the hub has {own.count};"
                " take fewer leaves, or less for each",
            )
        return (own.mode,)

    def _missing_db(self, mode: Mode, route: Route, loss_db: float) -> float:
        quality = self.judge(route.fibres)
        verdict = quality.verdict(mode.name)
        if quality.weak_db > 0 or verdict.beyond:
            return float("inf")
        return verdict.missing_db + verdict.gsnr_db - split_gsnr_db(verdict, loss_db)

    def _slots(
        self, demand: TreeDemand, mode: Mode, fibres: tuple[str, ...], routes: dict[str, Route]
    ) -> list[Slot] | None:
        """Light the tree's slot, then a slot for each leaf's way back: its own, or the hub's, where subcarriers go both
        ways."""
        lit: list[Slot] = []
        back = [routes[leaf].fibres for leaf in demand.leaves] if demand.kind == "tree" else []
        for wanted in (fibres, *back):
            slot = self.use.first_fit(wanted, mode.slot_m)
            if slot is None:
                return None
            self.use.light(wanted, slot)
            lit.append(slot)
        return lit if demand.kind == "tree" else lit * (1 + len(demand.leaves))

    def _branch(self, mode: Mode, leaf: str, route: Route, loss_db: tuple[float, float], back: Slot) -> Branch:
        verdict = self.judge(route.fibres).verdict(mode.name)
        gsnr_db = split_gsnr_db(verdict, loss_db[1])
        there_ns, back_ns = Reach(self.plant, None).delays_ns(route, mode)
        return Branch(
            leaf=leaf,
            route=route.sites,
            fibres=route.fibres,
            length_km=route.length_km,
            delay_ns=there_ns,
            return_delay_ns=None if back_ns == there_ns else back_ns,
            splitting_loss_db=loss_db[0],
            gsnr_db=gsnr_db,
            margin_db=verdict.margin_db - (verdict.gsnr_db - gsnr_db),
            return_slot=back,
        )
