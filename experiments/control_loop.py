# SPDX-License-Identifier: BSD-3-Clause
"""Physical AI at the edge: does the answer come in time, from an edge, a local, a cluster data centre?

Sensors in a factory send what they see to a data centre, which takes its declared time to infer what to do; an actuator
must have the answer before a deadline. Other people's frames come at Poisson instants to the same fibre on both
networks: on the APN they have a wavelength of their own, of the loops' rate, on the packet network the routers' lines.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.model.activities import Application, Pair
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant, SiteKind
from apnemu.model.scenario import Stage
from apnemu.planning.wavelength_sharing import whole
from apnemu.question.clients import AFFORDABLE_GBPS
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.pairs import fibres_both_ways, need_joined
from apnemu.question.plants import NEAR, far_names, star
from apnemu.question.settings import Setting
from apnemu.question.traffic import arrivals, arrivals_on_light, at_both_ends
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows
from apnemu.report import columns, words
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown
from apnemu.units import VirtualNs, us_to_ns

LOOPS, OTHERS = "loops", "others"
"""Tenants of the wavelengths."""
KINDS: tuple[SiteKind, ...] = ("edge", "local", "cluster")
PORT = 7100
PROGRAM = ("{python}", "-m", "apnemu.emulation.apps.control")
SLACK_NS = 100_000
"""Time that programs take between their clock readings, and that loops wait which meet at the transceiver."""
AROUND_NS = 300_000_000
"""Time in which programs start before the first question, and wait after the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    distance_km: Annotated[
        tuple[float, ...],
        Setting("Fibre from the factory to each data centre: an edge, a local, then clusters", "km", low=0, high=6000),
    ] = (20, 200, 1000)
    load: Annotated[
        tuple[float, ...],
        Setting("Load that others offer over the same fibre, as a share of the line", low=0, high=2),
    ] = (0, 0.7, 1.05)
    loops: Annotated[int, Setting("Control loops at once", low=1, high=10_000)] = 100
    period_ms: Annotated[float, Setting("Time between two questions of a loop", "ms", low=0.01, high=10_000)] = 10.0
    deadline_ms: Annotated[
        float, Setting("Longest time from the sensor's question to the actuator's answer", "ms", low=0.001, high=10_000)
    ] = 8.0
    inference_ms: Annotated[
        float, Setting("Declared time that the data centre takes for an answer", "ms", low=0, high=10_000)
    ] = 5.0
    frame_bytes: Annotated[int, Setting("Ethernet frame of a sensor's question", "bytes", low=60, high=1514)] = 1200
    answer_bytes: Annotated[int, Setting("Ethernet frame of the answer", "bytes", low=60, high=1514)] = 100
    seconds: Annotated[float, Setting("Virtual time in which questions are asked", "s", low=0.001, high=3600)] = 0.2
    rate_gbps: Annotated[float, Setting("Rate of each lightpath", "Gbit/s", low=1, high=1600)] = AFFORDABLE_GBPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A phase: the site that is asked, and the load of others meanwhile."""

    site: str
    load: float

    @property
    def phase(self) -> str:
        """The phase's name, as records bear it."""
        return f"load={self.load:g} {self.site}"


def prepare(plant: Plant, settings: Settings) -> Plant:
    """A star around the factory; the nearest site is an edge data centre, then a local one, then clusters."""
    laid = star(plant, settings.distance_km, rate_gbps=settings.rate_gbps)
    further: list[SiteKind] = ["cluster"] * len(settings.distance_km)
    kinds = dict(zip(far_sites(settings), (*KINDS, *further), strict=False))
    sites = tuple(dataclasses.replace(site, kind=kinds.get(site.name, site.kind)) for site in laid.sites)
    others = tuple(dataclasses.replace(demand, name=f"{demand.name}-{OTHERS}") for demand in laid.demands)
    return dataclasses.replace(laid, sites=sites, demands=(*laid.demands, *(others if any(settings.load) else ())))


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """Each wavelength for one tenant: the loops, or other people."""
    shares = (whole(path, (OTHERS if path.name.endswith(OTHERS) else LOOPS,)) for path in planned.lightpaths)
    return dataclasses.replace(planned, shares=tuple(share for of_path in shares for share in of_path))


def far_sites(settings: Settings) -> list[str]:
    """The data centres' sites, in the order of `distance_km`."""
    return [far_names(number)[0] for number in range(len(settings.distance_km))]


def phases(settings: Settings) -> list[Asked]:
    """Every phase, in the order in which they are played."""
    sites = far_sites(settings)
    return [Asked(site=site, load=load) for load in dict.fromkeys(settings.load) for site in sites]


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """The phases, one after another: each load, and under it each site."""
    need_joined(context)
    return tuple(_stage(context, asked) for asked in phases(context.settings))


def _stage(context: Context[Settings], asked: Asked) -> Stage:
    settings, site, load = context.settings, asked.site, asked.load
    period_ns, deadline_ns = us_to_ns(settings.period_ms * 1e3), us_to_ns(settings.deadline_ms * 1e3)
    count = max(1, round(settings.seconds * 1e9 / period_ns))
    asking = (settings.loops, period_ns, count, settings.frame_bytes, deadline_ns)
    pair = (NEAR, site)
    ends = pair if context.network == "packet" else at_both_ends(context.assignment, pair, LOOPS)
    applications = _applications(context, ends, asking)
    duration_ns = period_ns * (count + 1) + deadline_ns + AROUND_NS
    stage = Stage(phase=asked.phase, load=load, duration_ns=VirtualNs(duration_ns), activities=applications)
    if not load:
        return stage
    file = asked.phase.replace(" ", "-")
    if context.network == "packet":
        others = arrivals(context, file, fibres_both_ways(context, pair), load, duration_ns)
    else:
        others = arrivals_on_light(context, file, pair, OTHERS, load, duration_ns)
    return dataclasses.replace(stage, activities=(*applications, *others))


