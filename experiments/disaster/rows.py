# SPDX-License-Identifier: BSD-3-Clause
"""Records reduced to a row for each hazard, number of poles and way of keeping copies, beside what must follow."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.blueprint.prediction import lightpath_rtt_ns, lightpath_way_ns
from apnemu.experiments.disaster.cases import Case, Reach, cases, power_of, reaches
from apnemu.experiments.disaster.settings import Replication, Settings
from apnemu.experiments.disaster.stages import late_ns
from apnemu.experiments.failover.outages import outage
from apnemu.experiments.failover.rows import TOLERANCE_NS
from apnemu.model.plant import Plant
from apnemu.planning.online import Asked, Fate
from apnemu.power.disaster import lost_cables, ride_through_s
from apnemu.power.poles import left_afterwards, left_at_once
from apnemu.question.context import Context, Row
from apnemu.units import ns_to_ms, ns_to_s

Records = Sequence[Mapping[str, Any]]
FRAME_BYTES = 98
"""Frames of probes: `Probes.frame_bytes`."""


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each hazard, placing, number of poles and replication, in the order of the settings."""
    results: list[Row] = []
    for context in contexts:
        plant, settings = context.plant, context.settings
        own = table.filter(pc.equal(table["network"], context.network))
        pairs = {reach.struck.hazard: _pairs(own, reach) for reach in reaches(plant, settings)}
        for case in cases(plant, settings):
            records = own.filter(pc.equal(own["phase"], case.phase)).to_pylist()
            common = _hazard(plant, settings, case, records) | pairs[case.struck.hazard] | _poles(plant, case, records)
            kept = _kept(settings, case, records)
            for mode in settings.replication:
                told = {"network": context.network, "hazard": case.struck.hazard, "poles": len(case.poles)}
                told |= {"placing": case.placing, "replication": mode}
                results.append(told | _ordered({**common, **kept, **_copies(settings, case, mode, records)}))
    return results


FIRST = (
    *("sites_lost", "fibres_lost", "kept_at_once", "kept_after", "restore_s", "data_lost_bytes", "ride_through_s"),
    *("cables_lost", "gbps_left", "pairs_left", "rtt_ms_worst"),
)
"""Columns of the answer; what they were made of and are held against comes behind."""


def _ordered(row: Row) -> Row:
    return {name: row[name] for name in FIRST} | {name: value for name, value in row.items() if name not in FIRST}


def _hazard(plant: Plant, settings: Settings, case: Case, records: Records) -> Row:
    """What the lab took at that instant, by its own record, and which cables and batteries that concerns."""
    power, struck = power_of(plant), case.struck
    hazard = next(hazard for hazard in power.hazards if hazard.name == struck.hazard)
    taken = [json.loads(record["detail"]) for record in records if _is_event(record, "region")]
    sites = list(taken[0]["sites"]) if taken else None
    cut = set(taken[0]["fibres"]) if taken else set()
    dark = [fibre.name for fibre in plant.fibres if fibre.name in cut or {fibre.a, fibre.b} & set(sites or ())]
    counted = [cable for cable in power.cables if settings.owner in ("", cable.owner)]
    lost = lost_cables(counted, struck.landings)
    carry = [ride_through_s(site) for site in power.sites if site.name in case.poles and site.name not in struck.sites]
    return {
        "sites_lost": None if sites is None else len(sites),
        "fibres_lost": None if sites is None else len(dark),
        "ride_through_s": min((each for each in carry if each is not None), default=None),
        "cables_lost": len(lost),
        "gbps_left": math.fsum(cable.gbps for cable in counted if cable not in lost),
        "cables": len(counted),
        "lost_sites": sites,
        "lost_fibres": None if sites is None else dark,
        "lost_landings": list(struck.landings),
        "lost_cables": [cable.name for cable in lost],
        "lost_exchanges": list(struck.exchanges),
        "circles": [list(circle) for circle in hazard.circles],
        "landing_places": {place.name: [place.lat, place.lon] for place in power.landings},
        "predicted_sites": list(struck.sites),
        "predicted_fibres": list(struck.fibres),
    }


def _poles(plant: Plant, case: Case, records: Records) -> Row:
    """What each pole's frames say: who is never heard again, and how long the others were without light."""
    seen = {pole: _heard(case, pole, records) for pole in case.poles}
    standing = [fate for fate in case.fates if fate.asked.service.source not in case.lost]
    reached = [pole for pole in case.poles if pole not in case.lost and seen[pole].restored]
    outages_ns = [
        seen[fate.asked.service.source].outage_ns for fate in standing if fate.asked.service.source in reached
    ]
    dark_ns = [fate.until_ns - fate.from_ns for fate in standing if fate.until_ns is not None]
    lives = [fate.asked.service.source for fate in standing if fate.lives]
    return {
        "pole_sites": list(case.poles),
        "reached_sites": reached,
        "keeper": case.keeper,
        "poles_lost": sum(not seen[pole].restored for pole in case.lost),
        "poles_reached": len(reached),
        "predicted_poles_lost": len(case.lost),
        "predicted_poles_reached": len(lives),
        "restore_s": _longest_s([each for each in outages_ns if each is not None], bool(reached)),
        "predicted_restore_s": _longest_s(dark_ns, bool(lives)),
        "slack_s": ns_to_s(TOLERANCE_NS + late_ns(plant, case)),
        "refused": "; ".join(dict.fromkeys(fate.why for fate in case.fates if not fate.asked.decision.accepted)),
        "without_light": "; ".join(dict.fromkeys(_said(fate) for fate in standing if not fate.lives)),
    }


