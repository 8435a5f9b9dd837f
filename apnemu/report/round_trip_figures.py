# SPDX-License-Identifier: BSD-3-Clause
"""Delay and jitter of every pair: over distance, and a row for each pair up to `MOST_ROWS`.

Over a whole country light in the fibre takes milliseconds and everything else microseconds, so that on one scale the
two networks lie on top of each other. Hence two figures: round trips over distance, and what is added to light's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from markupsafe import Markup, escape

from apnemu.report import columns, words
from apnemu.report.language import heard
from apnemu.report.ordering import networks, phases
from apnemu.report.plots import Series, figure, plot
from apnemu.report.round_trips import LatencyRow, Pair, off_closed_form_ns, pairs
from apnemu.report.shown import PairSaid
from apnemu.report.svg import Scale, css, element, legend, linear_scale, log_scale, marker, percent
from apnemu.units import ns_to_ms, ns_to_us

ROUND_TRIP_COLUMNS = (
    columns.site("from"),
    columns.site("to"),
    columns.network(),
    columns.text("phase"),
    columns.ms("rtt_ns_min", "RTT min, ms"),
    columns.ms("rtt_ns_p50", "RTT p50, ms"),
    columns.ms("rtt_ns_p99", "RTT p99, ms"),
    columns.ms("rtt_ns_max", "RTT max, ms"),
    columns.us("jitter_ns", "jitter, µs"),
    columns.ms("one_way_ns_p50", "one way p50, ms"),
    columns.ms("predicted_rtt_ns", "predicted RTT, ms"),
    columns.Column(
        key="rtt_ns_max",
        heading="worst − predicted, ns",
        text=lambda row: words.plain(off_closed_form_ns(cast(LatencyRow, row))),
    ),
    columns.plain("sent"),
    columns.plain("lost"),
)
"""Columns of a table of round trips."""
MOST_ROWS = 72
"""Most rows of the figure of jitter: they fit on a printed page."""
ROW = 18
"""Height of a row in pixels; `page.css` has the same for `.strips li`."""
AXIS = 22
"""Height of the axis above and below the rows, in pixels; `page.css` has the same."""
LAST_LABEL = 0.19
"""Share of a linear axis below the rows that its last label takes, which ends where the axis does."""

Value = Callable[[Pair, LatencyRow], int | None]


def round_trip_figures(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> list[Markup]:
    """Round trips over distance, what is added to light's own delay, and jitter, of rows of one phase."""
    rows = cast(Sequence[LatencyRow], results)
    of_phase, names = pairs(rows, picture, phases(rows)[-1]), networks(rows)
    return [draw(of_phase, names) for draw in (distance_figure, added_figure, jitter_figure)]


