"""How long does it take until light that is asked for carries a frame, and who gets none, and why?

Requests go to the APN controller's REST interface, all at the same instant. The controller decides one after another,
devices act side by side; a request is done when the first frame has come in over its own lightpath.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.activities import Request
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning.online import Light, Service, setup_ns
from apnemu.question.experiment import Context, Experiment, Row, Setting
from apnemu.seeds import generator
from apnemu.units import VirtualNs

TOLERANCE_NS = 1_000_000
"""Of a set-up: messages to and from the controller and its devices, which take no declared time."""


def prepare(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    """Each data centre has its pool of transceivers, and nothing is planned."""
    return dataclasses.replace(plant, transceivers=settings["transceivers"], demands=())


def arrange(planned: Assignment, settings: Mapping[str, Any]) -> Assignment:
    return Assignment(lightpaths=(), refusals=())


def services(plant: Plant, settings: Mapping[str, Any], count: int, seed: int) -> list[Service]:
    """Between two data centres each, both drawn from all."""
    sites = [site.name for site in plant.data_centres]
    if len(sites) < 2:
        raise InputError(f"{plant.name} has {len(sites)} data centre; light on demand joins two")
    draws = generator(seed, f"provisioning {count}")
    pairs = [draws.choice(len(sites), size=2, replace=False) for _ in range(count)]
    rate, protection = settings["rate_gbps"], settings["protection"]
    return [
        Service(name=f"{count}-{number}", source=sites[a], target=sites[b], rate_gbps=rate, protection=protection)
        for number, (a, b) in enumerate(pairs, 1)
    ]


def predicted(plant: Plant, asked: Sequence[Service], light: Light) -> list[tuple[bool, str, int]]:
    """Of each: whether it gets light, why not, and when the first frame arrives (refused: when that is said), in ns.

    Request number i is decided after i computing times; then its devices act, and light travels.
    """
    computing_ns = plant.devices.controller_computing_ns
    found = []
    for number, service in enumerate(asked, 1):
        decision = light.request(service)
        done_ns = number * computing_ns
        if decision.accepted and decision.working is not None:
            done_ns += setup_ns(plant, decision.changes) - computing_ns + decision.working.delay_ns
        found.append((decision.accepted, decision.reason, done_ns))
    return found


def played(context: Context) -> list[tuple[int, list[Service], list[tuple[bool, str, int]]]]:
    """(requests, what is asked, what is predicted) of each stage; light of earlier stages stays where it is."""
    plant, settings = context.plant, context.settings
    light = Light(plant, transceivers={site.name: plant.transceivers for site in plant.data_centres})
    each = [(count, services(plant, settings, count, context.seed)) for count in dict.fromkeys(settings["requests"])]
    return [(count, asked, predicted(plant, asked, light)) for count, asked in each]


def stages(context: Context) -> tuple[Stage, ...]:
    return tuple(_stage(*each) for each in played(context))


def _stage(count: int, asked: Sequence[Service], light: Sequence[tuple[bool, str, int]]) -> Stage:
    plans = tuple(
        Request(
            name=service.name,
            source=service.source,
            target=service.target,
            rate_gbps=service.rate_gbps,
            protection=service.protection,
            expected_ns=VirtualNs(done_ns),
        )
        for service, (_, _, done_ns) in zip(asked, light, strict=True)
    )
    longest_ns = max(done_ns for _, _, done_ns in light)
    return Stage(phase=f"requests={count}", duration_ns=VirtualNs(longest_ns), activities=plans)


def rows(table: pa.Table, contexts: Sequence[Context]) -> list[Row]:
    context = contexts[0]
    found: list[Row] = []
    events = table.filter(pc.equal(table["kind"], "event")).to_pylist()
    taken: set[tuple[str, int]] = set()
    for count, asked, light in played(context):
        own = [record for record in events if record["phase"] == f"requests={count}"]
        by_name = {record["name"]: record for record in own}
        for service, (accepted, reason, done_ns) in zip(asked, light, strict=True):
            record = by_name[f"request {service.name}"]
            found.append(_row(count, service, record, json.loads(record["detail"]), taken))
            found[-1] |= {"predicted_accepted": accepted, "predicted_reason": reason}
            found[-1]["predicted_setup_ns"] = done_ns if accepted else None
    return found


def _row(
    count: int, service: Service, record: Mapping[str, Any], seen: Mapping[str, Any], taken: set[tuple[str, int]]
) -> Row:
    """`taken` holds (site and site, step of 6.25 GHz) of what was given before; `given_twice` counts what is in it."""
    twice, route, slot = 0, "", ""
    accepted = seen["status"] == 201
    reason = "" if accepted else seen["answer"]["ietf-restconf:errors"]["error"][0]["error-message"]
    if accepted:
        for lit in seen["answer"]["tapi-connectivity:connectivity-service"][0]["connection"]:
            sites, n, m = lit["apnemu:route"], lit["apnemu:slot"]["n"], lit["apnemu:slot"]["m"]
            for pair in itertools.pairwise(sites):
                steps = {("-".join(sorted(pair)), step) for step in range(n - m, n + m)}
                twice += len(steps & taken)
                taken |= steps
            if lit["apnemu:carries"]:
                route, slot = "-".join(sites), f"{n}/{m}"
    return {
        "request": service.name,
        "from": service.source,
        "to": service.target,
        "requests": count,
        "accepted": accepted,
        "reason": reason,
        "setup_ns": record["duration_ns"],
        "predicted_setup_ns": None,
        "answered_ns": seen["answered_ns"],
        "route": route,
        "slot": slot,
        "given_twice": twice,
    }


def expected(settings: Mapping[str, Any]) -> str:
    return (
        f"the first frame arrives within {TOLERANCE_NS / 1e6:g} ms of declared computing and device times and the"
        " light's way; no slot is given twice; who gets no light is told why"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return bool(results) and all(_met(row) for row in results)


def _met(row: Row) -> bool:
    if row["accepted"] != row["predicted_accepted"] or row["given_twice"]:
        return False
    if not row["accepted"]:
        return bool(row["reason"])
    return row["setup_ns"] is not None and abs(row["setup_ns"] - row["predicted_setup_ns"]) <= TOLERANCE_NS


EXPERIMENT = Experiment(
    name="provisioning",
    question="How long does light on demand take to be set up, and who gets none?",
    topology="jpn12",
    settings=(
        Setting(
            name="requests",
            default=(1, 100),
            low=1,
            high=1000,
            whole=True,
            many=True,
            meaning="asked for at an instant",
        ),
        Setting(name="transceivers", default=16, low=1, high=64, whole=True, meaning="of each data centre"),
        Setting(name="rate_gbps", default=100.0, low=0.1, high=1600, meaning="of each request"),
        Setting(
            name="protection",
            default="none",
            choices=("none", "1+1", "restoration-prepared", "restoration-computed"),
            meaning="how each is kept alive",
        ),
    ),
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    met=met,
    networks=("apn",),
)
