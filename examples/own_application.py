# SPDX-License-Identifier: BSD-3-Clause
"""A program of one's own in a data centre: how long does an answer from the other data centre take over TCP?

    apnemu run examples/own_application.py --set questions=20

A server runs in one data centre, a client in the other: real processes, real sockets, in Linux's own TCP. What a
program prints after `@record` becomes a record; all that it prints is kept in the run's folder `apps`.
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
)

SERVER = """
import socket, sys
server = socket.create_server((sys.argv[1], 7000))
client, _ = server.accept()
while question := client.recv(100):
    client.sendall(question)
"""
CLIENT = """
import json, socket, sys, time
server = socket.create_connection((sys.argv[1], 7000))
for number in range(int(sys.argv[2])):
    asked_ns = time.monotonic_ns()
    server.sendall(b"are you there?")
    server.recv(100)
    print("@record", json.dumps({"question": number, "answer_ns": time.monotonic_ns() - asked_ns}))
"""
FRAME_BYTES = 14 + 20 + 32 + 14
"""Headers of Ethernet, IPv4 and TCP with its time stamps, and the question."""
TOLERANCE_NS = 5_000
"""Allowed for the system calls of both programs, 500 ns each."""
KEY = ("network", "from", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PairSettings):
    """What `--set` may change; `from` is where the client is, `to` where the server is."""

    questions: Annotated[int, Setting("Questions, one after another over one connection", low=1, high=10_000)] = 10


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """One stage, over when the client has ended."""
    client, server = chosen_pair(context)
    there = f"{{address:{server}}}"
    return (
        Stage(
            phase="asked",
            duration_ns=1_000_000,
            activities=(
                Application(
                    name="server",
                    site=server,
                    role="service",
                    argv=("{python}", "-c", SERVER, there),
                    ready="listens:7000",
                ),
                Application(
                    name="client",
                    site=client,
                    role="job",
                    argv=("{python}", "-c", CLIENT, there, str(context.settings.questions)),
                    needs=("server",),
                ),
            ),
        ),
    )


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network: the median wait for an answer, beside the round trip's closed form."""
    results = []
    for context in contexts:
        client, server = chosen_pair(context)
        waits_ns = [
            json.loads(record["detail"])["answer_ns"]
            for record in table.to_pylist()
            if record["kind"] == "application" and record["network"] == context.network
        ]
        results.append(
            {
                "network": context.network,
                "from": client,
                "to": server,
                "answers": len(waits_ns),
                "answer_ns_p50": median_low(waits_ns),
                "predicted_rtt_ns": context.predicted_rtts(FRAME_BYTES)[client, server],
            }
        )
    return results


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return f"over the APN an answer takes the light's round trip, within {TOLERANCE_NS // 1000} us"


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """The row of the APN."""
    return judge_rows(results, claims, KEY, about="the APN")


def claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    """What is expected of a row."""
    if row["network"] == "apn":
        yield near("answer", row["answer_ns_p50"], row["predicted_rtt_ns"], TOLERANCE_NS, "ns")


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The answer, after the run."""
    waits = (f"{row['answer_ns_p50'] / 1e6:.3f} ms over {row['network']}" for row in results)
    return f"An answer takes {' and '.join(waits)}."


EXPERIMENT = Experiment(
    name="answers",
    question="How long does an answer from the other data centre take over TCP?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence),
)
