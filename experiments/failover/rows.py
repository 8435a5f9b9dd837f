# SPDX-License-Identifier: BSD-3-Clause
"""Records reduced to a row for each scheme: the outage beside what it must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.experiments.failover.fates import (
    CONVERGED_NS,
    Hit,
    chosen_events,
    daemons,
    hit_fibres,
    hit_pair,
    late_ns,
    light,
    way_in_the_end,
)
from apnemu.experiments.failover.outages import outage, spans
from apnemu.experiments.failover.settings import Scheme, Settings
from apnemu.experiments.failover.stages import streams
from apnemu.model.activities import Event, EventKind, Probes
from apnemu.model.plant import Plant
from apnemu.planning.dcn import dcn
from apnemu.planning.online import survival, without_dcn
from apnemu.question.context import Context, Row

TOLERANCE_NS = 1_000_000
"""Allowed for what has no declared time, system calls of controller and devices and lookups, and for the time between
frames: at both ends of an outage a frame comes at most 1.5 of their gaps after the one before."""
HAPPENS = get_args(EventKind)


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network and scheme; light that is refused has a row that says why."""
    results: list[Row] = []
    for context in contexts:
        results += _light_rows(table, context) if context.network == "apn" else _packet_rows(table, context)
    return results


def _packet_rows(table: pa.Table, context: Context[Settings]) -> list[Row]:
    events = chosen_events(context)
    results, pair, sent = [], hit_pair(context, events), streams(context)
    new = way_in_the_end(context.plant, pair, events)
    ways = _ways([pair[0], *(hop.site for hop in context.hops.way(*pair))], new, context, events)
    for scheme, routers in daemons(context.settings).items():
        row = _row(table, context, scheme, sent[scheme])
        row |= {
            "predicted_outage_ns": routers.most_ns,
            "predicted_least_ns": routers.least_ns,
            "slack_ns": CONVERGED_NS,
        }
        if all(event.kind == "sag" for event in events):
            row |= {"predicted_outage_ns": None, "predicted_least_ns": None}
        results.append(row | {"predicted_restored": new is not None} | ways)
    return results


def _light_rows(table: pa.Table, context: Context[Settings]) -> list[Row]:
    events, sent = chosen_events(context), streams(context)
    results = []
    for scheme, hit in light(context, events).items():
        fate = hit.fate
        if not fate.decision.accepted:
            results.append(_refused(scheme, hit, events, dcn(context.plant).at) | _ways(None, None, context, events))
            continue
        row = _row(table, context, scheme, sent[scheme])
        longest = fate.longest
        lasts_ns = None if longest is None else longest.lasts_ns
        row |= {
            "predicted_outage_ns": lasts_ns,
            "predicted_least_ns": lasts_ns,
            "slack_ns": TOLERANCE_NS + late_ns(context.plant, events),
            "predicted_restored": fate.restored,
            "controller": dcn(context.plant).at,
            "dcn_ns": _dcn_ns(context.plant, hit, events),
            "declared_ns": None if longest is None else longest.declared_ns,
            "how": "" if longest is None else longest.how,
        }
        old = None if fate.decision.working is None else fate.decision.working.route
        results.append(row | _ways(old, None if fate.last is None else fate.last.route, context, events))
    return results


def _ways(
    old: Sequence[str] | None, new: Sequence[str] | None, context: Context[Settings], events: Sequence[Event]
) -> Row:
    """The sites of the way before the events and of the one after all of them, as planned, and the fibres hit."""
    ways = {"route": old, "new_route": new}
    found: Row = {name: None if way is None else list(way) for name, way in ways.items()}
    return found | {"hit_fibres": hit_fibres(context.plant, events)}


def _dcn_ns(plant: Plant, hit: Hit, events: Sequence[Event]) -> int | None:
    """Part of the outage in which alarms, orders and answers are on their way to the controller and back."""
    far, near = (each.longest for each in (hit.fate, survival(without_dcn(plant), hit.service, events)))
    if far is None or near is None or far.lasts_ns is None or near.lasts_ns is None:
        return None
    return far.lasts_ns - near.lasts_ns


def _refused(scheme: Scheme, hit: Hit, events: Sequence[Event], controller: str) -> Row:
    """No demand can be served so: there is no light that could be cut."""
    return {
        "network": "apn",
        "scheme": scheme,
        "event": "; ".join(f"{event.kind} {event.what}" for event in events),
        "outage_ns": None,
        "frames_lost": 0,
        "restored": False,
        "frames_sent": 0,
        "gap_ns": None,
        "unresolved_ns": None,
        "from": hit.service.source,
        "to": hit.service.target,
        "one_way_before_ns": None,
        "one_way_after_ns": None,
        "predicted_outage_ns": None,
        "predicted_least_ns": None,
        "slack_ns": None,
        "predicted_restored": False,
        "controller": controller,
        "dcn_ns": None,
        "declared_ns": None,
        "how": f"refused: {hit.fate.decision.reason}",
        "frames_seen": [],
    }


def _row(table: pa.Table, context: Context[Settings], scheme: Scheme, sent: Probes) -> Row:
    """What was measured; what is predicted stands beside it later."""
    own = table.filter(pc.and_(pc.equal(table["phase"], scheme), pc.equal(table["network"], context.network)))
    records = [record for record in own.to_pylist() if record["kind"] != "event" or record["name"] in HAPPENS]
    received = outage(records)
    events = [record for record in records if record["kind"] == "event"]
    return {
        "network": context.network,
        "scheme": scheme,
        "event": "; ".join(f"{record['name']} {record['source']}" for record in events),
        "outage_ns": received.outage_ns,
        "frames_lost": received.frames_lost,
        "restored": received.restored,
        "frames_sent": received.frames_sent,
        "gap_ns": sent.gap_ns,
        "unresolved_ns": received.unresolved_ns,
        "from": received.source,
        "to": received.target,
        "one_way_before_ns": received.before_ns,
        "one_way_after_ns": received.after_ns,
        "frames_seen": spans(records),
    }
