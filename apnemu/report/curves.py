"""Results as curves: what an experiment measured over what it varied, for those whose rows alone say it.

Each kind of rows is known by a column that only it has; of each its few figures are declared here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.drawing import Scale, legend, linear_scale, log_scale
from apnemu.report.plots import Series, figure, plot

Row = Mapping[str, Any]
KM = "distance, km"
LEAVES = "leaves"
SPLIT: Mapping[str, Callable[[Any], str]] = {
    "rate_gbps": lambda rate: f"{words.gbps(rate)} Gbit/s",
    "load": lambda load: f"load {load:g}",
    "form": str,
    "requests": lambda count: words.count(count, "request"),
    "block_bytes": lambda size: words.count(size, "byte"),
    "what": str,
    "rw": str,
}
"""What tells figures apart, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Column `y` over column `x`; one figure for each value of the columns `split`, named in its title.

    `reference` is a column that is drawn dashed; `by` is the column that gives a line its colour, and `lines` are those
    that tell lines of one colour apart. Rows that have the value `measure` in a column are what others are measured by,
    and not drawn.
    """

    title: str
    caption: str
    x: str
    y: str
    axes: tuple[str, str]
    unit: Literal["time", "share", "number"]
    split: tuple[str, ...] = ()
    by: Literal["network", "kind"] = "network"
    lines: tuple[str, ...] = ()
    measure: tuple[str, str] | None = None
    reference: str = ""
    log: bool = False


CURVES: Mapping[str, tuple[Curve, ...]] = {
    "commit_ns_p50": (
        Curve(
            title="A commit's time over distance, median",
            caption="From the client's commit to its acknowledgement, for which a standby has to answer: a round trip.",
            x="distance_km",
            y="commit_ns_p50",
            axes=(KM, "time"),
            unit="time",
        ),
        Curve(
            title="A commit's time over distance, 99th percentile",
            caption="What the packet network's queues, and its routers' fixed delays, add shows here.",
            x="distance_km",
            y="commit_ns_p99",
            axes=(KM, "time"),
            unit="time",
        ),
        Curve(
            title="Commits a second over distance",
            caption="All clients together; each waits for its commit before it begins the next.",
            x="distance_km",
            y="commits_per_s",
            axes=(KM, "commits a second"),
            unit="number",
            log=True,
        ),
    ),
    "downtime_ns": (
        Curve(
            title="How long the machine stands still",
            caption="From the last round of copying until the other side goes on. Dashed: pre-copy's closed form.",
            x="distance_km",
            y="downtime_ns",
            axes=(KM, "time"),
            unit="time",
            split=("rate_gbps",),
            reference="predicted_downtime_ns",
        ),
        Curve(
            title="How long the whole move takes",
            caption="All rounds of copying and the stop. Dashed: pre-copy's closed form.",
            x="distance_km",
            y="total_ns",
            axes=(KM, "time"),
            unit="time",
            split=("rate_gbps",),
            reference="predicted_total_ns",
        ),
    ),
    "one_dc_makespan_s": (
        Curve(
            title="Against one data centre of the summed size",
            caption="The job's makespan over the pool, divided by its makespan in one data centre.",
            x="distance_km",
            y="gap",
            axes=(KM, "times as long"),
            unit="number",
            split=("form",),
            measure=("form", "one"),
        ),
    ),
    "missed_share": (
        Curve(
            title="Deadlines missed",
            caption="Of all loops' answers, the share that came after the deadline.",
            x="distance_km",
            y="missed_share",
            axes=(KM, "share missed"),
            unit="share",
            split=("load",),
        ),
    ),
    "setup_ns": (
        Curve(
            title="From the request to the first frame",
            caption="All are asked for at once and decided one after another. Dashed: declared times alone.",
            x="number",
            y="setup_ns",
            axes=("request", "time"),
            unit="time",
            split=("requests",),
            reference="predicted_setup_ns",
        ),
    ),
    "filling_queue_depth": (
        Curve(
            title="What commands under way carry",
            caption="A line for each distance; it bends where bandwidth x delay / block commands fill the wavelength.",
            x="queue_depth",
            y="bandwidth_gbps",
            axes=("commands under way", "Gbit/s"),
            unit="number",
            split=("what", "rw", "block_bytes"),
            lines=("distance_km",),
            log=True,
        ),
    ),
    "leaves": (
        Curve(
            title="Transceivers",
            caption="One at each leaf, and at the hub one, or for lightpaths one for each leaf: a light tree and shared"
            " subcarriers lie on one another. What is a receiver alone, for answers to a light tree, is not counted.",
            x="leaves",
            y="transceivers",
            axes=(LEAVES, "transceivers"),
            unit="number",
            by="kind",
        ),
        Curve(
            title="What a leaf gets",
            caption="A light tree sends the same to all its leaves, others to each leaf what is its own.",
            x="leaves",
            y="share_gbps",
            axes=(LEAVES, "Gbit/s"),
            unit="number",
            by="kind",
        ),
        Curve(
            title="Spectrum",
            caption="The widths of all slots together, whether or not they lie in one fibre; the leaves' answers to a"
            " light tree have slots of their own, all others go both ways in one.",
            x="leaves",
            y="spectrum_ghz",
            axes=(LEAVES, "GHz"),
            unit="number",
            by="kind",
        ),
        Curve(
            title="Power of the transceivers",
            caption="By what the equipment file declares of one transceiver; the figures that ship are inferred. A"
            " receiver alone counts as half of one, which is inferred too.",
            x="leaves",
            y="power_w",
            axes=(LEAVES, "W"),
            unit="number",
            by="kind",
        ),
    ),
    "load_erlang": (
        Curve(
            title="Requests that are refused",
            caption="Of all requests, over the load offered.",
            x="load_erlang",
            y="blocking",
            axes=("load, E", "share refused"),
            unit="share",
        ),
    ),
    "mean_wait_ns": (
        Curve(
            title="The mean wait at a router's port",
            caption="Dashed: the M/D/1 queue's closed form.",
            x="load",
            y="mean_wait_ns",
            axes=("load", "time"),
            unit="time",
            reference="predicted_wait_ns",
        ),
    ),
}


def curves_of(rows: Sequence[Row]) -> list[Markup]:
    """The figures of these rows' kind; none where a kind has none, or where there is only one value of x.

    Where a part was refused there is no point, since the rest would look cheap.
    """
    declared = next((found for column, found in CURVES.items() if rows and column in rows[0]), ())
    return [drawn for curve in declared for drawn in _figures(curve, rows)]


def _figures(curve: Curve, rows: Sequence[Row]) -> list[Markup]:
    numbered = [{**row, "number": number} for number, row in enumerate(rows, 1)]
    if curve.measure is not None:
        column, value = curve.measure
        numbered = [row for row in numbered if row.get(column) != value]
    in_part = {_place(curve, row) for row in numbered if row.get("refused")}
    known = [
        row
        for row in numbered
        if row.get(curve.y) is not None and row.get(curve.x) is not None and _place(curve, row) not in in_part
    ]
    parts: dict[tuple[Any, ...], list[Row]] = {}
    for row in known:
        parts.setdefault(tuple(row.get(name) for name in curve.split), []).append(row)
    return [_figure(curve, key, part) for key, part in parts.items() if len({row[curve.x] for row in part}) > 1]


def _place(curve: Curve, row: Row) -> tuple[Any, ...]:
    """Which point of which line of which figure a row belongs to."""
    return tuple(row.get(name) for name in (*curve.split, curve.by, *curve.lines, curve.x))


def _figure(curve: Curve, key: tuple[Any, ...], rows: Sequence[Row]) -> Markup:
    lines: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        label = (str(row.get(curve.by, "apn")), *(str(row.get(name, "")) for name in curve.lines))
        lines.setdefault(label, []).append(row)
    series = [Series(network=label[0], points=_points(curve, part)) for label, part in lines.items()]
    dashed = [
        (float(row[curve.x]), float(row[curve.reference]))
        for row in _along(curve, next(iter(lines.values())))
        if curve.reference and row.get(curve.reference) is not None
    ]
    x = linear_scale([float(row[curve.x]) for row in rows])
    y = _scale(curve, [up for one in series for _, up, _ in one.points] + [up for _, up in dashed])
    where = ", ".join(SPLIT[name](value) for name, value in zip(curve.split, key, strict=True))
    networks = list(dict.fromkeys(one.network for one in series))
    title = f"{curve.title}: {where}" if where else curve.title
    return figure(title, curve.caption, plot(series, x, y, curve.axes, dashed), legend(networks))


def _points(curve: Curve, rows: Sequence[Row]) -> tuple[tuple[float, float, str], ...]:
    """Rows that say the same of one x, as those of several leaves do, are one point."""
    points = ((float(row[curve.x]), float(row[curve.y]), _note(curve, row)) for row in _along(curve, rows))
    return tuple(dict.fromkeys(points))


def _along(curve: Curve, rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: float(row[curve.x]))


def _scale(curve: Curve, values: Sequence[float]) -> Scale:
    if curve.unit == "share":
        return linear_scale(values, words.percent)
    if curve.unit == "time":
        wide = min(values) > 0 and max(values) / min(values) > 30
        return log_scale(values, words.decade) if wide else linear_scale(values, lambda ns: words.duration(round(ns)))
    return log_scale(values) if curve.log else linear_scale(values)


def _note(curve: Curve, row: Row) -> str:
    value = row[curve.y]
    said = words.duration(round(value)) if curve.unit == "time" else words.plain(value)
    return f"{said} at {words.plain(row[curve.x])}"
