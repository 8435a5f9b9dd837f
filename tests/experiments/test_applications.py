# SPDX-License-Identifier: BSD-3-Clause
"""Applications in a site, as a researcher writes them: what they find out, and every way in which they go wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from apnemu.blueprint.applications import check
from apnemu.errors import InputError
from apnemu.model.activities import Application
from apnemu.model.scenario import Stage
from apnemu.units import VirtualNs
from tests.experiments.command import THREE_SITES, Done, apnemu

OWN = '''
from __future__ import annotations
import json
from dataclasses import dataclass
from typing import Annotated
import pyarrow.compute as pc
from apnemu import Application, Experiment, Setting, Stage, Verdict
from apnemu.units import VirtualNs

SERVER = """
import socket, sys
server = socket.create_server((sys.argv[1], 7000))
while True:
    one, _ = server.accept()
    one.sendall(one.recv(100))
"""
CLIENT = """
import json, socket, sys, time
begun = time.monotonic_ns()
one = socket.create_connection((sys.argv[1], 7000))
one.sendall(b"hello")
print("@record", json.dumps({"answer": one.recv(100).decode(), "ns": time.monotonic_ns() - begun}))
print("done")
"""
@dataclass(frozen=True)
class Settings:
    case: Annotated[str, Setting("Way that the client goes")] = "good"


CASES = {
    "good": CLIENT,
    "dies": "import sys; print('no such table'); sys.exit(7)",
    "faults": "import os; print('so far'); os.kill(os.getpid(), 11)",
    "hangs": "import time; print('waiting'); time.sleep(10000)",
    "fills": "open('big', 'wb').write(bytes(20_000_000))",
    "prints": "while True: print('again and again')",
    "forks": "import os, time\\nwhile True: os.fork() or time.sleep(10000)",
}


def stages(context):
    case = context.settings.case
    server = SERVER if case != "server" else "import time; time.sleep(0.5); raise SystemExit(4)"
    ready = "listens:7000" if case != "unready" else "listens:7001"
    python = ("{python}", "-c")
    return (
        Stage(
            phase="asked",
            duration_ns=VirtualNs(1_000_000),
            activities=(
                Application(name="client", site="osaka", role="job", needs=("server",), limit_s=30,
                            disk_bytes=10_000_000,
                            argv=(*python, CASES.get(case, CASES["hangs"]), "{address:tokyo}")),
                Application(name="server", site="tokyo", role="service", ready=ready, ready_limit_s=5,
                            argv=(*python, server, "{address:tokyo}")),
            ),
        ),
    )


def rows(table, contexts):
    return [
        {"network": record["network"], "at": record["source"], **json.loads(record["detail"])}
        for record in table.filter(pc.equal(table["kind"], "application")).to_pylist()
    ]


EXPERIMENT = Experiment(
    name="own",
    question="Who answers?",
    topology="three-sites",
    settings=Settings,
    stages=stages,
    rows=rows,
    expected=lambda settings: "an answer on each network",
    judge=lambda results, settings: Verdict(judged=1, failed=() if len(results) == 2 else ({},)),
)
'''


def run(folder: Path, case: str, *more: str) -> Done:
    (folder / "own.py").write_text(OWN)
    return apnemu(
        "run", "own.py", *THREE_SITES, "--set", f"case={case}", *more, "--json", "--out", "run", folder=folder
    )


@pytest.mark.guest
def test_a_server_and_its_client(tmp_path: Path) -> None:
    found = run(tmp_path, "good").json()
    assert found["expectation"]["met"]
    by_network = {row["network"]: row for row in found["results"]}
    assert all(row["answer"] == "hello" and row["at"] == "osaka" for row in by_network.values())
    light_ns = 4 * 552.6 * 4_896.7  # two round trips of light: connection, then question and answer
    assert light_ns < by_network["apn"]["ns"] < light_ns + 200_000 < by_network["packet"]["ns"]
    assert (tmp_path / "run" / "apps" / "apn" / "asked-client.log").read_text().endswith("done\n")


@pytest.mark.guest
@pytest.mark.parametrize(
    ("case", "said"),
    [
        (
            "dies",
            "application client at osaka ended with 7; it said: no such table; all of it is in apps/asked-client.log",
        ),
        ("faults", "application client at osaka was ended by SIGSEGV; it said: so far; all of it is in apps/asked-"),
        ("hangs", "application client at osaka had not ended after 30 virtual s; it said: waiting;"),
        ("fills", "application client at osaka ended with 1, its disk of 10 MB is full; it said: "),
        ("prints", "application client at osaka printed more than 1048576 bytes; it said: again and again"),
        pytest.param(
            "forks",
            "BlockingIOError: [Errno 11] Resource temporarily unavailable; all of it is in apps/asked-client.log",
            marks=pytest.mark.long,
        ),
        ("server", "application server at tokyo is a service and ended with 4 while it was needed; it said nothing;"),
        ("unready", "application server at tokyo was not ready (listens:7001) within 5 virtual s; it said nothing;"),
    ],
)
def test_what_goes_wrong_is_named(case: str, said: str, tmp_path: Path) -> None:
    if case == "server":
        (tmp_path / "own.py").write_text(OWN.replace('"listens:7000" if', '"" if'))
    done = run(tmp_path, case, "--network", "apn")
    assert done.code == 3
    assert said in done.err and done.err.count("Traceback") <= done.err.count("it said: Traceback")


@pytest.mark.guest
def test_load_that_would_outlast_those_who_feel_it(tmp_path: Path) -> None:
    """The jobs end after a few virtual ms, and others' traffic of 5 s is let be."""
    own = OWN.replace(
        "import json\n",
        "import dataclasses, json\nfrom apnemu.question.pairs import fibres_both_ways\n"
        "from apnemu.question.traffic import arrivals\n",
        1,
    )
    own = own.replace("def stages(context):", "def asked(context):").replace("stages=stages", "stages=asked")
    own += """
def stages(context):
    fibres = fibres_both_ways(context, ("tokyo", "osaka"))
    others = arrivals(context, "asked", fibres, 0.01, 5_000_000_000)
    return tuple(
        dataclasses.replace(stage, load=0.01, activities=(*stage.activities, *others)) for stage in asked(context)
    )

def judge(results, settings):
    return Verdict(judged=1, failed=() if len(results) == 1 else ({},))

EXPERIMENT = dataclasses.replace(EXPERIMENT, stages=stages, networks=("packet",), judge=judge)
"""
    (tmp_path / "own.py").write_text(own)
    done = apnemu("run", "own.py", *THREE_SITES, "--json", "--out", "run", folder=tmp_path)
    assert done.json()["expectation"]["met"], done.err


