# SPDX-License-Identifier: BSD-3-Clause
"""Traffic of one's own by scapy: a sender and a checker, with a layer of their own, between two data centres.

    apnemu run examples/own_traffic.py --set frames=20

The layer `Numbered` has a number and the instant of sending. The checker, in the other data centre, decodes what
arrives, and prints a record of each: its number, and how long it took. All clocks of the lab are one, so that the time
one way is their difference. Frames that should go at the nanosecond are those of `apnemu run replay`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Annotated, Any

import pyarrow as pa

from apnemu import (
    Application,
    Claim,
    Context,
    Experiment,
    PairSettings,
    Row,
    Setting,
    Shown,
    Stage,
    Verdict,
    chosen_pair,
    judge_rows,
    near,
    same,
)

LAYER = """
import json, socket, sys, time
from scapy.fields import IntField, LongField
from scapy.layers.inet import UDP
from scapy.packet import Packet, bind_layers

class Numbered(Packet):
    name = "Numbered"
    fields_desc = [IntField("number", 0), LongField("sent_ns", 0)]

bind_layers(UDP, Numbered, dport=7001)
"""
SENDER = (
    LAYER
    + """
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
for number in range(int(sys.argv[2])):
    sent_ns = time.monotonic_ns()
    datagram = UDP(sport=7000, dport=7001, chksum=0) / Numbered(number=number, sent_ns=sent_ns)
    out.sendto(bytes(datagram), (sys.argv[1], 0))
    time.sleep(0.01)
"""
)
CHECKER = (
    LAYER
    + """
into = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
into.settimeout(30)
print("listening", flush=True)
for _ in range(int(sys.argv[1])):
    datagram = UDP(into.recv(2000)[20:])
    took_ns = time.monotonic_ns() - datagram[Numbered].sent_ns
    print("@record", json.dumps({"number": datagram[Numbered].number, "one_way_ns": took_ns}))
"""
)
FRAME_BYTES = 14 + 20 + 8 + 12
"""Headers of Ethernet, IPv4 and UDP, and the layer."""
TOLERANCE_NS = 10_000
"""Allowed for the system calls of both programs, 500 ns each."""
KEY = ("network", "from", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PairSettings):
    """What `--set` may change; `from` is where the sender is, `to` where the checker is."""

    frames: Annotated[int, Setting("Frames, 10 ms apart", low=1, high=10_000)] = 10


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """One stage, over when all frames have been checked."""
    source, target = chosen_pair(context)
    count = str(context.settings.frames)
    return (
        Stage(
            phase="checked",
            duration_ns=1_000_000,
            activities=(
                Application(
                    name="checker",
                    site=target,
                    role="job",
                    argv=("{python}", "-c", CHECKER, count),
                    ready="says:listening",
                ),
                Application(
                    name="sender",
                    site=source,
                    role="job",
                    argv=("{python}", "-c", SENDER, f"{{address:{target}}}", count),
                    needs=("checker",),
                ),
            ),
        ),
    )


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network: the median time one way, beside its closed form."""
    results = []
    for context in contexts:
        pair = chosen_pair(context)
        checked = [
            json.loads(record["detail"])
            for record in table.to_pylist()
            if record["kind"] == "application" and record["network"] == context.network
        ]
        results.append(
            {
                "network": context.network,
                "from": pair[0],
                "to": pair[1],
                "frames": len({one["number"] for one in checked}),
                "one_way_ns_p50": median_low(one["one_way_ns"] for one in checked),
                "predicted_one_way_ns": context.predicted_way_ns(pair, FRAME_BYTES),
            }
        )
    return results


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return f"all frames arrive; over the APN after the light's way, within {TOLERANCE_NS // 1000} us"


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row."""

    def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
        yield same("frames", row["frames"], settings.frames)
        if row["network"] == "apn":
            yield near("one way", row["one_way_ns_p50"], row["predicted_one_way_ns"], TOLERANCE_NS, "ns")

    return judge_rows(results, claims, KEY)


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The answer, after the run."""
    ways = (f"{row['one_way_ns_p50'] / 1e6:.3f} ms over {row['network']}" for row in results)
    return f"A frame takes {' and '.join(ways)}."


EXPERIMENT = Experiment(
    name="own_traffic",
    question="How long do frames of a layer of one's own take to the other data centre?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence),
)
