# SPDX-License-Identifier: BSD-3-Clause
"""Rows of a plan by which work is at places: what moves, what that costs, and jobs that are whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnemu.model.power import LEAST_MOVE_PPM, Power, Work
from apnemu.power.horizon import Horizon
from apnemu.power.program import Columns, Floats, Solution
from apnemu.power.schedule import Move
from apnemu.power.writing import Writing
from apnemu.units import gbps_to_bytes_per_s, joules_to_mwh, s_to_h

LEAST_SHARE = LEAST_MOVE_PPM / 1e6
"""Least share of work whose move counts; below it are the optimiser's tolerance and what whole kW leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Blocks of work that has something to move, each (work, candidate, slot): the share that is there, comes, goes."""

    works: NDArray[np.int64]
    there: Columns
    comes: Columns
    goes: Columns


def move_mwh(power: Power, work: Work) -> float:
    """Energy that a move of the whole of some work takes, both ends together."""
    return moved_mwh(power, work.state_bytes)


def moved_mwh(power: Power, size_bytes: float) -> float:
    """Energy that bytes take which move over light, both ends together."""
    return joules_to_mwh(size_bytes * 8 * power.moves.nj_per_bit * 1e-9)


def add_moves(writing: Writing, light: Columns | None) -> Moving | None:
    """Rows by which work runs where it is, and is in the beginning where its state is; None where nothing can move.

    Half of a move's energy is paid at each end; its GPUs stand still for the stop. What comes to a site in a slot is
    what its light carries in it; nothing comes or goes before the slot from which on the plan can move.
    """
    over, program, places = writing.over, writing.program, writing.places
    works = over.power.work
    home = places[:, :1]
    real = (places != home) | (np.arange(places.shape[1]) == 0)
    moving = np.array([i for i, work in enumerate(works) if work.state_bytes and real[i].sum() > 1], dtype=np.int64)
    if not len(moving):
        return None
    shape = (len(moving), places.shape[1], over.slots)
    energy = np.array([move_mwh(over.power, works[index]) for index in moving]).reshape(-1, 1, 1)
    stands_h = s_to_h(over.power.moves.stop_s)
    stop = np.array([works[i].mw * stands_h * writing.asked.gpu(over.power) for i in moving]).reshape(-1, 1, 1)
    half = energy / 2 * writing.price[places[moving]]
    there = program.block("there", shape, high=real[moving][:, :, np.newaxis].astype(float))
    some = np.where(np.arange(over.slots) < writing.asked.arrives, 0.0, np.inf)
    comes = program.block("comes", shape, high=some, cost=half + stop, rank=1.0)
    goes = program.block("goes", shape, high=some, cost=half, rank=1.0)
    first = np.zeros(shape)
    first[:, :, 0] = _beginning(writing, moving)
    known = np.broadcast_to(first[:, :, 0].sum(axis=1)[:, np.newaxis], (len(moving), over.slots))
    program.rows("equal", known.shape, [(np.moveaxis(there, 1, 2), 1)], known)
    most = over.arrival_mw if writing.asked.shift == "space" else writing.most_mw
    program.rows("most", shape, [(writing.x[moving], 1), (there, -most[moving][:, np.newaxis, :])], 0.0)
    rows = program.rows("equal", shape, [(there, 1), (comes, -1), (goes, 1)], first)
    program.more(rows[:, :, 1:], there[:, :, :-1], -1)
    if light is not None:
        at = np.broadcast_to(places[moving][:, :, np.newaxis], shape)
        share = np.array([[light_share(over, works[i], place) for place in places[i]] for i in moving])
        slots = np.broadcast_to(np.arange(over.slots), shape)
        program.more(light[at, slots], comes, np.broadcast_to(share[:, :, np.newaxis], shape))
    return Moving(works=moving, there=there, comes=comes, goes=goes)


def _beginning(writing: Writing, moving: NDArray[np.int64]) -> Floats:
    """Share of each moving work's state at its candidates when the plan begins (work, candidate)."""
    sites, places = writing.over.power.sites, writing.places[moving]
    shares = np.zeros(places.shape)
    for row, index in enumerate(moving):
        names = [sites[place].name for place in places[row]]
        for name, share in writing.over.power.work[index].at or ((names[0], 1.0),):
            shares[row, names.index(name)] += share
    return shares


