"""What flows feel as load grows, and how much of a line they fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.plots import Series, figure, plot
from apnemu.report.round_trips import networks
from apnemu.report.rows import LossRow, ThroughputRow
from apnemu.report.svg import Scale, css, element, legend, linear_scale, log_scale


def loss_figures(rows: Sequence[LossRow]) -> list[Markup]:
    """Goodput, lost frames, retransmissions and completion times over the offered load."""
    goodput = [row["goodput_gbps"] for row in rows] + [row["offered_gbps"] for row in rows]
    offered = sorted({row["load"]: row["offered_gbps"] for row in rows}.items())
    return [
        _over_load(
            rows,
            "goodput_gbps",
            "Goodput",
            "Gbit/s",
            linear_scale(goodput),
            words.gbps,
            offered,
            "Bytes that arrived, over the measured time. The dashed line is what was offered.",
        ),
        _over_load(
            rows,
            "drops",
            "Frames dropped by queues",
            "frames",
            _counts(rows, "drops"),
            words.plain,
            (),
            "On a logarithmic scale, where none at all has no place: it stands in the shaded band.",
        ),
        _over_load(
            rows,
            "retransmits",
            "Segments sent again",
            "segments",
            _counts(rows, "retransmits"),
            words.plain,
            (),
            "TCP's retransmissions over all flows, as the senders' kernels count them.",
        ),
        _over_load(
            rows,
            "fct_ns_p99",
            "Flow completion time, 99th percentile",
            "time",
            _times(rows),
            words.duration,
            (),
            "Of the flows that finished; the table says how many did not.",
        ),
    ]


def _over_load(
    rows: Sequence[LossRow],
    key: str,
    title: str,
    unit: str,
    y: Scale,
    say: Callable[[Any], str],
    reference: Sequence[tuple[float, float]],
    caption: str,
) -> Markup:
    x = linear_scale([row["load"] for row in rows])
    names = networks(rows)
    series = [
        Series(
            network=name,
            points=tuple(
                (row["load"], row[key], f"{words.network(name)}, load {row['load']:g}: {say(row[key])}")  # type: ignore[literal-required]
                for row in sorted(rows, key=lambda row: row["load"])
                if row["network"] == name and row[key] is not None  # type: ignore[literal-required]
            ),
        )
        for name in reversed(names)
    ]
    more = [("reference-swatch", "offered")] if reference else []
    return figure(
        title,
        caption,
        legend(names, *more),
        plot(series, x, y, ("offered load, share of the line rate", unit), reference),
    )


def _counts(rows: Sequence[LossRow], key: str) -> Scale:
    return log_scale([row[key] for row in rows], words.plain)  # type: ignore[literal-required]


def _times(rows: Sequence[LossRow]) -> Scale:
    return log_scale([row["fct_ns_p99"] for row in rows if row["fct_ns_p99"] is not None], words.decade)


def throughput_figure(rows: Sequence[ThroughputRow]) -> Markup:
    """A bar for each case, as long as its goodput, in a frame as long as its line rate."""
    most = max(row["line_rate_gbps"] for row in rows)
    bars: list[Markup] = []
    for row in rows:
        share = row["line_rate_gbps"] / most
        label = f"{words.pair(row['from'], row['to'])}, {row['case']}"
        detail = f"{words.network(row['network'])}, {words.count(row['flows'], 'flow')}, {row['congestion_control']}"
        value = f"{words.gbps(row['goodput_gbps'])} of {words.gbps(row['line_rate_gbps'])} Gbit/s"
        bars.append(
            element(
                "li",
                element("span", element("b", label), element("span", detail, class_="muted"), class_="bar-name"),
                element(
                    "svg",
                    element("rect", class_="track", x=0, y=1, width=f"{100 * share:.2f}%", height=18),
                    element(
                        "rect",
                        class_=f"bar {css(row['network'])}",
                        x=0,
                        y=1,
                        height=18,
                        width=f"{100 * share * min(row['share_of_line'], 1):.2f}%",
                    ),
                    width="100%",
                    height=20,
                    aria_hidden="true",
                ),
                element("span", f"{value} ({words.percent(row['share_of_line'])})", class_="bar-value"),
            )
        )
    caption = (
        "Goodput of the steady part (filled) against the line rate (frame); headers and acknowledgements are not "
        "goodput."
    )
    return figure(
        "Goodput against line rate", caption, legend(networks(rows)), element("ol", *bars, class_="bars"), wide=True
    )
