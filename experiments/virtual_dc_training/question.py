"""A model trained by several data centres together: how much longer does a step take than in one?

Each step computes for a declared time and sums gradients over real TCP. Beside it, in the same run, the same workers in
one data centre: no distance between them, and `local_gbps` for each connection.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.emulation.apps.training import HEAD
from apnemu.errors import InputError
from apnemu.experiments.virtual_dc_training.gloo import GLOO, OWN, gloo_stages, need_torch, numbers
from apnemu.model.activities import Application
from apnemu.model.plant import Plant, Roadm
from apnemu.model.scenario import Stage
from apnemu.placement.allreduce import Training, fitted_bytes_per_compute_s, sent_between_sites, step_s
from apnemu.placement.training_models import MODELS
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.plants import ring_demands, ring_names, rings
from apnemu.question.settings import Setting
from apnemu.report.training_rows import beside_gloo
from apnemu.units import VirtualNs, gbps_to_bytes_per_s, ns_to_s

PORT = 7400
PROBE_BYTES = 98
HOME = "one data centre"
PATIENCE_S = 600.0
LOWEST_GBPS = 0.001
TOLERANCE = 0.05
WIRE_TOLERANCE = 0.01


def lengths_km(settings: Mapping[str, Any]) -> list[float | None]:
    """The distances that are asked for; None is the topology's, or that of `rtt_ms`."""
    texts = [text for text in settings["distance_km"] if text] if settings["distance_km"] else []
    found: list[float | None] = []
    for text in texts:
        try:
            number = float(text)
        except ValueError:
            number = -1
        if not 0 <= number <= 20_000:
            raise InputError(
                f"distance_km is '{text}'; it must be a number from 0 to 20000; for example --set distance_km=35,350",
                file="--set",
            )
        found.append(number)
    if found and settings["rtt_ms"]:
        raise InputError("distance_km and rtt_ms both say how far it is; give one of them", file="--set")
    return found or [None]


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    """Data centres in a ring: the topology's own, or laid for each distance or for the round trip."""
    if settings["collective"] == "gloo":
        need_torch()
    if 0 < settings["rate_gbps"] < LOWEST_GBPS:
        raise InputError(
            f"rate_gbps is {settings['rate_gbps']:g}; give 0 (as the topology) or at least {LOWEST_GBPS:g}",
            file="--set",
        )
    if settings["rate_gbps"]:
        plant = dataclasses.replace(
            plant, packet=dataclasses.replace(plant.packet, line_rate_gbps=settings["rate_gbps"])
        )
    gbps = settings["rate_gbps"] or (plant.demands[0].rate_gbps if plant.demands else 100)
    if lengths_km(settings) == [None] and not settings["rtt_ms"]:
        return dataclasses.replace(plant, demands=ring_demands(chosen(plant, settings), gbps))
    if settings["rtt_ms"]:
        plant = dataclasses.replace(
            plant,
            modes=tuple(dataclasses.replace(mode, fec_ns=0) for mode in plant.modes),
            roadm=Roadm(source="rtt_ms contains all delays"),
            packet=dataclasses.replace(plant.packet, forwarding_ns=0, oeo_ns=0, fec_ns=0),
        )
    return rings(plant, settings["sites"], lengths_km(settings), rate_gbps=gbps, rtt_ns=round(settings["rtt_ms"] * 1e6))


def chosen(plant: Plant, settings: Mapping[str, Any]) -> list[str]:
    """The first demand's ends, then further data centres in the topology's order."""
    first = [plant.demands[0].source, plant.demands[0].target] if plant.demands else []
    found = list(dict.fromkeys([*first, *(site.name for site in plant.data_centres)]))[: settings["sites"]]
    if len(found) < settings["sites"]:
        raise InputError(
            f"sites is {settings['sites']}; {plant.name} has {len(found)} data centres; give at most that, or "
            "--set distance_km=35 for a ring of as many as you like",
            file="--set",
        )
    return found


def cases(context: Context) -> list[tuple[str, float | None, list[str], Training]]:
    """(label, distance, sites, what is trained) for every distance, and with overlap and without."""
    settings = context.settings
    rtts = context.predicted_rtts(PROBE_BYTES)
    found = []
    for number, length_km in enumerate(lengths_km(settings)):
        own = length_km is None and not settings["rtt_ms"]
        sites = chosen(context.plant, settings) if own else ring_names(number, settings["sites"])
        pairs = [(demand.source, demand.target) for demand in ring_demands(sites, 1)]
        if missing := [pair for pair in pairs if pair not in rtts]:
            raise InputError(
                f"the {context.network} network of {context.plant.name} does not join {missing[0][0]} and "
                f"{missing[0][1]} as asked for; see apnemu plan"
            )
        rtt_ns = max(rtts[pair] for pair in pairs)
        for overlap in settings["overlap"]:
            plan = training(context, min(context.line_rate_gbps(pair) for pair in pairs), rtt_ns, overlap == "on")
            found.append((f"{number} overlap {overlap}", length_km, sites, plan))
    return found