def light_share(over: Horizon, work: Work, place: int) -> float:
    """Share of what a site's light carries in a slot that the data of some work take; 0 where nothing limits it."""
    gbps = over.power.sites[place].lit_gbps
    return 0.0 if gbps is None else work.state_bytes / (gbps_to_bytes_per_s(gbps) * over.power.profile.slot_s)


def light_rows(writing: Writing) -> Columns | None:
    """Rows (site, slot) by which no more comes to a site in a slot than its light carries; None without any light."""
    sites = writing.over.power.sites
    if all(site.lit_gbps is None for site in sites):
        return None
    return writing.program.rows("most", (len(sites), writing.over.slots), [], 1.0)


def add_whole_jobs(writing: Writing, moving: Moving | None) -> None:
    """Columns and rows by which a whole job is on or off, at one site, and runs on where it may not pause."""
    over, program = writing.over, writing.program
    works = over.power.work
    whole = np.array([i for i, work in enumerate(works) if work.whole and work.kind == "flexible"], dtype=np.int64)
    if not len(whole):
        return
    x = writing.x[whole]
    most = writing.most_mw[whole]
    runs = program.block("runs", x.shape, high=1.0, whole=True)
    program.rows("most", (len(whole), over.slots), [(np.moveaxis(runs, 1, 2), 1)], 1.0)
    program.rows("most", x.shape, [(x, 1), (runs, -most[:, np.newaxis, :])], 0.0)
    if moving is not None:
        both = [index for index in whole if index in moving.works]
        of_whole = [int(np.flatnonzero(whole == index)[0]) for index in both]
        of_moving = [int(np.flatnonzero(moving.works == index)[0]) for index in both]
        program.rows("most", (len(both), *x.shape[1:]), [(runs[of_whole], 1), (moving.there[of_moving], -1)], 0.0)
    for row, index in enumerate(whole):
        if not works[index].pausable:
            _add_unbroken(writing, runs[row], x[row], most[row])


def _add_unbroken(writing: Writing, runs: Columns, x: Columns, most: Floats) -> None:
    """Rows by which a job begins once, and runs in full until the slot in which it ends."""
    program, slots = writing.program, writing.over.slots
    name = f"begins {writing.program.columns}"
    begins = program.block(name, (slots,), high=1.0)
    rows = program.rows("most", (slots,), [(runs.T, 1), (begins, -1)], 0.0)
    before = np.broadcast_to(rows[1:, np.newaxis], runs.T[1:].shape)
    program.more(before, runs.T[:-1], -1)
    program.rows("most", (), [(begins, 1)], 1.0)
    now, later = runs.T[:-1], runs.T[1:]
    terms = [(x.T[:-1], -1.0), (now, most[:-1, np.newaxis]), (later, most[:-1, np.newaxis])]
    program.rows("most", (slots - 1,), terms, most[:-1])  # type: ignore[arg-type]


def moves_of(writing: Writing, moving: Moving, solution: Solution) -> tuple[Move, ...]:
    """Moves of a solution: in each slot what goes from the first site that something leaves comes to the first."""
    over = writing.over
    comes, goes = solution.of(moving.comes), solution.of(moving.goes)
    moves = []
    for row, index in enumerate(moving.works):
        work = over.power.work[index]
        names = [over.power.sites[place].name for place in writing.places[index]]
        for slot in np.flatnonzero((comes[row] > LEAST_SHARE).any(axis=0)):
            leaving = [[name, float(goes[row, at, slot])] for at, name in enumerate(names)]
            for at, name in enumerate(names):
                wanted = float(comes[row, at, slot])
                for pair in leaving:
                    share = min(wanted, float(pair[1]))
                    if share > LEAST_SHARE and pair[0] != name:
                        moves.append(_move(work, str(pair[0]), name, int(slot), share))
                        wanted, pair[1] = wanted - share, float(pair[1]) - share
    return tuple(sorted(moves, key=lambda move: move.slot))


def _move(work: Work, origin: str, target: str, slot: int, share: float) -> Move:
    return Move(work=work.name, origin=origin, target=target, slot=slot, share=share, bytes=share * work.state_bytes)
