# SPDX-License-Identifier: BSD-3-Clause
"""A small synthetic plant and what might be measured on it; a seed gives the same always."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np

from apnemu.experiments.loss import loss_rows
from apnemu.experiments.throughput import throughput_rows
from apnemu.question.discovery import known_experiments, load_experiment
from apnemu.question.round_trips import latency_rows
from apnemu.records.record import Record
from apnemu.records.table import to_table
from apnemu.report.page import Part
from apnemu.report.shown import Shown
from apnemu.units import fibre_delay_ns

NAMES = ("kita", "minami", "higashi", "nishi", "naka")


def picture(names: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """Sites on a seeded scatter, joined in a ring with one chord, a lightpath for each pair."""
    rng = np.random.default_rng(3)
    places = rng.uniform((31.0, 130.0), (43.0, 141.0), size=(len(names), 2)).round(3).tolist()
    kinds = ("cluster", "local", "edge", "exchange")
    sites = [
        {"name": name, "kind": kinds[index % 4], "lat": lat, "lon": lon, "power_mw": 300.0 - index}
        for index, (name, (lat, lon)) in enumerate(zip(names, places, strict=True))
    ]
    graph = nx.cycle_graph(len(names))
    graph.add_edge(0, len(names) // 2)
    fibres = [
        {"name": f"{names[a]}-{names[b]}", "a": names[a], "b": names[b], "length_km": round(100.0 + 37.5 * index, 1)}
        for index, (a, b) in enumerate(graph.edges)
    ]
    network = nx.Graph()
    network.add_weighted_edges_from((fibre["a"], fibre["b"], fibre["length_km"]) for fibre in fibres)
    paths = [_lightpath(network, index, ends) for index, ends in enumerate(combinations(names, 2))]
    return {
        "topology": "five-sites",
        "source": "made for a test",
        "licence": "facts",
        "inferred": ["power_mw"],
        "sites": sites,
        "fibres": fibres,
        "lightpaths": paths,
        "refusals": [],
        "packet": {"line_rate_gbps": 100.0, "buffer_bytes": 12_500_000},
    }


def documents(plant: dict[str, Any], probes: int = 20) -> list[dict[str, Any]]:
    """Latency, loss and throughput, as `apnemu run --json` prints them."""
    table = to_table([*_probes(plant, probes), *_flows(plant), *_intervals(plant)])
    predicted = {
        (path["from"], path["to"], network): 2 * path["delay_ns"] + extra
        for path in plant["lightpaths"]
        for network, extra in (("apn", 0), ("packet", 60_000))
    }
    return [
        document("latency", latency_rows(table, predicted)),
        document("loss", loss_rows(table)),
        document("throughput", throughput_rows(table)),
    ]


def shown_of(experiment: str) -> Shown:
    """How an experiment of ours shows its rows; anybody else's is a table."""
    return load_experiment(experiment).shown if experiment in known_experiments() else Shown()


def parts(documents: list[dict[str, Any]], plant: dict[str, Any], **manifest: Any) -> list[Part]:
    """Documents as a page takes them, all over one plant and with one manifest."""
    return [
        Part(document=one, shown=shown_of(one["experiment"]), manifest=manifest, picture=plant) for one in documents
    ]


def document(experiment: str, results: list[Any]) -> dict[str, Any]:
    return {
        "run_dir": "runs/one",
        "experiment": experiment,
        "seed": 1,
        "time": "virtual",
        "virtual_s": 12.5,
        "wall_s": 3.25,
        "peak_memory_bytes": 1_186_000_000,
        "expectation": {"text": f"what {experiment} was expected to be", "met": True},
        "results": results,
    }


def _lightpath(network: nx.Graph, index: int, ends: tuple[str, str]) -> dict[str, Any]:
    route = nx.shortest_path(network, *ends, weight="weight")
    return {
        "name": "-".join(ends),
        "from": ends[0],
        "to": ends[1],
        "route": route,
        "slot": {"n": -282 + 12 * index, "m": 6},
        "mode": "400G",
        "rate_gbps": 400.0,
        "gsnr_db": 22.0,
        "margin_db": 1.5,
        "delay_ns": fibre_delay_ns(nx.path_weight(network, route, "weight")) + 4_000,
    }


def _probes(plant: dict[str, Any], number: int) -> Iterator[Record]:
    rng = np.random.default_rng(5)
    for network in ("apn", "packet"):
        for path in plant["lightpaths"]:
            for seq in range(number):
                queue = 0 if network == "apn" else 60_000 + int(rng.exponential(80_000))
                lost = network == "packet" and rng.random() < 0.01
                yield Record(
                    network=network,
                    kind="probe",
                    phase="loaded",
                    source=path["from"],
                    target=path["to"],
                    seq=seq,
                    at_ns=seq * 1_000_000,
                    rtt_ns=None if lost else 2 * path["delay_ns"] + queue,
                    one_way_ns=None if lost else path["delay_ns"] + queue // 2,
                )


def _flows(plant: dict[str, Any]) -> Iterator[Record]:
    rng = np.random.default_rng(6)
    source, target = plant["lightpaths"][0]["from"], plant["lightpaths"][0]["to"]
    for network in ("apn", "packet"):
        for load in (0.5, 0.9, 1.2):
            crowded = network == "packet" and load > 0.8
            for seq in range(8):
                yield Record(
                    network=network,
                    kind="flow",
                    phase=f"load={load}",
                    source=source,
                    target=target,
                    seq=seq,
                    at_ns=0,
                    sent=1_000_000,
                    bytes=1_000_000 - 100_000 * crowded,
                    duration_ns=None if crowded and seq == 7 else int(rng.integers(1_000_000, 2_000_000)),
                    retransmits=int(rng.integers(1, 9)) * crowded,
                    load=load,
                )
            yield Record(
                network=network,
                kind="queue",
                name="naka>kita",
                at_ns=0,
                duration_ns=4_000_000,
                sent=6_000,
                drops=17 * crowded,
                load=load,
            )


def _intervals(plant: dict[str, Any]) -> Iterator[Record]:
    source, target = plant["lightpaths"][0]["from"], plant["lightpaths"][0]["to"]
    for network, line_rate_gbps, share in (("apn", 400, 0.95), ("packet", 100, 0.8)):
        detail = {"flows": 8, "congestion_control": "cubic", "line_rate_gbps": line_rate_gbps}
        yield Record(
            network=network,
            kind="interval",
            name="eight flows",
            source=source,
            target=target,
            at_ns=1_000_000_000,
            duration_ns=1_000_000_000,
            bytes=round(line_rate_gbps * share * 125_000_000),
            retransmits=0,
            detail=json.dumps(detail),
        )
