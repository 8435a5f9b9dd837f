"""What does a tenant feel of another one: on a wavelength of its own, in hard time slots, in a shared queue?

Tenant a sends probes and a moderate load of its own, tenant b from nothing up to all that the wavelength carries. All
schemes run side by side, on wavelengths of their own; tenant a's frames come at the same instants at every load of b.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.blueprint.sharing import UPLINK_PORT, place
from apnemu.errors import InputError
from apnemu.model.activities import Arrivals, Probes
from apnemu.model.assignment import Assignment, Refusal
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning.sharing import slotted, whole
from apnemu.question.experiment import ETHERNET_HEADER_BYTES, Context, Experiment, Row, Setting
from apnemu.question.stages import PAIR_SETTINGS, PROBE_BYTES, SETTLED_NS
from apnemu.question.traffic import background_frames, write_frames
from apnemu.report.sharing_rows import felt_by, sharing_rows, widest_ns
from apnemu.seeds import generator
from apnemu.units import VirtualNs, us_to_ns

ALLOWED_NS = 100
GAP_NS = 20_000
LIGHTPATHS = {"own": ("own-a", "own-b"), "slots": ("slots",), "statistical": ("statistical",)}
TENANTS = ("a", "b")


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    """The wavelengths that the schemes need, in place of the topology's demands."""
    first = plant.demands[0] if plant.demands else None
    names = [site.name for site in plant.data_centres]
    if len(names) < 2:
        raise InputError(f"{plant.name} has {len(names)} data centres; a wavelength joins two; add a site that is one")
    source = settings["from"] or (first.source if first else names[0])
    target = settings["to"] or (first.target if first and first.target != source else "")
    target = target or next(name for name in names if name != source)
    for key, site in (("from", source), ("to", target)):
        if site not in names:
            raise InputError(f"{key} is '{site}'; it must be a data centre: {', '.join(names[:6])}", file="--set")
    if source == target:
        raise InputError(f"from and to are both '{source}'; two data centres must differ", file="--set")
    longest = plant.packet.mtu_bytes + ETHERNET_HEADER_BYTES
    if settings["frame_bytes"] > longest:
        raise InputError(
            f"frame_bytes is {settings['frame_bytes']}; mtu_bytes={plant.packet.mtu_bytes} allows {longest}; give less",
            file="--set",
        )
    demands = tuple(
        Demand(name=name, source=source, target=target, rate_gbps=settings["rate_gbps"])
        for scheme in dict.fromkeys(settings["scheme"])
        for name in LIGHTPATHS[scheme]
    )
    return dataclasses.replace(plant, demands=demands)


def arrange(assignment: Assignment, settings: Mapping[str, Any]) -> Assignment:
    """Which tenant has what of which wavelength."""
    if assignment.refusals:
        refusal = assignment.refusals[0]
        raise InputError(f"wavelength {refusal.demand} cannot be lit: {refusal.reason}", file="--set")
    shares = []
    for path in assignment.lightpaths:
        if path.name == "slots":
            rates = dict.fromkeys(TENANTS, settings["share_gbps"])
            found = slotted(path, rates, mapping_ns=us_to_ns(settings["mapping_us"]))
            if isinstance(found, Refusal):
                raise InputError(f"share_gbps is {settings['share_gbps']:g}; {found.reason}", file="--set")
            shares += found
        else:
            shares += whole(path, TENANTS if path.name == "statistical" else (path.name[-1],))
    return dataclasses.replace(assignment, shares=tuple(shares))


def stages(context: Context) -> tuple[Stage, ...]:
    return tuple(_stage(context, load) for load in dict.fromkeys(context.settings["load"]))