def _longest_s(lasting_ns: Sequence[int], any_reached: bool) -> float | None:
    """The longest of some dark times; 0 where none was dark, None where nobody has light in the end."""
    return ns_to_s(max(lasting_ns, default=0)) if any_reached else None


def _said(fate: Fate) -> str:
    return f"{fate.asked.service.source}: {fate.why}"


def _heard(case: Case, pole: str, records: Records) -> Any:
    """What the keeper got of a pole's frames."""
    own = [record for record in records if record["kind"] == "probe" and record["source"] == pole]
    return outage([*own, *(record for record in records if _is_event(record, "region"))])


def _is_event(record: Mapping[str, Any], name: str) -> bool:
    return (record["kind"], record["name"]) == ("event", name)


def _kept(settings: Settings, case: Case, records: Records) -> Row:
    count = len(case.poles)
    heard = {pole: _heard(case, pole, records).restored for pole in case.poles}
    reached = sum(heard[pole] for pole in case.poles if pole not in case.lost)
    known = any(_is_event(record, "region") for record in records)
    lives = sum(fate.lives for fate in case.fates if fate.asked.service.source not in case.lost)
    return {
        "kept_at_once": left_at_once(count, sum(not heard[pole] for pole in case.lost)) if known else None,
        "kept_after": left_afterwards(count, reached, settings.spare) if known else None,
        "predicted_at_once": left_at_once(count, len(case.lost)),
        "predicted_after": left_afterwards(count, lives, settings.spare),
    }


def _copies(settings: Settings, case: Case, mode: Replication, records: Records) -> Row:
    """Committed writes of the poles that died of which the keeper has no copy, and what light allows."""
    told = [json.loads(record["detail"]) for record in records if record["kind"] == "application"]
    own = [note for note in told if note["mode"] == mode]
    kept = {note["writer"]: note["kept_bytes"] for note in own if "kept_bytes" in note}
    made = {note["writer"]: note for note in own if "committed_bytes" in note}
    unkept = [note["committed_bytes"] - kept[pole] for pole, note in made.items() if pole in kept]
    took = [note["commit_ns_p50"] for note in made.values() if note["commit_ns_p50"] is not None]
    dying = [fate for fate in case.fates if fate.asked.service.source in case.lost]
    complete = len(unkept) == len(dying)
    most, least = _allowed(settings, dying) if mode == "async" else (0, 0)
    return {
        "data_lost_bytes": sum(max(0, each) for each in unkept) if complete else None,
        "least_lost_bytes": least,
        "most_lost_bytes": most,
        "written_bytes": sum(note["written_bytes"] for note in made.values()),
        "commit_ms": ns_to_ms(max(took)) if took else None,
        "predicted_commit_ms": _commit_ms(settings, dying) if mode == "sync" else 0.0,
    }


def _allowed(settings: Settings, dying: Sequence[Fate]) -> tuple[int, int]:
    """Most and least that asynchronous copies lose: what is written in one way, and in the way to the end of the last
    dark fibre, beyond which it still arrives; to a write more or less at either end."""
    most = least = 0
    for fate in dying:
        path = fate.asked.decision.working
        if path is not None:
            way_ns = lightpath_way_ns(path, path.source, settings.write_bytes)
            most += (way_ns // settings.gap_ns + 1) * settings.write_bytes
            least += max(0, (way_ns - fate.from_ns) // settings.gap_ns - 1) * settings.write_bytes
    return most, least


def _commit_ms(settings: Settings, dying: Sequence[Fate]) -> float | None:
    """Time from a write to the keeper's word, in closed form: the write there, a frame back; the longest of all."""
    paths = [path for fate in dying if (path := fate.asked.decision.working) is not None]
    both_ns = [lightpath_way_ns(path, path.source, settings.write_bytes) + path.delay_back_ns for path in paths]
    return ns_to_ms(max(both_ns)) if both_ns else None


def _pairs(table: pa.Table, reach: Reach) -> Row:
    """Pairs that fibres still join, by the graph; those that the lab gave light; and their round trips."""
    records = table.filter(pc.equal(table["phase"], reach.phase)).to_pylist()
    lit = [record for record in records if record["name"].startswith("request ") and record["duration_ns"] is not None]
    trips: dict[tuple[str, str], list[int]] = {}
    for record in records:
        if record["kind"] == "probe" and record["rtt_ns"] is not None:
            trips.setdefault((record["source"], record["target"]), []).append(record["rtt_ns"])
    worst = max(trips, key=lambda pair: min(trips[pair]), default=None)
    after_ns, before_ns = _trips_ns(reach.asked), _trips_ns(reach.before)
    asked = len(reach.asked)
    return {
        "pairs_left": len(reach.left),
        "rtt_ms_worst": None if worst is None else ns_to_ms(min(trips[worst])),
        "rtt_worst_of": "" if worst is None else "-".join(worst),
        "pairs_asked": asked,
        "pairs_lit": len(lit) if records or not asked else None,
        "predicted_pairs_lit": len(after_ns),
        "predicted_rtt_ms_worst": ns_to_ms(max(after_ns)) if after_ns else None,
        "predicted_rtt_ms_before": ns_to_ms(max(before_ns)) if before_ns else None,
        "pairs_refused": "; ".join(
            dict.fromkeys(asked.decision.reason for asked in reach.asked if not asked.decision.accepted)
        ),
    }


def _trips_ns(answers: Sequence[Asked]) -> list[int]:
    """Round trips of a lone frame over the light that was given, in closed form."""
    paths = [path for asked in answers if (path := asked.decision.working) is not None]
    return [lightpath_rtt_ns(path, FRAME_BYTES) for path in paths]