def said_of_pairs(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> list[PairSaid]:
    """Texts on each pair of sites: what was measured in the last, busiest phase, and how far apart the two lie."""
    rows = cast(Sequence[LatencyRow], results)
    return [
        PairSaid(ends=(pair.source, pair.target), lines=_lines(pair)) for pair in pairs(rows, picture, phases(rows)[-1])
    ]


def _lines(pair: Pair) -> tuple[tuple[str, str], ...]:
    lines = [
        (
            f"Round trip, {words.network(name)}",
            f"{words.duration(pair.rows[name]['rtt_ns_p50'])}, jitter {words.duration(pair.rows[name]['jitter_ns'])}",
        )
        for name in networks(list(pair.rows.values()))
    ]
    if pair.floor_ns is not None:
        lines.append(("Light in the fibre alone", words.duration(pair.floor_ns)))
    if pair.length_km is not None:
        lines.append(("Shortest fibre route", f"{pair.length_km:,.1f} km"))
    return tuple(lines)


def distance_figure(pairs: Sequence[Pair], names: Sequence[str]) -> Markup:
    """Round trips of all pairs over the length of the shortest fibre route between them."""
    near = [pair for pair in pairs if pair.length_km is not None]
    floor = [(pair.length_km or 0.0, float(pair.floor_ns or 0)) for pair in near]
    chart = _over_distance(near, names, lambda _, row: row["rtt_ns_p50"], "round trip, ms", [floor[:1] + floor[-1:]])
    caption = (
        "Median round trip of each pair over the shortest fibre route between the two. The dashed line is light's own"
        " round trip through that fibre: nothing over this plant can be faster."
    )
    return figure("Delay over distance", caption, legend(names, ("reference-swatch", "light alone")), chart, wide=True)


def added_figure(pairs: Sequence[Pair], names: Sequence[str]) -> Markup:
    """Time that each network adds to light's own round trip, nearest pair first."""
    caption = (
        "Median round trip less light's own through the shortest fibre route, which is the line at 0: error correction,"
        " amplifiers, switches, queues, and any detour."
    )
    title = "Delay added to light in the fibre"
    if len(pairs) > MOST_ROWS:
        return figure(title, caption, legend(names), _over_distance(pairs, names, _added, "added, ms"))
    scale = _durations([added for pair in pairs for row in pair.rows.values() for added in _range(pair, row)])
    marks = [_added_marks(pair, names, scale, _middle(index)) for index, pair in enumerate(pairs)]
    order = element("span", " Nearest pair first; the figures to the right are whole round trips.", class_="roomy")
    keys = legend(names, ("range-swatch", "least to greatest seen"))
    strips = _strips(pairs, names, scale, marks, ", ms", lambda row: words.ms(row["rtt_ns_p50"], 2))
    return figure(title, escape(heard(caption)) + order, keys, strips)


def jitter_figure(pairs: Sequence[Pair], names: Sequence[str]) -> Markup:
    """Jitter on a logarithmic scale; a jitter of 0 has a band of its own."""
    caption = (
        "Greatest less least round trip of each pair, on a logarithmic scale. Zero has no place on such a scale and"
        " stands in the shaded band: there, every packet took exactly as long as every other."
    )
    if len(pairs) > MOST_ROWS:
        return figure("Jitter", caption, legend(names), _over_distance(pairs, names, _jitter, "jitter", log=True))
    scale = log_scale(
        [jitter for pair in pairs for row in pair.rows.values() if (jitter := row["jitter_ns"]) is not None],
        words.decade,
    )
    marks = [_jitter_marks(pair, names, scale, _middle(index)) for index, pair in enumerate(pairs)]
    strips = _strips(pairs, names, scale, marks, "", lambda row: words.duration(row["jitter_ns"]))
    return figure("Jitter", caption, legend(names), strips)


def _added(pair: Pair, row: LatencyRow) -> int | None:
    if row["rtt_ns_p50"] is None or pair.floor_ns is None:
        return None
    return row["rtt_ns_p50"] - pair.floor_ns


def _jitter(_: Pair, row: LatencyRow) -> int | None:
    return row["jitter_ns"]


def _range(pair: Pair, row: LatencyRow) -> list[int]:
    """The least and the greatest round trip above light's own; nothing where one is missing."""
    if row["rtt_ns_min"] is None or row["rtt_ns_max"] is None or pair.floor_ns is None:
        return []
    return [row["rtt_ns_min"] - pair.floor_ns, row["rtt_ns_max"] - pair.floor_ns]


def _durations(values: Sequence[int]) -> Scale:
    """A linear scale in ms, or in µs where nothing reaches 1 ms."""
    if max(map(abs, values), default=0) < 1_000_000:
        return linear_scale(values, lambda ns: f"{ns_to_us(ns):g} µs")
    return linear_scale(values, lambda ns: f"{ns_to_ms(ns):g} ms")


def _middle(index: int) -> float:
    return AXIS + index * ROW + ROW / 2


def _strips(
    pairs: Sequence[Pair],
    names: Sequence[str],
    scale: Scale,
    marks: Sequence[list[Markup]],
    unit: str,
    value: Callable[[LatencyRow], str],
) -> Markup:
    """Rows with a name on the left, marks on one scale, and values on the right; the table says the same in text."""
    height = 2 * AXIS + ROW * len(pairs)
    drawing = _strip_axis(scale, height)
    for index, pair_marks in enumerate(marks):
        pair = pairs[index]
        note = element("title", words.pair(pair.source, pair.target))
        hit = element("rect", note, class_="hit", x=0, y=AXIS + index * ROW, width="100%", height=ROW)
        drawing.append(element("g", hit, *pair_marks, data_pair=f"{pair.source}\n{pair.target}"))
    labels = [element("li", words.pair(pair.source, pair.target)) for pair in pairs]
    columns = [_values(pairs, name, unit, value) for name in names if css(name) == name]
    return element(
        "div",
        element("ol", *labels, class_="strip-names"),
        element("svg", *drawing, class_="strip-plot", width="100%", height=height),
        *columns,
        class_="strips",
        role="img",
        aria_label=f"{words.count(len(pairs), 'pair')}; every value is in the table of all results below",
    )


def _strip_axis(scale: Scale, height: int) -> list[Markup]:
    drawing: list[Markup] = []
    if scale.zero:
        band = percent(scale.zero * 0.8)
        drawing.append(element("rect", class_="zero", x=0, y=AXIS, width=band, height=height - 2 * AXIS))
    for index, (tick, label) in enumerate(scale.ticks):
        share = scale.share(tick)
        x = percent(share)
        kind = "grid origin" if tick == 0 and not scale.log else "grid"
        drawing.append(element("line", class_=kind, x1=x, x2=x, y1=AXIS, y2=height - AXIS))
        anchor = "end" if share > 0.95 else "middle" if share > 0.03 else "start"
        fits = scale.log or share > 0.95 or share < 1 - LAST_LABEL
        place = {"class_": "tick odd" if index % 2 and not scale.log else "tick", "x": x, "text_anchor": anchor}
        drawing += [element("text", label, y=y, **place) for y in (14, height - 8) if label and fits]
    return drawing


def _values(pairs: Sequence[Pair], network: str, unit: str, value: Callable[[LatencyRow], str]) -> Markup:
    texts = [value(pair.rows[network]) if network in pair.rows else words.NOTHING for pair in pairs]
    head = element("li", {"apn": "APN"}.get(network, network) + unit, class_="head")
    return element("ol", head, *[element("li", text) for text in texts], class_=f"strip-values {network}")


def _added_marks(pair: Pair, names: Sequence[str], scale: Scale, y: float) -> list[Markup]:
    medians = {name: added for name, row in pair.rows.items() if (added := _added(pair, row)) is not None}
    if not medians:
        return []
    low, high = (percent(scale.share(end)) for end in (min(medians.values()), max(medians.values())))
    marks = [element("line", class_="between", x1=low, x2=high, y1=y, y2=y)]
    for name in names:
        if name not in medians:
            continue
        least, most = (percent(scale.share(end)) for end in _range(pair, pair.rows[name]))
        marks.append(element("line", class_=f"range {css(name)}", x1=least, x2=most, y1=y, y2=y))
        note = f"{words.pair(pair.source, pair.target)}, {words.network(name)}: {words.duration(medians[name])} added"
        marks.append(marker(name, percent(scale.share(medians[name])), y, note))
    return marks


def _jitter_marks(pair: Pair, names: Sequence[str], scale: Scale, y: float) -> list[Markup]:
    seen = {name: row["jitter_ns"] for name in names if (row := pair.rows.get(name)) is not None}
    between = words.pair(pair.source, pair.target)
    return [
        marker(name, percent(scale.share(ns)), y, f"{between}, {words.network(name)}: {words.duration(ns)}")
        for name, ns in seen.items()
        if ns is not None
    ]


def _over_distance(
    pairs: Sequence[Pair],
    names: Sequence[str],
    value: Value,
    axis: str,
    references: Sequence[Sequence[tuple[float, float]]] = (),
    *,
    log: bool = False,
) -> Markup:
    """A mark for each pair over distance."""
    series = []
    for name in reversed(names):
        points = [
            (pair.length_km, ns, f"{words.pair(pair.source, pair.target)}, {words.network(name)}: {words.duration(ns)}")
            for pair in pairs
            if pair.length_km is not None and name in pair.rows and (ns := value(pair, pair.rows[name])) is not None
        ]
        series.append(Series(network=name, points=tuple(points), line=False))
    heights = [up for one in series for _, up, _ in one.points]
    y = log_scale(heights, words.decade) if log else linear_scale(heights, lambda ns: f"{ns_to_ms(ns):g}")
    x = linear_scale([across for one in series for across, _, _ in one.points])
    return plot(series, x, y, ("shortest fibre route, km", axis), references)
