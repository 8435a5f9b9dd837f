"""Physical AI at the edge: does the answer come in time, from an edge, a local, a cluster data centre?

Sensors in a factory send what they see to a data centre, which takes its declared time to infer what to do; an actuator
must have the answer before a deadline. On the APN the loops have a wavelength of their own while the others run full;
on the packet network they share the routers' lines with other people's frames.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.activities import Application, Pair
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question.experiment import Context, Experiment, Row, Setting
from apnemu.question.stages import NEAR, arrivals, far_names, fibres_both_ways, need_joined, star
from apnemu.question.traffic import filling_ns, saturation
from apnemu.units import VirtualNs, us_to_ns

KINDS = ("edge", "local", "cluster")
PORT = 7100
PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.control")
SLACK_NS = 100_000
"""What programs take between their clock readings, and loops that meet at the transceiver."""
AROUND_NS = 300_000_000
"""Programs start before the first question, and wait after the last."""


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    """A star around the factory; the nearest site is an edge data centre, then a local one, then clusters."""
    laid = star(plant, settings["distance_km"], rate_gbps=settings["rate_gbps"])
    kinds = dict(zip(far_sites(settings), (*KINDS, *["cluster"] * len(settings["distance_km"])), strict=False))
    sites = tuple(dataclasses.replace(site, kind=kinds.get(site.name, site.kind)) for site in laid.sites)
    return dataclasses.replace(laid, sites=sites)


def far_sites(settings: Mapping[str, Any]) -> list[str]:
    return [far_names(number)[0] for number in range(len(settings["distance_km"]))]


def stages(context: Context) -> tuple[Stage, ...]:
    need_joined(context)
    sites = far_sites(context.settings)
    return tuple(_stage(context, load, site) for load in dict.fromkeys(context.settings["load"]) for site in sites)


def _stage(context: Context, load: float, site: str) -> Stage:
    settings = context.settings
    phase, pair = f"load={load:g} {site}", (NEAR, site)
    period_ns, deadline_ns = us_to_ns(settings["period_ms"] * 1e3), us_to_ns(settings["deadline_ms"] * 1e3)
    count = max(1, round(settings["seconds"] * 1e9 / period_ns))
    inference_ns = us_to_ns(settings["inference_ms"] * 1e3)
    seed = str(context.seed % 2**63)
    asking = (settings["loops"], period_ns, count, settings["frame_bytes"], deadline_ns)
    applications = (
        Application(
            name="inference",
            site=site,
            role="service",
            argv=(*PROGRAM, "serve", str(PORT), str(inference_ns), str(settings["answer_bytes"])),
            ready="says:serving",
        ),
        Application(
            name="sensors",
            site=NEAR,
            role="job",
            argv=(*PROGRAM, "sense", f"{{address:{site}}}", str(PORT), *map(str, asking), seed),
            needs=("inference",),
        ),
    )
    duration_ns = period_ns * (count + 1) + deadline_ns + AROUND_NS
    stage = Stage(phase=phase, load=load, duration_ns=VirtualNs(duration_ns), activities=applications)
    if not load:
        return stage
    if context.network == "packet":
        file = phase.replace(" ", "-")
        others = arrivals(context, file, fibres_both_ways(context, pair), load, duration_ns)
        return dataclasses.replace(stage, activities=(*applications, *others))
    others_full = tuple(
        saturation(context.plant, path)
        for path in context.assignment.lightpaths
        if site not in (path.source, path.target)
    )
    return dataclasses.replace(
        stage,
        activities=(*applications, *others_full),
        duration_ns=VirtualNs(duration_ns + filling_ns(others_full)),
    )


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    found: list[Row] = []
    for context in contexts:
        settings = context.settings
        distances = dict(zip(far_sites(settings), settings["distance_km"], strict=True))
        rtts_ns = context.predicted_rtts(settings["frame_bytes"])
        own = table.filter(pc.equal(table["network"], context.network))
        for record in own.filter(pc.equal(own["kind"], "application")).to_pylist():
            site = record["phase"].rpartition(" ")[2]
            seen = json.loads(record["detail"])
            found.append(
                {
                    "site": site,
                    "kind": context.plant.site[site].kind,
                    "network": context.network,
                    "load": record["load"],
                    "loops": settings["loops"],
                    "missed": seen["missed"],
                    "deadline_ns": us_to_ns(settings["deadline_ms"] * 1e3),
                    "distance_km": distances[site],
                    "missed_share": round(seen["missed"] / seen["asked"], 9),
                    "predicted_response_ns": _predicted_ns(rtts_ns, (NEAR, site), settings),
                    **seen,
                }
            )
    return found


def _predicted_ns(rtts_ns: Mapping[Pair, int], pair: Pair, settings: Mapping[str, Any]) -> int:
    """The light's round trip and the inference: nothing else is meant to take time."""
    return rtts_ns[pair] + us_to_ns(settings["inference_ms"] * 1e3)


def expected(settings: Mapping[str, Any]) -> str:
    return (
        "over the APN no deadline is missed where a round trip and the inference leave "
        f"{SLACK_NS / 1e3:g} us of it, at any load, and every one where they alone take longer"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row) for row in results if row["network"] == "apn")


def _met(row: Row) -> bool:
    if row["predicted_response_ns"] > row["deadline_ns"]:
        return bool(row["missed"] == row["asked"])
    return bool(row["missed"] == 0 or row["predicted_response_ns"] + SLACK_NS > row["deadline_ns"])


EXPERIMENT = Experiment(
    name="control_loop",
    question="Does a machine get its answer in time from an edge, a local, a cluster data centre?",
    topology="three-sites",
    settings=(
        Setting(
            name="distance_km",
            default=(20, 200, 1000),
            low=0,
            high=6000,
            many=True,
            meaning="of fibre from the factory to an edge, a local, a cluster data centre (and more clusters)",
        ),
        Setting(name="load", default=(0, 0.7, 1.05), low=0, high=2, many=True, meaning="of others, on the same fibre"),
        Setting(name="loops", default=100, low=1, high=10_000, whole=True, meaning="control loops at once"),
        Setting(name="period_ms", default=10.0, low=0.01, high=10_000, meaning="between a loop's questions"),
        Setting(name="deadline_ms", default=8.0, low=0.001, high=10_000, meaning="from the sensor to the actuator"),
        Setting(name="inference_ms", default=5.0, low=0, high=10_000, meaning="that the data centre takes, declared"),
        Setting(name="frame_bytes", default=1200, low=60, high=1514, whole=True, meaning="of what a sensor sends"),
        Setting(name="answer_bytes", default=100, low=60, high=1514, whole=True, meaning="of what an actuator gets"),
        Setting(name="seconds", default=0.2, low=0.001, high=3600, meaning="virtual, of questions"),
        Setting(name="rate_gbps", default=100, low=1, high=1600, meaning="of each lightpath"),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