def rate_gbps(context: Context, line_gbps: float) -> float:
    return min(line_gbps, context.settings["rate_gbps"] or line_gbps)


def training(context: Context, line_gbps: float, rtt_ns: int, overlap: bool) -> Training:
    settings = context.settings
    model = MODELS[settings["model"]]
    mtu = context.plant.packet.mtu_bytes
    share = (mtu - 52) / (mtu + 14)  # IPv4, TCP with time stamps, Ethernet
    plan = Training(
        sites=settings["sites"],
        per_site=settings["workers"],
        algorithm=settings["algorithm"],
        buckets=settings["buckets"],
        overlap=overlap,
        gradient_bytes=settings["gradient_bytes"] or model.gradient_bytes,
        compute_s=settings["compute_s"] or model.compute_s,
        bytes_per_s=gbps_to_bytes_per_s(rate_gbps(context, line_gbps)) * share,
        rtt_s=ns_to_s(rtt_ns),
        local_bytes_per_s=gbps_to_bytes_per_s(settings["local_gbps"]),
    )
    if not settings["fit_ratio"]:
        return _beyond_framing(plan)
    seen = dataclasses.replace(
        plan,
        bytes_per_s=gbps_to_bytes_per_s(settings["fit_rate_gbps"]) * share,
        rtt_s=settings["fit_rtt_ms"] / 1e3,
        overlap=True,
    )
    try:
        per_s = fitted_bytes_per_compute_s(seen, settings["fit_ratio"])
    except ValueError as error:
        raise InputError(f"fit_ratio: {error}; give one between them", file="--set") from error
    return _beyond_framing(dataclasses.replace(plan, gradient_bytes=max(1, round(per_s * plan.compute_s))))


def _beyond_framing(plan: Training) -> Training:
    """Refuses gradients so small that the heads of their messages alone are more than `WIRE_TOLERANCE` of them."""
    size = plan.sites if plan.algorithm == "hierarchical" else plan.sites * plan.per_site
    least = floor(HEAD.size * plan.buckets * size / WIRE_TOLERANCE) + 1
    if plan.gradient_bytes < least:
        raise InputError(
            f"gradient_bytes is {plan.gradient_bytes}; {plan.buckets} buckets in {size} parts each need at least "
            f"{least}, so that the heads of their messages stay below {WIRE_TOLERANCE:.0%}; give more bytes",
            file="--set",
        )
    return plan


def stages(context: Context) -> tuple[Stage, ...]:
    found = [*gloo_stages(context, cases(context)[0][2])] if context.settings["collective"] == "gloo" else []
    for label, _, sites, plan in cases(context):
        found.append(_stage(context, label, [site for site in sites for _ in range(plan.per_site)], plan))
        found.append(_stage(context, f"{label} {HOME}", [sites[0]] * plan.at_home().per_site, plan.at_home()))
    return tuple(found)


def _stage(context: Context, label: str, places: Sequence[str], plan: Training) -> Stage:
    """One worker for each place, in the order of ranks."""
    line_gbps = [context.line_rate_gbps(pair) for pair in context.reachable()]
    slower = rate_gbps(context, min(line_gbps)) < max(line_gbps)
    between = round(plan.bytes_per_s) if slower else 0
    local = gbps_to_bytes_per_s(context.settings["local_gbps"])
    limit_s = PATIENCE_S + 20 * context.settings["steps"] * step_s(plan)
    applications = []
    for rank, place in enumerate(places):
        told = {
            "rank": rank,
            "algorithm": plan.algorithm,
            "sites": plan.sites,
            "per_site": plan.per_site,
            "buckets": plan.buckets,
            "gradient_bytes": plan.gradient_bytes,
            "compute_s": plan.compute_s,
            "overlap": plan.overlap,
            "steps": context.settings["steps"],
            "ports": [PORT + number for number in range(len(places))],
            "addresses": [f"{{address:{site}}}" for site in places],
            "pace_bytes_per_s": [local if site == place else between for site in places],
        }
        applications.append(
            Application(
                name=f"worker-{rank}",
                site=place,
                role="job",
                argv=("{python}", "-m", "apnemu.emulation.apps.training", json.dumps(told)),
                limit_s=limit_s,
            )
        )
    return Stage(phase=label, duration_ns=VirtualNs(1_000_000), activities=tuple(applications))


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    return [
        {**_row(table, context, *case), **_checked(table, context)} for context in contexts for case in cases(context)
    ]


def _checked(table: pa.Table, context: Context) -> Row:
    if context.settings["collective"] != "gloo":
        return {}
    return beside_gloo(numbers(context), _seen(table, context, GLOO), _seen(table, context, OWN))


def _seen(table: pa.Table, context: Context, label: str) -> list[dict[str, Any]]:
    own = table.filter(pc.and_(pc.equal(table["network"], context.network), pc.equal(table["phase"], label)))
    return [json.loads(record["detail"]) for record in own.to_pylist() if record["kind"] == "application"]


