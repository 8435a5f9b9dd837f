# SPDX-License-Identifier: BSD-3-Clause
"""What does a tenant feel of another one: on a wavelength of its own, in hard time slots, in a shared queue?

Tenant a sends probes and a moderate load of its own, tenant b from nothing up to all that the wavelength carries. All
schemes run side by side, on wavelengths of their own; tenant a's frames come at the same instants at every load of b.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.blueprint.background import background_frames
from apnemu.blueprint.shared_wavelengths import UPLINK_PORT, place
from apnemu.errors import InputError
from apnemu.experiments.sharing.rows import rise, sharing_rows
from apnemu.experiments.sharing.shown import SHOWN
from apnemu.model.activities import Arrivals, Probes
from apnemu.model.assignment import Assignment, Refusal, Scheme, Share
from apnemu.model.demand import Demand
from apnemu.model.plant import ETHERNET_HEADER_BYTES, Plant
from apnemu.model.scenario import Stage
from apnemu.planning.wavelength_sharing import slotted, whole
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Experiment
from apnemu.question.pairs import PairSettings
from apnemu.question.settings import Setting
from apnemu.question.traffic import PROBE_BYTES, SETTLED_NS, write_frames
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, missing, verdict_of
from apnemu.seeds import generator
from apnemu.units import VirtualNs, us_to_ns

ALLOWED_NS = 100
GAP_NS = 20_000
TENANTS = ("a", "b")
LIGHTPATHS: dict[Scheme, dict[str, tuple[str, ...]]] = {
    "own": {"own-a": ("a",), "own-b": ("b",)},
    "slots": {"slots": TENANTS},
    "statistical": {"statistical": TENANTS},
}
"""Scheme -> its wavelengths, each with its tenants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PairSettings):
    """What `--set` may change."""

    load: Annotated[
        tuple[float, ...],
        Setting("Load that tenant b offers, as a share of the wavelength's rate", low=0, high=2),
    ] = (0.0, 0.5, 0.9, 1.0)
    scheme: Annotated[tuple[Scheme, ...], Setting("Schemes that keep tenants a and b apart")] = (
        "own",
        "slots",
        "statistical",
    )
    rate_gbps: Annotated[float, Setting("Rate of each wavelength", "Gbit/s", low=1.25, high=1600)] = 100.0
    share_gbps: Annotated[float, Setting("Rate of each tenant in hard time slots", "Gbit/s", low=0.001, high=1600)] = (
        50.0
    )
    own_load: Annotated[
        float, Setting("Load that tenant a offers, as a share of the wavelength's rate", low=0, high=2)
    ] = 0.1
    mapping_us: Annotated[
        float,
        Setting(
            "Delay of putting frames into time slots and taking them out, one way (inferred: buffers at both ends)",
            "us",
            low=0,
            high=1e6,
        ),
    ] = 10.0
    frame_bytes: Annotated[int, Setting("Ethernet frame of the tenants' load", "bytes", low=60, high=1514)] = 1514
    probes: Annotated[int, Setting("Probes of each tenant at each load", low=1, high=1e6)] = 200


def prepare(plant: Plant, settings: Settings) -> Plant:
    """The wavelengths that the schemes need, in place of the topology's demands."""
    source, target = _ends(plant, settings)
    longest = plant.packet.mtu_bytes + ETHERNET_HEADER_BYTES
    if settings.frame_bytes > longest:
        raise InputError(
            f"frame_bytes is {settings.frame_bytes}; mtu_bytes={plant.packet.mtu_bytes} allows {longest}; give less",
            file="--set",
        )
    demands = tuple(
        Demand(name=name, source=source, target=target, rate_gbps=settings.rate_gbps)
        for scheme in dict.fromkeys(settings.scheme)
        for name in LIGHTPATHS[scheme]
    )
    return dataclasses.replace(plant, demands=demands)


def _ends(plant: Plant, settings: Settings) -> tuple[str, str]:
    """The two data centres that the wavelengths join: those named, else the first demand's, else the first two."""
    first = plant.demands[0] if plant.demands else None
    names = [site.name for site in plant.data_centres]
    if len(names) < 2:
        raise InputError(f"{plant.name} has {len(names)} data centres; a wavelength joins two; add a site that is one")
    source = settings.from_ or (first.source if first else names[0])
    target = settings.to or (first.target if first and first.target != source else "")
    target = target or next(name for name in names if name != source)
    for key, site in (("from", source), ("to", target)):
        if site not in names:
            raise InputError(f"{key} is '{site}'; it must be a data centre: {', '.join(names[:6])}", file="--set")
    if source == target:
        raise InputError(f"from and to are both '{source}'; two data centres must differ", file="--set")
    return source, target


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """The plan with what each tenant has of which wavelength."""
    if planned.refusals:
        refusal = planned.refusals[0]
        raise InputError(f"wavelength {refusal.demand} cannot be lit: {refusal.reason}", file="--set")
    shares: list[Share] = []
    for path in planned.lightpaths:
        if path.name in LIGHTPATHS["slots"]:
            rates = dict.fromkeys(TENANTS, settings.share_gbps)
            hard = slotted(path, rates, mapping_ns=us_to_ns(settings.mapping_us))
            if isinstance(hard, Refusal):
                raise InputError(f"share_gbps is {settings.share_gbps:g}; {hard.reason}", file="--set")
            shares += hard
        else:
            tenants = {name: names for lightpaths in LIGHTPATHS.values() for name, names in lightpaths.items()}
            shares += whole(path, tenants[path.name])
    return dataclasses.replace(planned, shares=tuple(shares))


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """The loads of tenant b, one after another."""
    return tuple(_stage(context, load) for load in dict.fromkeys(context.settings.load))