def application(name: str, *needs: str, argv: tuple[str, ...] = ("true",), site: str = "tokyo") -> Application:
    return Application(name=name, site=site, argv=argv, role="job", needs=needs)


@pytest.mark.parametrize(
    ("applications", "said"),
    [
        ([application("a"), application("a")], "application a of stage 's' is there twice"),
        ([application("a", site="kyoto")], "names host kyoto-h1; there are tokyo-h1; name one that is there"),
        ([application("a", argv=("x", "{address:tokyo:2}"))], "names host tokyo-h2; there are tokyo-h1"),
        ([application("a", "b")], "needs b; there is no such application in the stage"),
        ([application("a", "b"), application("b", "a")], "needs b, which needs it in turn; break the circle"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(applications: list[Application], said: str) -> None:
    stage = Stage(phase="s", duration_ns=VirtualNs(1), activities=tuple(applications))
    with pytest.raises(InputError) as refused:
        check([stage], {"tokyo-h1": "10.0.1.1"})
    assert said in str(refused.value)


def test_a_missing_program_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    needs = 'needs=(Program(path="/usr/lib/*/no-such-program", package="no-such-package", why="its server"),),'
    own = OWN.replace('question="Who', f'{needs} question="Who').replace(
        "import Application, Experiment", "import Application, Experiment, Program"
    )
    (tmp_path / "own.py").write_text(own)
    done = apnemu("run", "own.py", *THREE_SITES, folder=tmp_path)
    assert done.code == 3
    assert (
        "own runs no-such-program (its server), which is not on this machine; apnemu setup own.py installs" in done.err
    )
