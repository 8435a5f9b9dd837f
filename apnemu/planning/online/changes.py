# SPDX-License-Identifier: BSD-3-Clause
"""Changes of devices that set up, take down, replace or switch a lightpath, and how long they take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Devices, Plant
from apnemu.planning.dcn import dcn
from apnemu.planning.online.service import Change, Port

Numbers = tuple[int, int]
"""The transceivers at a lightpath's two ends."""


def set_up(path: Lightpath, numbers: Numbers, *, clients: Numbers | None = None, step: int = 0) -> tuple[Change, ...]:
    """Changes by which every ROADM on the way passes the slot, and then both transceivers tune, lock and carry.

    `clients` are the transceivers that the hosts are on, where those are others (1+1).
    """
    crossed = tuple(_crossings(path, numbers, "cross-connect", step))
    tuned = tuple(
        Change(
            step=step + 1,
            kind="tune",
            site=site,
            lightpath=path.id,
            port_in=Port(kind="transceiver", number=number),
            slot=path.slot,
            mode=path.mode,
            clients=clients or numbers,
        )
        for site, number in zip((path.source, path.target), numbers, strict=True)
    )
    return crossed + tuned


def take_down(path: Lightpath, numbers: Numbers, *, step: int = 0, dead: Collection[str] = ()) -> tuple[Change, ...]:
    """Changes by which both transceivers go dark, and then the ROADMs block the slot. Dead sites are left out."""
    darkened = tuple(
        Change(
            step=step,
            kind="dark",
            site=site,
            lightpath=path.id,
            port_in=Port(kind="transceiver", number=number),
            slot=path.slot,
        )
        for site, number in zip((path.source, path.target), numbers, strict=True)
    )
    changes = darkened + tuple(_crossings(path, numbers, "disconnect", step + 1))
    return tuple(change for change in changes if change.site not in dead)


def take_over(
    old: Lightpath,
    new: Lightpath,
    numbers: Numbers,
    *,
    clients: Numbers | None = None,
    dead: Collection[str] = (),
) -> tuple[Change, ...]:
    """Changes by which the same transceivers get another route: ROADMs block the old slot and pass the new one in one
    step, then the transceivers tune."""
    gone = tuple(replace(change, step=0) for change in take_down(old, numbers, dead=dead))
    return gone + set_up(new, numbers, clients=clients)


def switch_over(path: Lightpath, old: Numbers, new: Numbers, *, step: int = 0) -> tuple[Change, ...]:
    """Changes by which the clients at both ends of `path` move from the old transceivers to the new ones."""
    return tuple(
        Change(
            step=step,
            kind="switch",
            site=site,
            lightpath=path.id,
            port_in=Port(kind="transceiver", number=before),
            port_out=Port(kind="transceiver", number=after),
            clients=new,
        )
        for site, before, after in zip((path.source, path.target), old, new, strict=True)
    )


def select(path: Lightpath, clients: Numbers) -> tuple[Change, ...]:
    """Changes by which the clients of transceivers at both ends receive `path` from now on (1+1)."""
    return tuple(
        Change(step=0, kind="select", site=site, lightpath=path.id, port_in=Port(kind="transceiver", number=client))
        for site, client in zip((path.source, path.target), clients, strict=True)
    )


def one_after_another(*parts: tuple[Change, ...]) -> tuple[Change, ...]:
    """Parts in a row: the first step of each follows the last step of the part before."""
    joined: list[Change] = []
    for part in parts:
        first = joined[-1].step + 1 if joined else 0
        lowest = part[0].step if part else 0
        joined.extend(replace(change, step=change.step - lowest + first) for change in part)
    return tuple(joined)


def together(*parts: tuple[Change, ...]) -> tuple[Change, ...]:
    """Parts side by side: steps of one number act at the same time."""
    return tuple(sorted((change for part in parts for change in part), key=lambda change: change.step))


def duration_ns(devices: Devices, change: Change) -> int:
    """Time that a device takes for one change; going dark takes none."""
    match change.kind:
        case "cross-connect" | "disconnect":
            return devices.wss_switching_ns
        case "tune":
            return devices.laser_tuning_ns + devices.amplifier_settling_ns + devices.fec_lock_ns
        case "switch" | "select":
            return devices.protection_switching_ns
        case "dark":
            return 0


def acted_ns(plant: Plant, changes: Iterable[Change]) -> dict[Change, int]:
    """Instant at which each device has acted, in ns after the controller has decided.

    A message takes the way to the device, the device its time; a step begins when all answers of the one before have
    taken the way back.
    """
    way = dcn(plant)
    acted: dict[Change, int] = {}
    start_ns = 0
    for _, step in groupby(sorted(changes, key=lambda change: change.step), key=lambda change: change.step):
        done = {change: start_ns + duration_ns(plant.devices, change) + way.delay_ns[change.site] for change in step}
        acted |= done
        start_ns = max(acted_ns + way.delay_ns[change.site] for change, acted_ns in done.items())
    return acted


def setup_ns(plant: Plant, changes: Iterable[Change]) -> int:
    """Time from the request at the controller until the last device has acted: computing, and then step by step.

    Without changes it is the computing alone.
    """
    return plant.devices.controller_computing_ns + max(acted_ns(plant, changes).values(), default=0)


def carries_ns(plant: Plant, changes: Iterable[Change], path: Lightpath) -> int:
    """Instant at which the first frame over `path`, which the changes set up, comes in at its target, likewise counted.

    It leaves when the source's transceiver is tuned, and finds the target's tuned as well.
    """
    tuned = {
        change.site: at_ns
        for change, at_ns in acted_ns(plant, changes).items()
        if change.kind == "tune" and change.lightpath == path.id
    }
    return max(tuned[path.source] + path.delay_ns, tuned[path.target])


def without_dcn(plant: Plant) -> Plant:
    """The plant with a controller that is everywhere at once: what it takes longer is the DCN's part."""
    return replace(plant, controller=replace(plant.controller, delay_ns=0))


def _crossings(path: Lightpath, numbers: Numbers, kind: str, step: int) -> Iterator[Change]:
    ports = [
        Port(kind="transceiver", number=numbers[0]),
        *(Port(kind="fibre", name=name) for name in path.fibres),
        Port(kind="transceiver", number=numbers[1]),
    ]
    for index, site in enumerate(path.route):
        yield Change(
            step=step,
            kind="cross-connect" if kind == "cross-connect" else "disconnect",
            site=site,
            lightpath=path.id,
            port_in=ports[index],
            port_out=ports[index + 1],
            slot=path.slot,
        )
