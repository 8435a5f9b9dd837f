# SPDX-License-Identifier: BSD-3-Clause
"""Reductions against numbers worked out by hand, and percentiles against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnemu.errors import LabError
from apnemu.experiments.loss import loss_rows
from apnemu.experiments.throughput import throughput_rows
from apnemu.question.round_trips import latency_rows
from apnemu.records.query import nearest_rank
from apnemu.records.record import Record
from apnemu.records.table import to_table


def probe(rtt_ns: int | None, network: str = "apn", phase: str = "idle", target: str = "b") -> Record:
    one_way_ns = None if rtt_ns is None else rtt_ns // 2
    return Record(
        network=network,
        kind="probe",
        phase=phase,
        source="a",
        target=target,
        at_ns=0,
        rtt_ns=rtt_ns,
        one_way_ns=one_way_ns,
    )


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=200), st.integers(1, 100))
def test_nearest_rank_is_numpys_inverted_cdf(values: list[int], percent: int) -> None:
    found = nearest_rank(values, percent)
    assert found in values
    ranks = np.arange(1, len(values) + 1)
    assert found == sorted(values)[int(np.percentile(ranks, percent, method="inverted_cdf")) - 1]


def test_latency_stays_whole_and_counts_the_lost() -> None:
    seen = [probe(1_000), probe(1_003), probe(None), probe(1_001), probe(7_000, "packet"), probe(2**60 + 1, phase="x")]
    first, packet, other = latency_rows(to_table(seen), {("a", "b", "apn"): 999})
    assert first == {
        "from": "a",
        "to": "b",
        "network": "apn",
        "phase": "idle",
        "rtt_ns_min": 1_000,
        "rtt_ns_p50": 1_001,
        "rtt_ns_p99": 1_003,
        "rtt_ns_max": 1_003,
        "jitter_ns": 3,
        "one_way_ns_p50": 500,
        "sent": 4,
        "lost": 1,
        "predicted_rtt_ns": 999,
    }
    assert (packet["network"], packet["predicted_rtt_ns"], packet["jitter_ns"]) == ("packet", None, 0)
    assert (other["phase"], other["rtt_ns_p50"]) == ("x", 2**60 + 1)


def test_where_every_probe_was_lost_there_is_no_number() -> None:
    (row,) = latency_rows(to_table([probe(None), probe(None)]), {})
    assert (row["sent"], row["lost"]) == (2, 2)
    assert {row[key] for key in ("rtt_ns_min", "rtt_ns_p50", "rtt_ns_p99", "rtt_ns_max", "jitter_ns")} == {None}  # type: ignore[literal-required]


def flow(seq: int, duration_ns: int | None, at_ns: int = 0, load: float | None = 0.5) -> Record:
    return Record(
        network="apn",
        kind="flow",
        seq=seq,
        at_ns=at_ns,
        sent=1_000,
        bytes=900,
        retransmits=2,
        duration_ns=duration_ns,
        load=load,
    )


def queue(drops: int, duration_ns: int | None) -> Record:
    return Record(network="apn", kind="queue", at_ns=0, drops=drops, duration_ns=duration_ns, load=0.5)


def test_loss_is_over_the_measured_time() -> None:
    (row,) = loss_rows(to_table([flow(0, 100), flow(1, 300), flow(2, None), queue(3, 1_000), queue(4, 1_000)]))
    assert row == {
        "network": "apn",
        "load": 0.5,
        "background": "poisson",
        "offered_gbps": 24.0,
        "goodput_gbps": 21.6,
        "retransmits": 6,
        "drops": 7,
        "flows": 3,
        "flows_done": 2,
        "fct_ns_p50": 100,
        "fct_ns_p99": 300,
    }


def test_without_queues_the_flows_themselves_say_how_long() -> None:
    (row,) = loss_rows(to_table([flow(0, 100, at_ns=500), flow(1, 100, at_ns=900)]))
    assert row["goodput_gbps"] == round(8 * 1_800 / 500, 6)


def test_loss_of_nothing_finished_and_of_no_load() -> None:
    (row,) = loss_rows(to_table([flow(0, None), flow(1, 5, load=None)]))
    assert (row["flows"], row["flows_done"], row["fct_ns_p99"], row["goodput_gbps"]) == (1, 0, None, 0.0)


def interval(at_ns: int, count: int, detail: str | None) -> Record:
    return Record(
        network="apn",
        kind="interval",
        name="c",
        source="a",
        target="b",
        at_ns=at_ns,
        duration_ns=1_000,
        bytes=count,
        detail=detail,
    )


DETAIL = '{"flows": 2, "congestion_control": "cubic", "line_rate_gbps": 400}'


def test_flows_side_by_side_share_their_time_and_stretches_add_up() -> None:
    parts = [interval(0, 20_000, DETAIL), interval(0, 20_000, DETAIL), interval(1_000, 30_000, DETAIL)]
    (row,) = throughput_rows(to_table(parts))
    assert (row["goodput_gbps"], row["share_of_line"]) == (280.0, 0.7)
    assert (row["flows"], row["congestion_control"], row["line_rate_gbps"]) == (2, "cubic", 400.0)


@pytest.mark.parametrize(
    "detail", [None, "{", "[]", '{"flows": 2}', DETAIL.replace("400", "0"), DETAIL.replace("400", '"x"')]
)
def test_an_interval_without_its_line_rate_is_refused(detail: str | None) -> None:
    with pytest.raises(LabError, match=r"interval 'c' from a to b over apn: .*line_rate_gbps"):
        throughput_rows(to_table([interval(0, 1, detail)]))


def test_the_host_may_know_the_line_rate() -> None:
    table = to_table([interval(0, 25_000, '{"flows": 1, "congestion_control": "bbr"}')])
    (row,) = throughput_rows(table, {("a", "b", "apn"): 400.0})
    assert (row["line_rate_gbps"], row["share_of_line"]) == (400.0, 0.5)
    with pytest.raises(LabError, match="line_rate_gbps"):
        throughput_rows(table, {("b", "a", "apn"): 400.0})