def _mean_step_s(seen: Sequence[Mapping[str, Any]]) -> float:
    steps = len(seen[0]["instants_ns"]) - 1
    return float(max(one["instants_ns"][-1] for one in seen) - seen[0]["instants_ns"][0]) / 1e9 / steps


def _row(
    table: pa.Table, context: Context, label: str, length_km: float | None, sites: Sequence[str], plan: Training
) -> Row:
    here, home = _seen(table, context, label), _seen(table, context, f"{label} {HOME}")
    steps = context.settings["steps"]
    crossing = [
        counts
        for one in here
        for peer, counts in one["sent"].items()
        if int(peer) // plan.per_site != one["rank"] // plan.per_site
    ]
    lines_gbps = min(context.line_rate_gbps((demand.source, demand.target)) for demand in ring_demands(sites, 1))
    home_s = _mean_step_s(home)
    return {
        "network": context.network,
        "sites": plan.sites,
        "rtt_ns": round(plan.rtt_s * 1e9),
        "rate_gbps": rate_gbps(context, lines_gbps),
        "compute_s": plan.compute_s,
        "gradient_bytes": plan.gradient_bytes,
        "overlap": plan.overlap,
        "step_s": _mean_step_s(here),
        "ratio": _mean_step_s(here) / home_s,
        "one_dc_step_s": home_s,
        "predicted_step_s": step_s(plan),
        "predicted_ratio": step_s(plan) / step_s(plan.at_home()),
        "wire_bytes": round(sum(total - again for total, again in crossing) / plan.sites / steps),
        "expected_wire_bytes": round(sent_between_sites(plan)),
        "sent_again_bytes": round(sum(again for _, again in crossing) / plan.sites / steps),
        "algorithm": plan.algorithm,
        "buckets": plan.buckets,
        "workers": plan.per_site,
        "distance_km": length_km,
    }


def expected(settings: Mapping[str, Any]) -> str:
    checked = ", gloo's sum and the workers' alike to the last bit" if settings["collective"] == "gloo" else ""
    return (
        f"bytes between sites within {WIRE_TOLERANCE:.0%} of what the algorithm needs (no headers, nothing twice), "
        f"steps over the APN within {TOLERANCE:.0%} of the closed form, none faster than at home on faster lines"
        f"{checked}"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row, settings) for row in results)


def _met(row: Row, settings: Mapping[str, Any]) -> bool:
    near = row["network"] == "packet" or abs(row["step_s"] / row["predicted_step_s"] - 1) <= TOLERANCE
    wire = abs(row["wire_bytes"] / max(1, row["expected_wire_bytes"]) - 1) <= WIRE_TOLERANCE
    slower = row["ratio"] >= 0.999 or row["rate_gbps"] > settings["local_gbps"]
    return near and wire and slower and row.get("gloo_same_sum", True)


EXPERIMENT = Experiment(
    name="virtual_dc_training",
    question="How much longer does a training step take in several data centres than in one?",
    topology="three-sites",
    settings=(
        Setting(name="sites", default=2, low=2, high=16, whole=True, meaning="data centres that train together"),
        Setting(name="distance_km", default="", many=True, meaning="between neighbours, for example 35,350; else the "
                "topology's"),
        Setting(name="rtt_ms", default=0, low=0, high=10_000, meaning="between neighbours; 0: as the topology"),
        Setting(name="rate_gbps", default=0, low=0, high=1600, meaning="between neighbours; 0: as the topology"),
        Setting(name="model", default="gpt2-medium", choices=tuple(MODELS), meaning="gives gradients and computing"),
        Setting(name="compute_s", default=0, low=0, high=1e5, meaning="of a step, declared; 0: as the model"),
        Setting(name="gradient_bytes", default=0, low=0, high=1e13, whole=True, meaning="of a step; 0: as the model"),
        Setting(name="steps", default=1, low=1, high=1000, whole=True, meaning="one after another"),
        Setting(name="algorithm", default="ring", choices=("ring", "hierarchical"), meaning="of the sum"),
        Setting(name="workers", default=1, low=1, high=16, whole=True, meaning="in each data centre"),
        Setting(name="buckets", default=8, low=1, high=4096, whole=True, meaning="that gradients are summed in"),
        Setting(name="overlap", default=("on",), choices=("on", "off"), many=True, meaning="with the backward pass"),
        Setting(name="collective", default="own", choices=("own", "gloo"), meaning="gloo: beside it a small sum by "
                "torch.distributed, compared"),
        Setting(name="local_gbps", default=100, low=0.001, high=10_000, meaning="of a connection in a data centre"),
        Setting(name="fit_ratio", default=0, low=0, high=1e6, meaning="published: gradients are fitted to it; 0: not"),
        Setting(name="fit_rtt_ms", default=15, low=0, high=10_000, meaning="at which that ratio was seen"),
        Setting(name="fit_rate_gbps", default=0.3, low=0.001, high=1600, meaning="at which that ratio was seen"),
    ),
    prepare=prepare,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)  # fmt: skip
