"""The answers, in a sentence each, of experiments whose rows have no columns in common with others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apnemu.report import words
from apnemu.report.storage_rows import storage_sentence

Row = Mapping[str, Any]


def sentence_of(rows: Sequence[Row]) -> str:
    """Empty where these rows are of no kind that is known here."""
    return next((tell(rows) for column, tell in KNOWN.items() if rows and column in rows[0]), "")


def outages(rows: Sequence[Row]) -> str:
    """How long each way of staying alive was without frames.

    >>> outages([{"event": "cut a-b", "scheme": "1+1", "restored": True, "outage_ns": 61_100_914, "frames_lost": 588},
    ...          {"event": "cut a-b", "scheme": "ospf", "restored": False, "outage_ns": None, "frames_lost": 7}])
    'After cut a-b: 1+1 61.1 ms (588 frames lost), ospf never again.'
    """
    parts = [
        f"{row['scheme']} {words.duration(row['outage_ns'])} ({words.count(row['frames_lost'], 'frame')} lost)"
        if row["restored"]
        else f"{row['scheme']} never again"
        for row in rows
    ]
    return f"After {rows[0]['event']}: {', '.join(parts)}."


def setups(rows: Sequence[Row]) -> str:
    """
    >>> setups([{"accepted": True, "setup_ns": 70_600_000_000, "predicted_setup_ns": 70_599_000_000},
    ...         {"accepted": False, "setup_ns": None, "predicted_setup_ns": None}])
    '1 of 2 requests got light; the first frame came after 70.6 s, at most 1.00 ms beside declared times.'
    """
    lit = [row for row in rows if row["accepted"] and row["setup_ns"] is not None]
    of = f"{len(lit)} of {words.count(len(rows), 'request')} got light"
    if not lit:
        return f"{of}."
    times = sorted(row["setup_ns"] for row in lit)
    span = words.duration(times[0])
    if words.duration(times[-1]) != span:
        span += f" to {words.duration(times[-1])}"
    off = [abs(row["setup_ns"] - row["predicted_setup_ns"]) for row in lit if row["predicted_setup_ns"] is not None]
    beside = f", at most {words.duration(max(off))} beside declared times" if off else ""
    return f"{of}; the first frame came after {span}{beside}."


def commits(rows: Sequence[Row]) -> str:
    """
    >>> commits([{"network": "apn", "distance_km": 0, "commit_ns_p50": 54_000, "commit_ns_p99": 60_000},
    ...          {"network": "apn", "distance_km": 100, "commit_ns_p50": 1_041_000, "commit_ns_p99": 1_050_000}])
    'A commit takes 1.04 ms at 100 km over the APN, 99 of 100 at most 1.05 ms (54.0 µs without distance).'
    """
    parts = []
    for network in dict.fromkeys(row["network"] for row in rows):
        own = sorted((row for row in rows if row["network"] == network), key=lambda row: float(row["distance_km"]))
        far, near = own[-1], own[0]
        text = (
            f"{words.duration(far['commit_ns_p50'])} at {far['distance_km']:g} km over the {words.network(network)},"
            f" 99 of 100 at most {words.duration(far['commit_ns_p99'])}"
        )
        if near["distance_km"] == 0 and near is not far:
            text += f" ({words.duration(near['commit_ns_p50'])} without distance)"
        parts.append(text)
    return f"A commit takes {'; '.join(parts)}."


def moves(rows: Sequence[Row]) -> str:
    """
    >>> moves([{"distance_km": 10, "rate_gbps": 10.0, "downtime_ns": 9_000_000},
    ...        {"distance_km": 10, "rate_gbps": 1.0, "downtime_ns": None}])
    'Of 2 moves 1 was made, with 9.00 ms of standstill (10 km, 10 Gbit/s) at the longest.'
    """
    made = [row for row in rows if row["downtime_ns"] is not None]
    if not made:
        return f"None of {words.count(len(rows), 'move')} could be made."
    worst = max(made, key=lambda row: int(row["downtime_ns"]))
    was = "was" if len(made) == 1 else "were"
    return (
        f"Of {words.count(len(rows), 'move')} {len(made)} {was} made, with {words.duration(worst['downtime_ns'])} of"
        f" standstill ({worst['distance_km']:g} km, {worst['rate_gbps']:g} Gbit/s) at the longest."
    )


def pools(rows: Sequence[Row]) -> str:
    """
    >>> pools([{"network": "apn", "form": "one", "distance_km": 1000, "gap": 1.0},
    ...        {"network": "apn", "form": "copies", "distance_km": 1000, "gap": 1.0994},
    ...        {"network": "packet", "form": "copies", "distance_km": 1000, "gap": 1.44}])
    'Against one data centre of the summed size, at 1000 km: copies take 1.10 times as long over the APN, 1.44 over \
the packet network.'
    """
    far_km = max(float(row["distance_km"]) for row in rows)
    far = [row for row in rows if float(row["distance_km"]) == far_km and row["form"] != "one"]
    parts = []
    for form in dict.fromkeys(row["form"] for row in far):
        gaps = [(words.network(row["network"]), row["gap"]) for row in far if row["form"] == form]
        named = [
            f"{gap:.2f}{'' if number else ' times as long'} over the {name}" for number, (name, gap) in enumerate(gaps)
        ]
        what = {"copies": "copies take", "disaggregated": "a disaggregated pool takes"}.get(form, f"{form} takes")
        parts.append(f"{what} {', '.join(named)}")
    return f"Against one data centre of the summed size, at {far_km:g} km: {'; '.join(parts)}." if parts else ""


def deadlines(rows: Sequence[Row]) -> str:
    """
    >>> deadlines([{"network": "apn", "distance_km": 20, "missed": 0, "load": 0.0},
    ...            {"network": "apn", "distance_km": 200, "missed": 9, "load": 0.0},
    ...            {"network": "apn", "distance_km": 20, "missed": 0, "load": 0.7},
    ...            {"network": "packet", "distance_km": 20, "missed": 9, "load": 1.05}])
    'No deadline is missed up to 20 km over the APN at load 0 and 0.7, nowhere over the packet network at load 1.05.'
    """
    loads: dict[tuple[str, str], list[str]] = {}
    for network, load in dict.fromkeys((row["network"], row["load"]) for row in rows):
        own = [row for row in rows if (row["network"], row["load"]) == (network, load)]
        first_missed = min((row["distance_km"] for row in own if row["missed"]), default=float("inf"))
        kept = [row["distance_km"] for row in own if row["distance_km"] < first_missed]
        reach = f"up to {max(kept):g} km" if kept else "nowhere"
        loads.setdefault((reach, network), []).append(f"{load:g}")
    parts = [
        f"{reach} over the {words.network(network)} at load {' and '.join(found)}"
        for (reach, network), found in loads.items()
    ]
    return f"No deadline is missed {', '.join(parts)}."


def refusals(rows: Sequence[Row]) -> str:
    """
    >>> refusals([{"load_erlang": 220.0, "blocking": 0.00153, "ci95": 0.00003}])
    'Refused: 0.153 % (± 0.003 %) at 220 E.'
    """
    parts = [f"{row['blocking']:.3%} (± {row['ci95']:.3%}) at {row['load_erlang']:g} E" for row in rows]
    return f"Refused: {', '.join(parts)}.".replace("%", " %")


def waits(rows: Sequence[Row]) -> str:
    """
    >>> waits([{"load": 0.8, "mean_wait_ns": 2402.6, "predicted_wait_ns": 2422.0}])
    'A frame waits 2.40 µs on average at load 0.8; the M/D/1 queue says 2.42 µs.'
    """
    row = max(rows, key=lambda row: float(row["load"]))
    seen, said = words.duration(round(row["mean_wait_ns"])), words.duration(round(row["predicted_wait_ns"]))
    return f"A frame waits {seen} on average at load {row['load']:g}; the M/D/1 queue says {said}."


def leaves_lit(rows: Sequence[Row]) -> str:
    """What the most leaves that any light reaches take by each kind of light, and what each of them gets.

    >>> one = {"leaf": "a", "leaves": 1, "refused": "", "transceivers": 2, "spectrum_ghz": 100.0, "share_gbps": 100.0}
    >>> leaves_lit([{**one, "kind": "tree"}, {**one, "kind": "subcarriers", "spectrum_ghz": 75.0},
    ...             {**one, "kind": "p2p", "refused": "quality: too far"}])
    'For 1 leaf: 2 transceivers and 100 GHz as a light tree (the same 100 Gbit/s to all), 2 and 75 GHz as shared \
subcarriers (100 Gbit/s to each); refused as lightpaths.'
    >>> leaves_lit([{**one, "refused": "splitting: too many", "kind": "tree"}])
    'No leaf got light.'
    """
    lit = [row for row in rows if not row["refused"]]
    if not lit:
        return "No leaf got light."
    most = max(row["leaves"] for row in lit)
    names = {"tree": "a light tree", "subcarriers": "shared subcarriers", "p2p": "lightpaths"}
    parts: list[str] = []
    refused: list[str] = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in lit if (row["kind"], row["leaves"]) == (kind, most)]
        if not own:
            refused.append(names[kind])
            continue
        few = "" if len(own) == most else f" to {len(own)} of them alone"
        unit = "" if parts else " transceivers"
        takes = f"{own[0]['transceivers']}{unit} and {own[0]['spectrum_ghz']:g} GHz"
        shares = sorted({row["share_gbps"] for row in own})
        span = " to ".join(words.gbps(share) for share in dict.fromkeys((shares[0], shares[-1])))
        gets = f"the same {span} Gbit/s to all" if kind == "tree" else f"{span} Gbit/s to each"
        parts.append(f"{takes} as {names[kind]}{few} ({gets})")
    ending = f"; refused as {' and as '.join(refused)}" if refused else ""
    return f"For {most} {'leaf' if most == 1 else 'leaves'}: {', '.join(parts)}{ending}."


def equal_delays(rows: Sequence[Row]) -> str:
    """How near to one another lightpaths of managed delay are, one way, both directions of each.

    >>> equal_delays([{"from": "a", "to": "b", "one_way_ns_p50": 5_000_400, "added_delay_ns": 4_000_000},
    ...               {"from": "a", "to": "c", "one_way_ns_p50": 5_000_000, "added_delay_ns": 0}])
    'The delays of 2 lightpaths lie within 400 ns of one another at 5.00 ms one way; 0 ns to 4.00 ms of it are added.'
    """
    seen = [row for row in rows if row["one_way_ns_p50"] is not None]
    if not seen:
        return "No delay was measured."
    delays, added = ([row[key] for row in seen] for key in ("one_way_ns_p50", "added_delay_ns"))
    paths = words.count(len({frozenset((row["from"], row["to"])) for row in seen}), "lightpath")
    return (
        f"The delays of {paths} lie within {words.duration(max(delays) - min(delays))} of one another at"
        f" {words.duration(max(delays))} one way; {words.duration(min(added))} to {words.duration(max(added))} of it"
        " are added."
    )


KNOWN: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "predicted_outage_ns": outages,
    "setup_ns": setups,
    "commit_ns_p50": commits,
    "downtime_ns": moves,
    "one_dc_makespan_s": pools,
    "missed_share": deadlines,
    "leaves": leaves_lit,
    "load_erlang": refusals,
    "mean_wait_ns": waits,
    "filling_queue_depth": storage_sentence,
}
"""A column that only one kind of rows has -> what these rows say."""
