# SPDX-License-Identifier: BSD-3-Clause
"""The demo's table, of recorded runs: both networks side by side, on lines that are what its title says."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.question.discovery import load_experiment, shipped_topology
from apnemu.question.lines import line_rates
from apnemu.report import words
from apnemu.running.asked import answer, resolve
from apnemu.running.demo import RUNS, demo_lines, demo_table
from apnemu.running.finished import Finished
from apnemu.running.request import Request
from tests.recorded.case import case_of, finished


def recorded() -> list[Finished]:
    runs = []
    for name, _, _ in RUNS:
        case = case_of(name)
        asked = resolve(case.request)
        rows = case.rows(asked)
        runs.append(finished(asked, rows, answer(asked, rows)))
    return runs


def test_a_line_has_what_either_network_did() -> None:
    runs = recorded()
    lines = {line.what: dict(line.values) for line in demo_lines(runs)}
    assert len(lines) == 6 and all(list(values) == ["apn", "packet"] for values in lines.values())
    trips, loops, flows = (run.document["results"] for run in runs)
    for network in ("apn", "packet"):
        own = [row for row in trips if row["network"] == network]
        off = [abs(row[key] - row["predicted_rtt_ns"]) for row in own for key in ("rtt_ns_min", "rtt_ns_max")]
        assert lines["worst probe of 2 pairs, off the closed form"][network] == words.duration(max(off))
        assert lines["worst pair's jitter"][network] == words.duration(max(row["jitter_ns"] for row in own))
        missed = sum(row["missed"] for row in loops if row["network"] == network)
        (late,) = [values for what, values in lines.items() if what.endswith(": late")]
        assert late[network].startswith(f"{missed:,} of ")
        goodput = next(row["goodput_gbps"] for row in flows if row["network"] == network)
        assert lines["one TCP flow, nobody else there"][network] == f"{words.gbps(goodput)} Gbit/s"


def test_the_table_fits_a_terminal_of_eighty_columns() -> None:
    terminal = Console(file=StringIO(), width=80, color_system=None)
    terminal.print(demo_table(demo_lines(recorded())))
    assert isinstance(terminal.file, StringIO)
    text = terminal.file.getvalue()
    assert "…" not in text and f"Lines of {AFFORDABLE_GBPS:g} Gbit/s on both" in text


def test_the_lines_are_what_the_title_says() -> None:
    for name, topology, given in RUNS:
        asked = resolve(Request(experiment=load_experiment(name), topology=shipped_topology(topology), given=given))
        for network in asked.request.networks:
            assert line_rates(network, asked.plant, asked.assignment) == (AFFORDABLE_GBPS,)
