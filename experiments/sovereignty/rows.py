# SPDX-License-Identifier: BSD-3-Clause
"""What was counted, blocked and logged, as one row for each network."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.emulation.play.tallies import FIBRE, HOST
from apnemu.emulation.play.walls import AUDIT_NAME, BLOCKED_NAME
from apnemu.experiments.sovereignty.cast import Cast
from apnemu.experiments.sovereignty.settings import Settings
from apnemu.model.power import Power
from apnemu.planning.zones import Zones
from apnemu.power.horizon import Asked
from apnemu.power.outcome import outcome
from apnemu.power.shift import plan
from apnemu.question.context import Context, Row
from apnemu.records.query import groups
from apnemu.units import ns_to_s

Record = Mapping[str, Any]


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network."""
    seen: dict[str, dict[str, list[Record]]] = {context.network: {} for context in contexts}
    for kind in ("event", "application"):
        for (network, _), records in groups(table, kind, "network", "phase"):
            seen[network][kind] = list(records)
    return [_row(context, seen[context.network]) for context in contexts]


def _row(context: Context[Settings], seen: Mapping[str, Sequence[Record]]) -> Row:
    cast = Cast(plant=context.plant, settings=context.settings, network=context.network)
    lit = context.network == "apn"
    events = seen.get("event", ())
    audit = [json.loads(event["detail"]) for event in events if event["name"] == AUDIT_NAME]
    if not lit:  # no controller keeps a log: the walls' own is all there is
        held = (json.loads(event["detail"]) for event in events if event["name"] == BLOCKED_NAME)
        audit = [{"what": line["what"], "allowed": False} for line in held]
    noted = [(record["name"], json.loads(record["detail"])) for record in seen.get("application", ())]
    tries = [note for name, note in noted if name == "intruder" and "kind" in note]
    blocked = blocked_of(tries, audit)
    told_ns = [line["at_ns"] for line in audit if line["what"].startswith("revoke ") and line["allowed"]]
    kinds = Counter(attempt["kind"] for attempt in tries)
    inside, outside, where = bytes_of(cast, events)
    stopped = [note for _, note in noted if "last_sent_ns" in note]
    stops_ns = [note["last_sent_ns"] for note in stopped if note["datagrams"]]
    comes_ns = [note["last_came_ns"] for note in stopped if note["datagrams"]]
    sent_ns = [note["sent_ns"] for _, note in noted if "sent_ns" in note]
    return {
        "network": context.network,
        "zone": cast.zone.name,
        "obey": context.settings.obey,
        "bytes_inside": inside,
        "bytes_outside": outside,
        "attempts": len(tries),
        "blocked": sum(blocked),
        "revoke_s": ns_to_s(max(comes_ns) - told_ns[0]) if told_ns and comes_ns else None,
        "predicted_revoke_s": ns_to_s(cast.stops_ns) if lit else None,
        "told_s": ns_to_s(told_ns[0] - sent_ns[0]) if told_ns and sent_ns else None,
        "last_sent_s": ns_to_s(max(stops_ns) - told_ns[0]) if told_ns and stops_ns else None,
        "audit_lines": len(audit),
        "cost_yen": cost_of_obeying(cast, context.plant.power),
        "owner": cast.owner,
        "from": cast.pair[0],
        "to": cast.pair[1],
        "intruder": cast.intruder,
        "by_kind": {
            kind: [count, sum(ok for ok, note in zip(blocked, tries, strict=True) if note["kind"] == kind)]
            for kind, count in kinds.items()
        },
        "outside_by_place": where,
    }


def blocked_of(tries: Sequence[Record], audit: Sequence[Record]) -> list[bool]:
    """Whether each attempt was blocked: it did not get through, and the log has a line on it that does not allow it.

    An attempt that is made again needs a line of its own, where each is asked of the controller; a wall has one line on
    frames with the same ends.
    """
    lines = Counter(line["what"] for line in audit if not line["allowed"])
    told = []
    for attempt in tries:
        what = attempt["what"]
        told.append(not attempt["through"] and lines[what] > 0)
        if what.startswith("request "):
            lines[what] -= 1
    return told


def bytes_of(cast: Cast, events: Sequence[Record]) -> tuple[int | None, int | None, dict[str, int]]:
    """Bytes on the zone's fibres, bytes on all others and at hosts outside, and the latter place by place.

    None where nothing was counted.
    """
    out = Zones(cast.obeyed).outside([cast.pair[0]])
    counted = [event for event in events if event["name"].startswith((FIBRE, HOST))]
    if not counted:
        return None, None, {}
    inside, places = 0, Counter[str]()
    for event in counted:
        if event["name"].startswith(FIBRE):
            fibre = event["name"].removeprefix(FIBRE)
            if fibre not in out.fibres:
                inside += event["bytes"]
            elif event["bytes"]:
                places[fibre] += event["bytes"]
        elif (event["source"] or event["target"]) in cast.outside and event["bytes"]:
            places[event["name"].removeprefix(HOST)] += event["bytes"]
    return inside, sum(places.values()), dict(places)


def cost_of_obeying(cast: Cast, power: Power | None) -> float | None:
    """Cost of the plan with the zone less that without any; None without a power system, or where it has no areas."""
    if power is None or not power.sites:
        return None
    free = dataclasses.replace(
        power,
        sites=tuple(dataclasses.replace(site, zone="") for site in power.sites),
        work=tuple(dataclasses.replace(work, zone="") for work in power.work),
        zones=cast.plant.zones,
    )
    inside = set(cast.inside)
    held = dataclasses.replace(
        free,
        sites=tuple(
            dataclasses.replace(site, zone=cast.zone.name if site.name in inside else "") for site in power.sites
        ),
    )
    costs = []
    for each in (held, free):
        base = plan(each, Asked(shift="none"))
        costs.append(outcome(each, plan(each, Asked(shift="space"), base), base).cost)
    return costs[0] - costs[1]