def _stage(context: Context[Settings], load: float) -> Stage:
    settings, shares = context.settings, context.assignment.shares
    path = {path.name: path for path in context.assignment.lightpaths}
    ends = [
        (place(share, path[share.lightpath].source), place(share, path[share.lightpath].target)) for share in shares
    ]
    after_ns = max(lit.delay_ns for lit in path.values()) + SETTLED_NS
    duration_ns = after_ns + settings.probes * len(ends) * GAP_NS
    offered = {"a": settings.own_load, "b": load}
    arrivals = [
        _arrivals(context, share.tenant, offered[share.tenant], duration_ns, pair)
        for share, pair in zip(shares, ends, strict=True)
    ]
    probes = Probes(
        pairs=tuple(ends),
        count=settings.probes,
        gap_ns=VirtualNs(GAP_NS),
        frame_bytes=PROBE_BYTES,
        after_ns=VirtualNs(after_ns),
        paced=True,
    )
    return Stage(
        phase=f"load={load:g}",
        duration_ns=VirtualNs(duration_ns),
        load=load,
        activities=(probes, *(arriving for arriving in arrivals if arriving.frames)),
    )


def _arrivals(
    context: Context[Settings], tenant: str, load: float, duration_ns: int, ends: tuple[str, str]
) -> Arrivals:
    """A tenant's own load: the same frames at the same instants in every scheme."""
    packet = dataclasses.replace(context.plant.packet, line_rate_gbps=context.settings.rate_gbps)
    background = dataclasses.replace(
        packet.background, kind="poisson", load=load, frame_bytes=context.settings.frame_bytes
    )
    draws = generator(context.seed, f"sharing {tenant} {load:g}")
    frames = background_frames(packet, background, UPLINK_PORT, duration_ns, draws)
    file = f"arrivals-{tenant}-{load:g}.npy"
    return Arrivals(site=ends[0], file=file, frames=write_frames(context.folder / file, [frames]), sink=ends[1])


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each load and tenant of each scheme."""
    return [dict(row) for context in contexts for row in sharing_rows(table, context.assignment, PROBE_BYTES)]


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"on a wavelength of its own and in hard slots tenant a's 99th percentile changes by at most {ALLOWED_NS} ns"
        " and it loses no frame whatever tenant b sends; in a shared queue it rises"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Tenant a's rows: each of those kept apart, and that of the highest load in a shared queue."""
    judged: list[tuple[Row, list[Claim]]] = []
    for scheme in dict.fromkeys(row["scheme"] for row in results):
        own = [row for row in results if row["scheme"] == scheme and row["tenant"] == "a"]
        judged += _shared_queue(own) if scheme == "statistical" else _kept_apart(own)
    return verdict_of(judged, KEY, rows=len(results), about="tenant a at two loads or more, or kept apart from b")


def _kept_apart(own: Sequence[Row]) -> list[tuple[Row, list[Claim]]]:
    """Every load: nothing lost, and a 99th percentile near the least one; a single load has none to be near to."""
    least_ns = min((row["delay_ns_p99"] for row in own if row["delay_ns_p99"] is not None), default=0)
    judged = []
    for row in own:
        claims = [at_most("frames lost", row["lost"], 0)]
        if row["delay_ns_p99"] is None:
            claims.append(missing("99th percentile"))
        elif len(own) > 1:
            over_ns = row["delay_ns_p99"] - least_ns
            claims.append(at_most("99th percentile above the least", over_ns, ALLOWED_NS, "ns"))
        judged.append((row, claims))
    return judged


def _shared_queue(own: Sequence[Row]) -> list[tuple[Row, list[Claim]]]:
    """The highest load: more delay than at the lowest. Nothing where there is one load, and nothing to compare."""
    if len({row["load"] for row in own}) < 2:
        return []
    highest = max(own, key=lambda row: float(row["load"]))
    return [(highest, [at_least("99th percentile above that of the lowest load", rise(own), 1, "ns")])]


KEY = ("scheme", "load", "tenant")
EXPERIMENT = Experiment(
    name="sharing",
    question="What does a tenant feel of another one on an own wavelength, in hard time slots, in a shared queue?",
    topology="three-sites",
    networks=("apn",),
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
)
