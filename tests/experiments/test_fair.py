# SPDX-License-Identifier: BSD-3-Clause
"""A comparison is fair: at its defaults both networks have the same line rates, senders and probes; else it is said."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from apnemu.experiments.failover.settings import LIGHT, PACKET
from apnemu.experiments.failover.stages import streams
from apnemu.model.activities import Application, Arrivals, Flow, Probes, Saturation
from apnemu.model.scenario import Stage
from apnemu.question.context import Context
from apnemu.question.discovery import known_experiments, load_experiment, shipped_topology
from apnemu.question.lines import line_rates, with_line_rates
from apnemu.report import lines
from apnemu.report.plots import figure
from apnemu.running.asked import Asked, contexts, resolve
from apnemu.running.request import Request

COMPARED = [
    name
    for name in known_experiments()
    if load_experiment(name).computed is None and load_experiment(name).networks == ("apn", "packet")
]
SENDERS = (Application, Arrivals, Flow, Saturation)


def asked(name: str, *given: str, topology: str = "") -> Asked:
    experiment = load_experiment(name)
    return resolve(
        Request(experiment=experiment, topology=shipped_topology(topology or experiment.topology), given=given)
    )


def played(of: Asked, folder: Path) -> dict[str, tuple[Stage, ...]]:
    found = {}
    for context in contexts(of, folder, "virtual"):
        context.folder.mkdir(parents=True)
        found[context.network] = of.experiment.stages(context)
    return found


def sent(stages: tuple[Stage, ...]) -> Counter[tuple[Any, ...]]:
    """What is sent in each phase: programs by their names, flows by their sizes, others' frames by their directions."""
    return Counter(
        (stage.phase if kind is not Application else "", kind.__name__, *_what(one))
        for stage in stages
        for kind in SENDERS
        for one in stage.of(kind)
        if kind is not Arrivals
    ) + Counter({(stage.phase, "Arrivals"): 1 for stage in stages if stage.of(Arrivals)})


def _what(one: Any) -> tuple[Any, ...]:
    if isinstance(one, Flow):
        return (one.size_bytes, one.streams, one.congestion_control, one.start_ns // 10**9)
    return (one.name,) if isinstance(one, Application) else ()


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPARED)
def test_defaults_are_fair(name: str, tmp_path: Path) -> None:
    of = asked(name)
    rates = {network: line_rates(network, of.plant, of.assignment) for network in of.request.networks}
    assert len(rates["packet"]) == 1 and {*rates["apn"]} <= {*rates["packet"]}, rates
    assert rates["apn"] or of.experiment.usual_networks == ("apn",)  # all its light is on demand
    assert not [note for note in of.notes if "differ" in note]
    stages = played(of, tmp_path)
    assert sent(stages["apn"]) == sent(stages["packet"])
    if name == "failover":
        return
    probes = {network: [one for stage in own for one in stage.of(Probes)] for network, own in stages.items()}
    for light, routed in zip(probes["apn"], probes["packet"], strict=True):
        assert (light.count, light.frame_bytes) == (routed.count, routed.frame_bytes)
        assert light.gap_ns == routed.gap_ns


def test_a_cut_is_watched_alike_under_every_scheme() -> None:
    """Also in a scenario so long that frames must be fewer; by one rule frames are dense where an outage may begin and
    end, and nowhere else."""
    for given, least_ns in (((), 5_000_000), (("packet_gap_us=700",), 700_000), (("dead_s=300",), 5_000_000)):
        of = asked("failover", *given, topology="tokyo-metro")
        found = {context.network: streams(context) for context in contexts(of, Path("nowhere"), "virtual")}
        every = [*found["apn"].values(), *found["packet"].values()]
        assert len(every) == len((*LIGHT, *PACKET))
        assert len({stream.gap_ns for stream in every}) == 1 and every[0].gap_ns >= least_ns
        assert max(stream.count for stream in every) <= 65_535
        for scheme, stream in (*found["apn"].items(), *found["packet"].items()):
            dense = stream.dense
            assert all(span.gap_ns == max(50_000, (span.until_ns - span.from_ns) // 5_000) for span in dense), scheme
            assert max(span.until_ns for span in dense) <= stream.count * stream.gap_ns
        assert {span.gap_ns for scheme in LIGHT for span in found["apn"][scheme].dense} == {50_000}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("latency", ("line_rate_gbps=40",)),
        ("virtual_dc_pool", ("line_rate_gbps=100",)),
        ("virtual_dc_training", ("line_rate_gbps=10",)),
        ("throughput", ("rate_gbps=100", "line_rate_gbps=10")),
        ("virtual_dc_migration", ("rate_gbps=10,100",)),
    ],
)
def test_lines_that_differ_are_said_in_notes_rows_answer_and_figures(name: str, given: tuple[str, ...]) -> None:
    of = asked(name, *given)
    (note,) = [note for note in of.notes if note.startswith("The lines differ: ")]
    assert note in of.warnings
    networks = contexts(of, Path("nowhere"), "virtual")
    pairs = [(path.source, path.target) for path in of.assignment.lightpaths]
    bare = [{"network": context.network, "from": a, "to": b} for context in networks for a, b in pairs]
    rows = with_line_rates(bare, networks)
    assert {(row["network"], row["line_rate_gbps"]) for row in rows} == {
        (context.network, rate) for context in networks for rate in line_rates(context.network, of.plant, of.assignment)
    }
    assert lines.of_rows(rows) == note
    drawn = lines.noted(figure("title", "caption", Markup("")), rows)
    assert note in drawn and drawn.endswith("</figure>")
    nameless = with_line_rates([{"network": context.network} for context in networks], networks)
    assert [row.get("line_rate_gbps") for row in nameless] == [
        rates[0] if len(rates) == 1 else None
        for rates in (line_rates(context.network, of.plant, of.assignment) for context in networks)
    ]


def test_a_row_has_the_line_of_its_own_pair() -> None:
    """Of demands of several rates, over routers that are as fast as the fastest."""
    of = asked("throughput", "rate_gbps=0", topology="tokyo-metro")
    networks: list[Context[Any]] = contexts(of, Path("nowhere"), "virtual")
    rows = [
        {"network": "apn", "from": "toyosu", "to": "mitaka"},
        {"network": "packet", "from": "toyosu", "to": "mitaka"},
    ]
    assert [row["line_rate_gbps"] for row in with_line_rates(rows, networks)] == [200.0, 400.0]
    assert with_line_rates([{"other": 1}], networks) == [{"other": 1}]