def _stage(context: Context, load: float) -> Stage:
    settings, shares = context.settings, context.assignment.shares
    path = {path.name: path for path in context.assignment.lightpaths}
    ends = [
        (place(share, path[share.lightpath].source), place(share, path[share.lightpath].target)) for share in shares
    ]
    after_ns = max(one.delay_ns for one in path.values()) + SETTLED_NS
    duration_ns = after_ns + settings["probes"] * len(ends) * GAP_NS
    phase = f"load={load:g}"
    offered = {"a": settings["own_load"], "b": load}
    arrivals = [
        _arrivals(context, share.tenant, offered[share.tenant], duration_ns, pair)
        for share, pair in zip(shares, ends, strict=True)
    ]
    probes = Probes(
        pairs=tuple(ends),
        count=settings["probes"],
        gap_ns=VirtualNs(GAP_NS),
        frame_bytes=PROBE_BYTES,
        after_ns=VirtualNs(after_ns),
        paced=True,
    )
    return Stage(
        phase=phase,
        duration_ns=VirtualNs(duration_ns),
        load=load,
        activities=(probes, *(one for one in arrivals if one.frames)),
    )


def _arrivals(context: Context, tenant: str, load: float, duration_ns: int, ends: tuple[str, str]) -> Arrivals:
    """A tenant's own load: the same frames at the same instants in every scheme."""
    packet = dataclasses.replace(context.plant.packet, line_rate_gbps=context.settings["rate_gbps"])
    background = dataclasses.replace(
        packet.background, kind="poisson", load=load, frame_bytes=context.settings["frame_bytes"]
    )
    draws = generator(context.seed, f"sharing {tenant} {load:g}")
    frames = background_frames(packet, background, UPLINK_PORT, duration_ns, draws)
    file = f"arrivals-{tenant}-{load:g}.npy"
    return Arrivals(site=ends[0], file=file, frames=write_frames(context.folder / file, [frames]), sink=ends[1])


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    return [dict(row) for context in contexts for row in sharing_rows(table, context.assignment, PROBE_BYTES)]


def expected(settings: Mapping[str, Any]) -> str:
    return (
        f"on a wavelength of its own and in hard slots tenant a's 99th percentile changes by at most {ALLOWED_NS} ns"
        " and it loses no frame whatever tenant b sends; in a shared queue it rises"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    for scheme in dict.fromkeys(settings["scheme"]):
        felt = felt_by(results, "a", scheme)
        if scheme == "statistical":
            if felt is not None and felt[0] <= 0:
                return False
        elif widest_ns(results, "a", scheme) > ALLOWED_NS or _lost(results, scheme):
            return False
    return True


def _lost(results: Sequence[Row], scheme: str) -> int:
    return sum(row["lost"] for row in results if row["scheme"] == scheme and row["tenant"] == "a")


EXPERIMENT = Experiment(
    name="sharing",
    question="What does a tenant feel of another one on an own wavelength, in hard time slots, in a shared queue?",
    topology="three-sites",
    networks=("apn",),
    settings=(
        Setting(
            name="load",
            default=(0.0, 0.5, 0.9, 1.0),
            low=0,
            high=2,
            many=True,
            meaning="that tenant b offers, as a share of the wavelength's rate",
        ),
        Setting(
            name="scheme",
            default=("own", "slots", "statistical"),
            choices=("own", "slots", "statistical"),
            many=True,
            meaning="how a and b are kept apart",
        ),
        Setting(name="rate_gbps", default=100.0, low=1.25, high=1600, meaning="of each wavelength"),
        Setting(name="share_gbps", default=50.0, low=0.001, high=1600, meaning="of each tenant in hard time slots"),
        Setting(name="own_load", default=0.1, low=0, high=2, meaning="that tenant a offers, of the wavelength's rate"),
        Setting(
            name="mapping_us",
            default=10.0,
            low=0,
            high=1e6,
            meaning="frames into time slots and out again, one way (inferred: buffers at both ends)",
        ),
        Setting(name="frame_bytes", default=1514, low=60, high=1514, whole=True, meaning="of the tenants' load"),
        Setting(name="probes", default=200, low=1, high=1e6, whole=True, meaning="of each tenant at each load"),
        *PAIR_SETTINGS,
    ),
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
)