def _applications(context: Context[Settings], ends: Pair, asking: tuple[int, ...]) -> tuple[Application, Application]:
    """The program that answers at the data centre, and the one that asks for all loops in the factory."""
    factory, site = ends
    settings = context.settings
    inference_ns = us_to_ns(settings.inference_ms * 1e3)
    seed = str(context.seed % 2**63)
    inference = Application(
        name="inference",
        site=site,
        role="service",
        argv=(*PROGRAM, "serve", str(PORT), str(inference_ns), str(settings.answer_bytes)),
        ready="says:serving",
    )
    sensors = Application(
        name="sensors",
        site=factory,
        role="job",
        argv=(*PROGRAM, "sense", f"{{address:{site}}}", str(PORT), *map(str, asking), seed),
        needs=("inference",),
    )
    return inference, sensors


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network, load and site: how many deadlines were missed, and how long answers took."""
    results: list[Row] = []
    for context in contexts:
        settings = context.settings
        site_of = {asked.phase: asked.site for asked in phases(settings)}
        distances = dict(zip(far_sites(settings), settings.distance_km, strict=True))
        rtts_ns = context.predicted_rtts(settings.frame_bytes)
        own = table.filter(pc.equal(table["network"], context.network))
        for record in own.filter(pc.equal(own["kind"], "application")).to_pylist():
            site = site_of[record["phase"]]
            measured = json.loads(record["detail"])
            results.append(
                {
                    "site": site,
                    "kind": context.plant.site[site].kind,
                    "network": context.network,
                    "load": record["load"],
                    "loops": settings.loops,
                    "missed": measured["missed"],
                    "deadline_ns": us_to_ns(settings.deadline_ms * 1e3),
                    "distance_km": distances[site],
                    "missed_share": round(measured["missed"] / measured["asked"], 9),
                    "predicted_response_ns": _predicted_ns(rtts_ns, (NEAR, site), settings),
                    **measured,
                }
            )
    return results


def _predicted_ns(rtts_ns: Mapping[Pair, int], pair: Pair, settings: Settings) -> int:
    """The light's round trip and the inference: nothing else is meant to take time."""
    return rtts_ns[pair] + us_to_ns(settings.inference_ms * 1e3)


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        "over the APN no deadline is missed where a round trip and the inference leave "
        f"{SLACK_NS / 1e3:g} us of it, at any load, and every one where they alone take longer"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row of the APN whose deadline is not within the slack of the closed form."""
    about = f"the APN where the deadline is not within {SLACK_NS / 1e3:g} us of the closed form"
    return judge_rows(results, _claims, KEY, about=about)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    if row["network"] != "apn":
        return
    if row["predicted_response_ns"] > row["deadline_ns"]:
        yield at_least("deadlines missed", row["missed"], row["asked"])
    elif row["predicted_response_ns"] + SLACK_NS <= row["deadline_ns"]:
        yield at_most("deadlines missed", row["missed"], 0)


def sentence(results: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """How far away a data centre may be that no deadline is missed, by network and load.

    >>> sentence([{"network": "apn", "distance_km": 20, "missed": 0, "load": 0.0},
    ...           {"network": "apn", "distance_km": 200, "missed": 9, "load": 0.0},
    ...           {"network": "apn", "distance_km": 20, "missed": 0, "load": 0.7},
    ...           {"network": "packet", "distance_km": 20, "missed": 9, "load": 1.05}], {})
    'No deadline is missed up to 20 km over the APN at load 0 and 0.7, nowhere over the packet network at load 1.05.'
    """
    loads: dict[tuple[str, str], list[str]] = {}
    for network, load in dict.fromkeys((row["network"], row["load"]) for row in results):
        own = [row for row in results if (row["network"], row["load"]) == (network, load)]
        first_missed = min((row["distance_km"] for row in own if row["missed"]), default=float("inf"))
        kept = [row["distance_km"] for row in own if row["distance_km"] < first_missed]
        reach = f"up to {max(kept):g} km" if kept else "nowhere"
        loads.setdefault((reach, network), []).append(f"{load:g}")
    parts = [
        f"{reach} over the {words.network(network)} at load {' and '.join(alike)}"
        for (reach, network), alike in loads.items()
    ]
    return f"No deadline is missed {', '.join(parts)}."


MISSED = Curve(
    title="Deadlines missed",
    caption="Of all loops' answers, the share that came after the deadline.",
    x="distance_km",
    y="missed_share",
    axes=("distance, km", "share missed"),
    unit="share",
    split=("load",),
    split_words=lambda row: f"load {row['load']:g}",
)
KEY = ("site", "distance_km", "network", "load")
BRIEF = (
    columns.network_short(),
    columns.text("site"),
    columns.plain("distance_km", "km"),
    columns.plain("load"),
    columns.part("missed", "asked", "missed"),
    columns.duration("response_ns_p50", "answer p50"),
    columns.duration("response_ns_p99", "p99"),
    columns.duration("predicted_response_ns", "predicted"),
)
EXPERIMENT = Experiment(
    name="control_loop",
    question="Does a machine get its answer in time from an edge, a local, a cluster data centre?",
    topology="three-sites",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=Shown(sentence=sentence, figures=(MISSED,), brief=BRIEF),
)
