# SPDX-License-Identifier: BSD-3-Clause
"""Trials: a case is done in a process of its own, and what came of it is judged by the rule for every input.

The rule: it is taken, or refused in a single line that names the file, with the exit code of bad input. It never ends
by a signal, with a traceback or as a fault of apnemu, takes no longer than `LIMIT_S` of a CPU and no more memory than
`MOST_BYTES`, writes JSON where JSON is asked for, and leaves nothing behind where it is refused.

The child is forked, since importing apnemu takes longer than most cases: `warmed` does sound steps before, once.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import json
import os
import re
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer.main

import apnemu.cli
from apnemu.errors import InputError
from apnemu.escapes import printable

LIMIT_S = 20
"""Most CPU time that a case may take."""
IDLE_LIMIT_S = 200.0
"""Most time that it may neither compute nor wait for a CPU: a case that sleeps. Others may keep this machine busy."""
LOOKED_S = 5.0
PACED = re.compile(r'"(wall_s|peak_memory_bytes|requests_per_s)": [0-9.e+-]+|took [0-9.]+ s on .*')
"""What tells how fast this machine was, and how full."""
MOST_BYTES = 2 << 30
"""Most memory that a case may take on top of what the parent has."""
DONE, UNMET, BAD_INPUT, LAB_FAILED = 0, 1, 2, 3
typer.main.get_command = functools.cache(typer.main.get_command)  # it takes as long as reading a topology
RESULT, OUT, ERR = ".result", ".out", ".err"
AT = "{at}"
Step = tuple[str, ...] | Callable[[], object]
"""Words of a command, or a call of Python's that refuses by InputError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Steps that are done one after another until one does not succeed, in a folder that holds the case's files.

    One of `names` must stand in a refusal. `codes` are the exit codes that are right. `lines` is the number of lines
    that a refusal may have: notes may go before it. `timed` marks an output that tells how long it took. `before` is
    called first, in the case's process; what it returns stands in words for `AT`.
    """

    kind: str
    steps: tuple[Step, ...]
    names: tuple[str, ...]
    codes: tuple[int, ...] = (DONE, UNMET, BAD_INPUT)
    lines: int = 1
    timed: bool = False
    before: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a case: taken, refused, or broken and why; `said` is what must be the same the next time."""

    kind: str
    came: str
    why: str = ""
    said: str = ""
    took_s: float = 0.0


def warmed(*steps: Step) -> None:
    """Do sound steps in this process: what they import, compile and look up is then there in each case's child."""
    with TemporaryDirectory() as place:
        before = os.getcwd()
        os.chdir(place)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
                for step in steps:
                    code = command(step) if isinstance(step, tuple) else _call(step)
                    assert code in (DONE, UNMET), said.getvalue()
        finally:
            os.chdir(before)
    gc.collect()
    gc.freeze()  # a child that collects garbage would copy all of the parent's memory


def tried(case: Case, folder: Path) -> Outcome:
    """Do a case's steps in its folder."""
    before_s = _of_children_s()
    status = _forked(case, folder)
    took_s = _of_children_s() - before_s
    output, errors = ((folder / name).read_bytes().decode("utf-8", "backslashreplace") for name in (OUT, ERR))
    result = folder / RESULT
    steps = [json.loads(line) for line in result.read_text().splitlines()] if result.exists() else []
    why = (
        f"took more than {IDLE_LIMIT_S:.0f} s without computing"
        if status is None
        else _broken(case, steps, status, output, errors)
    )
    last = steps[-1] if steps else {}
    refused = bool(last) and last["code"] not in (DONE, UNMET)
    said = "" if case.timed and not refused else PACED.sub("", output + errors)
    came = "broken" if why else "refused" if refused else "taken"
    return Outcome(kind=case.kind, came=came, why=why, said=f"{came} {len(steps)} {said}", took_s=took_s)


