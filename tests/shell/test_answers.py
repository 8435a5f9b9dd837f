# SPDX-License-Identifier: BSD-3-Clause
"""What a guest says is believed to be nothing: answers that are none, messages of somebody else, ends in between."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apnemu.crossing import PROMPT, SAID, TICK, framed
from apnemu.errors import ApnemuError, GuestError, InputError, LabError
from apnemu.lab.gate import Gate
from apnemu.lab.job import Job, Outcome
from apnemu.shell import called, reading
from apnemu.shell.called import Caller

PROBE = {"source": "a", "target": "b", "probes": [[1, 2, 1], [3, None, None]]}
DONE = {"code": 0, "out": "x", "err": "", "out_bytes": 1, "err_bytes": 0}
LIGHT = {
    **dict.fromkeys(("name", "source", "target", "protection", "state", "mode", "reason"), "x"),
    "rate_gbps": 100.0,
    "route": ["a", "b"],
    "centre_thz": None,
}


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda told: reading.ping(told, 1), PROBE),
        (lambda told: reading.ping(told, 9), {**PROBE, "probes": [[1, 2]]}),
        (lambda told: reading.ping(told, 9), {**PROBE, "probes": [[1, -2, 1]]}),
        (lambda told: reading.ping(told, 9), {**PROBE, "probes": [[1, True, 1]]}),
        (lambda told: reading.ping(told, 9), {**PROBE, "source": 7}),
        (lambda told: reading.ping(told, 9), []),
        (reading.flow, {"source": "a", "target": "b", "bytes": 1 << 70, "duration_ns": 1}),
        (reading.flow, {"source": "a", "target": "b", "bytes": 1, "duration_ns": 1, "sent": 1, "lost": 2}),
        (reading.done, {**DONE, "code": 1000}),
        (reading.done, {**DONE, "code": "0"}),
        (reading.done, {**DONE, "out": "x" * (1 << 21)}),
        (reading.light, {**LIGHT, "rate_gbps": "100"}),
        (reading.light, {**LIGHT, "name": "x" * 1000}),
        (reading.light, {**LIGHT, "centre_thz": float("nan")}),
        (reading.lights, {"x": 1}),
        (reading.names, [1]),
        (reading.events, [[1]]),
        (reading.table, {"table": " table=9e9, priority=1 actions=drop"}),
        (reading.whole, True),
        (reading.text, None),
    ],
)
def test_what_is_no_answer_is_refused(read: Callable[[Any], Any], told: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(told)


def test_answers_are_read() -> None:
    seen = reading.ping(PROBE, 2)
    assert (seen.sent, seen.lost, seen.delays_s) == (2, 1, (2e-9,))
    assert str(seen) == "2 sent, 1 lost, round trip 2e-06 to 2e-06 ms"
    told = {"source": "a", "target": "b", "bytes": 1000, "duration_ns": 1000, "sent": 4, "lost": 1}
    assert reading.flow(told).goodput_gbps == pytest.approx(6.0)
    assert reading.flow({**told, "duration_ns": None}).goodput_gbps == 0.0
    assert reading.light(LIGHT).route == ("a", "b")
    assert reading.done(DONE).out == "x"
    entry = reading.table({"table": "x\n cookie=0x1, table=2, n_packets=5, n_bytes=9, ip,nw_dst=10.0.0.1 actions=drop"})
    assert entry[0].match == {"ip": "", "nw_dst": "10.0.0.1"}
    assert (entry[0].table, entry[0].priority, entry[0].packets) == (2, 32768, 5)


def caller_of(
    folder: Path, messages: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, error: ApnemuError | None = None
) -> Caller:
    """A caller of a guest that says these messages, whatever it is asked, and then ends."""

    def run(job: Job, *, stop: threading.Event, gate: Gate) -> Outcome:
        end = gate.hand_over()
        os.set_blocking(end, False)
        left = memoryview(b"".join(framed(kind, text) for kind, text in messages))
        while left and not stop.is_set():
            try:
                left = left[os.write(end, left) :]
            except BlockingIOError:
                stop.wait(0.01)
        os.close(end)
        if error:
            raise error
        return Outcome(exit_code=0, virtual_ns=0, wall_s=0, syscalls=0, core=0, memory_bytes=0)

    monkeypatch.setattr(called.guest, "run", run)
    return Caller(Job(kernel=folder, folder=folder, argv=("x",)), io.StringIO())


def told(clock_ns: int, **more: Any) -> tuple[str, str]:
    return PROMPT, json.dumps({"clock_ns": clock_ns, "told": more})


def test_a_call_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [told(1), (SAID, "light\x1b[2J\n"), (TICK, "{}"), told(7, answer=5), told(9, answer="x")]
    caller = caller_of(tmp_path, messages, monkeypatch)
    caller.begin()
    assert caller.call("x", reading.whole) == 5
    assert (caller.clock_ns, caller.said) == (7, "light\x1b[2J\n")
    with pytest.raises(GuestError, match="the lab's answer to y is none: a number is 'x'"):
        caller.call("y", reading.whole)
    with pytest.raises(GuestError, match="the shell's program ended with exit code 0"):
        caller.call("z", reading.whole)
    caller.end()
    with pytest.raises(LabError, match="the lab has ended"):
        caller.call("z", reading.whole)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ((PROMPT, "no JSON"), "has spoken in the shell's place"),
        ((PROMPT, "[1]"), "has spoken in the shell's place"),
        ((PROMPT, "[" * 100_000), "has spoken in the shell's place"),
        ((PROMPT, '{"clock_ns": 1e999}'), "has spoken in the shell's place"),
        ((PROMPT, '{"clock_ns": 1, "told": 7}'), "an answer is no object"),
        (("&", "x"), "a message of kind '&'"),
    ],
)
def test_messages_of_somebody_else_end_the_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: tuple[str, str], said: str
) -> None:
    caller = caller_of(tmp_path, [message], monkeypatch)
    with pytest.raises(GuestError, match=said):
        caller.begin()
    caller.end()


def test_refusals_are_errors_of_their_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {"input": InputError, "lab": LabError, "fault": LabError, "interrupted": KeyboardInterrupt}
    messages = [told(0), *(told(1, error=f"why \x1b {kind}", kind=kind) for kind in kinds)]
    caller = caller_of(tmp_path, messages, monkeypatch)
    caller.begin()
    for kind, error in kinds.items():
        with pytest.raises(error) as raised:
            caller.call("x", reading.whole)
        assert kind == "interrupted" or f"why \\x1b {kind}" in str(raised.value)
    caller.end()


def test_a_guest_that_ends_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = caller_of(tmp_path, [], monkeypatch, GuestError("out of memory"))
    with pytest.raises(GuestError, match="out of memory"):
        caller.begin()
    assert isinstance(caller.end(), GuestError)
