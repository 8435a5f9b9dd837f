"""A document's `results`, told apart by their columns, as tables for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from apnemu.report import words

Kind = Literal["latency", "loss", "throughput", "reach", "sharing", "quality", "services", "other"]
Row = Mapping[str, Any]
LONG = ("reason", "refused")
"""Sentences: they stand last, so that they push no figure out of sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its heading, and a row's text. `number` aligns right."""

    heading: str
    text: Callable[[Row], str]
    number: bool = True


def kind_of(rows: Sequence[Row]) -> Kind:
    """What rows are about, by the columns that only they have.

    >>> kind_of([{"rtt_ns_p50": 1}]), kind_of([{"share_of_line": 1.0}]), kind_of([{"fct_ns_p50": 1}]), kind_of([])
    ('latency', 'throughput', 'loss', 'other')
    """
    keys = rows[0].keys() if rows else ()
    if "rtt_ns_p50" in keys:
        return "latency"
    if "share_of_line" in keys:
        return "throughput"
    if "reachable" in keys:
        return "reach"
    if "tenant" in keys and "delay_ns_p99" in keys:
        return "sharing"
    if "worst_gsnr_db" in keys:
        return "quality"
    if "class" in keys and "way" in keys:
        return "services"
    return "loss" if "fct_ns_p50" in keys else "other"


def columns(rows: Sequence[Row]) -> list[Column]:
    """The columns of a full table; no column is left out, and times are exact to the nanosecond."""
    kind = kind_of(rows)
    if kind == "latency":
        phase = [_text("phase", "phase")] if len({row.get("phase", "") for row in rows}) > 1 else []
        return [_site("from"), _site("to"), _network(), *phase, *LATENCY]
    if kind == "loss":
        return [_network(), *LOSS]
    if kind == "throughput":
        return [_site("from"), _site("to"), _network(), *THROUGHPUT]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return [_plain(key, _is_number(rows, key)) for key in sorted(keys, key=lambda key: key in LONG)]


def _is_number(rows: Sequence[Row], key: str) -> bool:
    """
    >>> rows = [{"a": None, "b": True, "c": 1}, {"a": 2, "b": False, "c": "one"}]
    >>> [_is_number(rows, key) for key in "abc"]
    [True, False, False]
    """
    known = [value for row in rows if (value := row.get(key)) is not None]
    return bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)


def over_prediction_ns(row: Row) -> int | None:
    """How far the fastest round trip lies above the prediction for an empty network; None where one is missing."""
    if row["rtt_ns_min"] is None or row.get("predicted_rtt_ns") is None:
        return None
    return int(row["rtt_ns_min"] - row["predicted_rtt_ns"])


def _text(key: str, heading: str) -> Column:
    return Column(heading=heading, text=lambda row: str(row[key]), number=False)


def _site(key: str) -> Column:
    return Column(heading=key, text=lambda row: words.site(row[key]), number=False)


def _network() -> Column:
    return Column(heading="network", text=lambda row: words.network(row["network"]), number=False)


def _plain(key: str, number: bool = True, heading: str | None = None) -> Column:
    return Column(heading=heading or key, text=lambda row: words.plain(row.get(key)), number=number)


def _ms(key: str, heading: str) -> Column:
    return Column(heading=heading, text=lambda row: words.ms(row.get(key)))


def _gbps(key: str, heading: str) -> Column:
    return Column(heading=heading, text=lambda row: f"{row[key]:,.3f}")


LATENCY = (
    _ms("rtt_ns_min", "RTT min, ms"),
    _ms("rtt_ns_p50", "RTT p50, ms"),
    _ms("rtt_ns_p99", "RTT p99, ms"),
    _ms("rtt_ns_max", "RTT max, ms"),
    Column(heading="jitter, µs", text=lambda row: words.us(row["jitter_ns"])),
    _ms("one_way_ns_p50", "one way p50, ms"),
    _ms("predicted_rtt_ns", "predicted RTT, ms"),
    Column(heading="min − predicted, ns", text=lambda row: words.plain(over_prediction_ns(row))),
    _plain("sent"),
    _plain("lost"),
)
LOSS = (
    _plain("load"),
    _gbps("offered_gbps", "offered, Gbit/s"),
    _gbps("goodput_gbps", "goodput, Gbit/s"),
    _plain("retransmits"),
    _plain("drops"),
    _plain("flows"),
    _plain("flows_done", heading="flows done"),
    _ms("fct_ns_p50", "FCT p50, ms"),
    _ms("fct_ns_p99", "FCT p99, ms"),
)
THROUGHPUT = (
    _text("case", "case"),
    _plain("flows"),
    _text("congestion_control", "congestion control"),
    _gbps("line_rate_gbps", "line rate, Gbit/s"),
    _gbps("goodput_gbps", "goodput, Gbit/s"),
    Column(heading="share of line", text=lambda row: words.percent(row["share_of_line"])),
    _plain("retransmits"),
)