def _broken(case: Case, steps: list[dict[str, Any]], status: int, output: str, errors: str) -> str:
    """Why the rule is broken; nothing where it is kept."""
    if status == signal.SIGXCPU:
        return f"step {len(steps) + 1} took more than {LIMIT_S} s"
    if status:
        return f"step {len(steps) + 1} ended by signal {status} {errors[-300:]}"
    last = steps[-1]
    code, trace, said = last["code"], last["trace"], errors.strip()
    if code not in case.codes or "a fault of apnemu" in errors or "Traceback" in errors + output:
        return f"step {len(steps)} ended with {code}: {said[-600:]}\n{trace}"
    if printable(output + errors, "\n\t") != output + errors:
        return f"step {len(steps)} prints control characters: {ascii(output + errors)[:600]}"
    if code in (DONE, UNMET):
        return str(last["json"])
    lines = said.splitlines()
    if not 1 <= len(lines) <= case.lines:
        return f"step {len(steps)} says {len(lines)} lines: {said[-600:]}"
    if not any(name in lines[-1] for name in case.names):
        return f"step {len(steps)} names none of {', '.join(case.names)}: {lines[-1][:600]}\n{trace}"
    return f"step {len(steps)} left {', '.join(last['left'])}: {lines[-1][:600]}" if last["left"] else ""


def _of_children_s() -> float:
    """CPU time of all children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _forked(case: Case, folder: Path) -> int | None:
    """Do the steps in a child; its signal, 0 for none, None where it had to be ended."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        try:
            _child(case, folder)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(70)
        os._exit(0)
    watched = os.pidfd_open(child)
    ended, begun_s = False, time.monotonic()
    try:
        while not ended and time.monotonic() - begun_s - _busy_s(child) < IDLE_LIMIT_S:
            ended = bool(select.select([watched], [], [], min(LOOKED_S, IDLE_LIMIT_S))[0])
        if not ended:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    finally:
        os.close(watched)
    if not ended:
        return None
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def _busy_s(child: int) -> float:
    """Time for which a child's first thread has computed, or waited for a CPU."""
    computed_ns, waited_ns, _ = Path(f"/proc/{child}/schedstat").read_text().split()
    return (int(computed_ns) + int(waited_ns)) / 1e9


def _child(case: Case, folder: Path) -> None:
    os.chdir(folder)
    for name, descriptor in ((OUT, 1), (ERR, 2)):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    sys.stdout, sys.stderr = (os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) for descriptor in (1, 2))
    have = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (have + MOST_BYTES, have + MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(
        signal.SIGXCPU, signal.SIG_DFL
    )  # a command says by which signal it ends: here it is the trial's limit
    with open(RESULT, "w", encoding="utf-8") as result:
        at = case.before() if case.before else ""
        for step in case.steps:
            done = _done(tuple(word.replace(AT, at) for word in step) if isinstance(step, tuple) else step)
            print(json.dumps(done), file=result, flush=True)
            if done["code"] != DONE:
                break
    sys.stdout.flush()
    sys.stderr.flush()


def _done(step: Step) -> dict[str, Any]:
    """Do a step: its exit code, the traceback of what it raised, what it left, and what is wrong with its JSON."""
    trace = ""
    fail = apnemu.cli._fail

    def failing(text: str, code: int, debug: bool) -> None:
        nonlocal trace
        trace = traceback.format_exc()
        fail(text, code, debug)

    begun = os.fstat(1).st_size
    there = set(os.listdir())
    apnemu.cli._fail = failing
    try:
        code = command(step) if isinstance(step, tuple) else _call(step)
    finally:
        apnemu.cli._fail = fail
    sys.stdout.flush()
    left = sorted(set(os.listdir()) - there)
    wrong = _wrong_json(begun) if isinstance(step, tuple) and "--json" in step and code in (DONE, UNMET) else ""
    return {"code": code, "trace": trace[-4000:], "left": left, "json": wrong}


def command(words: tuple[str, ...]) -> int:
    """Do a command of the command line in this process; its exit code."""
    sys.argv = ["apnemu", *words]
    try:
        apnemu.cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return DONE


def _call(step: Callable[[], object]) -> int:
    """Call Python as the command line would: what is no refusal ends as a fault of apnemu."""
    try:
        step()
    except InputError as error:
        with contextlib.suppress(SystemExit):
            apnemu.cli._fail(str(error), error.exit_code, False)
        return error.exit_code
    except Exception as error:
        with contextlib.suppress(SystemExit):
            apnemu.cli._fail(f"{type(error).__name__}: {error}; a fault of apnemu", LAB_FAILED, False)
        return LAB_FAILED
    return DONE


def _wrong_json(begun: int) -> str:
    """What is wrong with the JSON on standard output: one strict document, without Infinity and NaN."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    text = Path(OUT).read_bytes()[begun:].decode()
    try:
        json.loads(text, parse_constant=refuse)
    except ValueError as error:
        return f"--json printed no JSON: {error}"
    return ""
