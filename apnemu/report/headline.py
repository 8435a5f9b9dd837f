"""The answer in a sentence, from the rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from apnemu.report import words
from apnemu.report.pairs import chief, networks, phases
from apnemu.report.quality_rows import quality_sentence
from apnemu.report.reach_rows import reach_sentence
from apnemu.report.results import kind_of
from apnemu.report.rows import LatencyRow, LossRow, ThroughputRow
from apnemu.report.sentences import equal_delays, sentence_of
from apnemu.report.service_rows import service_sentence
from apnemu.report.sharing_rows import sharing_sentence
from apnemu.report.training_rows import training_sentence


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """What a document's results say, in one sentence."""
    kind = kind_of(results)
    if kind == "latency" and "added_delay_ns" in results[0]:
        return equal_delays(results)
    if kind == "latency":
        return latency_sentence(cast(Sequence[LatencyRow], results), picture)
    if kind == "loss":
        return loss_sentence(cast(Sequence[LossRow], results))
    if kind == "reach":
        return reach_sentence(results)
    if kind == "sharing":
        return sharing_sentence(results)
    if kind == "quality":
        return quality_sentence(results)
    if kind == "services":
        return service_sentence(results)
    if kind == "throughput":
        return throughput_sentence(cast(Sequence[ThroughputRow], results))
    if results and "one_dc_step_s" in results[0]:
        return training_sentence(results)
    plain = f"{words.count(len(results), 'result')}." if results else "Nothing was measured."
    return sentence_of(results) or plain


def latency_sentence(rows: Sequence[LatencyRow], picture: Mapping[str, Any]) -> str:
    """The chief pair's round trip and jitter over each network; of several phases the last, which is the busiest."""
    found = phases(rows)
    of_last = [row for row in rows if row.get("phase", "") == found[-1]]
    ends = chief(of_last, picture)
    if ends is None:
        return "No round trip was measured."
    of_pair = {row["network"]: row for row in of_last if (row["from"], row["to"]) == ends}
    parts = [_felt(of_pair[name], name) for name in networks(list(of_pair.values()))]
    when = f", {found[-1]}" if len(found) > 1 else ""
    return f"{words.pair(*ends)}{when}: {'; '.join(parts)}."


def _felt(row: LatencyRow, network: str) -> str:
    where = f"over the {words.network(network)}"
    if row["rtt_ns_p50"] is None:
        return f"every one of {words.count(row['sent'], 'probe')} lost {where}"
    return f"{words.duration(row['rtt_ns_p50'])} {where} with {words.duration(row['jitter_ns'])} of jitter"


def loss_sentence(rows: Sequence[LossRow]) -> str:
    """What each network lost at the highest load that was offered to it."""
    parts = []
    for name in networks(rows):
        row = max((row for row in rows if row["network"] == name), key=lambda row: row["load"])
        again = words.count(row["retransmits"], "segment")
        if row["drops"] == row["retransmits"] == 0:
            what = f"the {words.network(name)} dropped nothing and TCP sent nothing again"
        else:
            what = f"the {words.network(name)} dropped {words.count(row['drops'], 'frame')} and TCP sent {again} again"
        parts.append(f"at load {row['load']:g} {what}")
    return _capital("; ".join(parts)) + "."


def throughput_sentence(rows: Sequence[ThroughputRow]) -> str:
    """The best case of each network."""
    parts = []
    for name in networks(rows):
        row = max((row for row in rows if row["network"] == name), key=lambda row: row["goodput_gbps"])
        parts.append(
            f"the {words.network(name)} carried {words.gbps(row['goodput_gbps'])} Gbit/s of a line of "
            f"{words.gbps(row['line_rate_gbps'])} ({words.percent(row['share_of_line'])})"
        )
    return _capital("; ".join(parts)) + "."


def expectation(document: Mapping[str, Any]) -> str:
    """Whether what was expected before the run came true, in words.

    >>> expectation({"expectation": {"text": "jitter is 0 ns", "met": True}})
    'Expected before the run, and met: jitter is 0 ns'
    """
    expected = document.get("expectation") or {}
    if not expected.get("text"):
        return "Nothing was expected before the run."
    met = expected.get("met")
    verdict = "not judged" if met is None else "and met" if met else "and not met"
    return f"Expected before the run, {verdict}: {expected['text']}"


def cost(document: Mapping[str, Any]) -> str:
    """What the run took of this machine.

    >>> cost({"virtual_s": 32.416680587, "wall_s": 60.707, "peak_memory_bytes": 1_186_000_000})
    '32.4 s in the lab took 60.7 s on the clock and at most 1.19 GB of memory, the command and its labs together.'
    """
    took = f"took {document['wall_s']:.1f} s on the clock and at most {words.memory(document['peak_memory_bytes'])}"
    return f"{document['virtual_s']:.1f} s in the lab {took} of memory, the command and its labs together."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
