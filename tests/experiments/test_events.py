# SPDX-License-Identifier: BSD-3-Clause
"""Events on both networks: what is lost while a fibre or a site is dead, and that repair brings it back."""

from __future__ import annotations

import pytest

from tests.experiments.command import THREE_SITES, Done, apnemu

OWN = """
import json
import pyarrow.compute as pc
from apnemu.question.experiment import Experiment
from apnemu.model.activities import Event, Probes
from apnemu.model.scenario import Stage
from apnemu.units import VirtualNs

MS = 1_000_000


def event(at_ms, kind, fibres=(), sites=(), silent=False):
    return Event(at_ns=VirtualNs(at_ms * MS), kind=kind, what=kind, fibres=fibres, sites=sites, silent=silent)


CASES = {
    "cut": (event(50, "cut", ("tokyo-nagoya",)), event(90, "repair", ("tokyo-nagoya",))),
    "silent": (event(50, "cut", ("tokyo-nagoya",), silent=True), event(90, "repair", ("tokyo-nagoya",))),
    "between": (event(50, "lose", sites=("nagoya",)), event(90, "repair", sites=("nagoya",))),
    "end": (event(50, "lose", sites=("osaka",)), event(90, "repair", sites=("osaka",))),
    "half mended": (
        event(50, "region", ("tokyo-nagoya", "nagoya-osaka"), ("nagoya",)),
        event(60, "repair", ("tokyo-nagoya", "nagoya-osaka")),
        event(90, "repair", sites=("nagoya",)),
    ),
    "left dead": (event(50, "cut", ("nagoya-osaka",)),),
    "whole again": (),
}


def stages(context):
    probes = Probes(pairs=(("tokyo", "osaka"),), count=150, gap_ns=VirtualNs(MS))
    return tuple(
        Stage(phase=name, duration_ns=VirtualNs(MS), activities=(probes, *events)) for name, events in CASES.items()
    )


def rows(table, contexts):
    found = []
    for network in ("apn", "packet"):
        for phase in CASES:
            own = table.filter(pc.and_(pc.equal(table["phase"], phase), pc.equal(table["network"], network)))
            probes = [row for row in own.to_pylist() if row["kind"] == "probe"]
            events = [row for row in own.to_pylist() if row["kind"] == "event"]
            found.append(
                {
                    "network": network,
                    "case": phase,
                    "sent": [(row["at_ns"] - probes[0]["at_ns"]) / MS for row in probes],
                    "lost": [(row["at_ns"] - probes[0]["at_ns"]) / MS for row in probes if row["one_way_ns"] is None],
                    "events": [(row["name"], round((row["at_ns"] - probes[0]["at_ns"]) / MS)) for row in events],
                }
            )
    return found


EXPERIMENT = Experiment(
    name="own",
    question="What is lost?",
    topology="three-sites",
    stages=stages,
    rows=rows,
    expected=lambda settings: "light comes back",
)
"""
ONE_WAY_MS = 552.6 / 204.2
"""Of the light in the fibres, at 204.2 km a ms."""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("events")
    (folder / "own.py").write_text(OWN)
    return apnemu("run", "own.py", *THREE_SITES, "--json", "--out", "run", folder=folder)


@pytest.mark.guest
@pytest.mark.parametrize("network", ["apn", "packet"])
@pytest.mark.parametrize("case", ["cut", "silent", "between", "end", "half mended", "left dead", "whole again"])
def test_what_is_sent_while_something_is_dead_is_lost_and_nothing_else(done: Done, network: str, case: str) -> None:
    row = next(row for row in done.json()["results"] if (row["network"], row["case"]) == (network, case))
    if case == "whole again":
        assert row["lost"] == []
        return
    until = 90 if case != "left dead" else 1000
    in_the_dark = {at for at in row["sent"] if 50.2 < at < until - ONE_WAY_MS - 0.2}
    untouched = {at for at in row["sent"] if at < 50 - ONE_WAY_MS - 0.2 or at > until + 0.2}
    assert in_the_dark <= set(row["lost"])
    assert not untouched & set(row["lost"])
    assert row["events"][0][1] in (50, 49)
