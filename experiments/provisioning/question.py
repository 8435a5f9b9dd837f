# SPDX-License-Identifier: BSD-3-Clause
"""How long does it take until light that is asked for carries a frame, and who gets none, and why?

Requests go to the APN controller's REST interface, all at the same instant. The controller decides one after another,
as they come in; devices act side by side; a request is done when the first frame has come in over its own lightpath.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.experiments.provisioning.shown import SHOWN
from apnemu.model.activities import APART_NS
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning.dcn import dcn
from apnemu.planning.online import Light, Protection, Service, carries_ns, without_dcn
from apnemu.question.context import Context, Row
from apnemu.question.controller import CONTROLLER, with_controller
from apnemu.question.experiment import Experiment
from apnemu.question.light import request
from apnemu.question.settings import Setting
from apnemu.question.verdict import Claim, Verdict, at_most, judge_rows, near, same
from apnemu.records.query import groups
from apnemu.seeds import generator
from apnemu.units import VirtualNs

TOLERANCE_NS = 1_000_000
"""Allowed for what has no declared time: system calls of controller and devices, lookups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    requests: Annotated[
        tuple[int, ...], Setting("Requests at one instant; each number is a phase of its own", low=1, high=1000)
    ] = (1, 100)
    transceivers: Annotated[int, Setting("Transceivers of each data centre", low=1, high=64)] = 16
    rate_gbps: Annotated[float, Setting("Rate of each request", "Gbit/s", low=0.1, high=1600)] = 100.0
    protection: Annotated[Protection, Setting("Scheme that keeps each request's light alive")] = "none"
    controller: Annotated[str, CONTROLLER] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What a request must get: light or none, why none, and when the first frame arrives (the refusal is decided).

    Times count from the request, in ns; `dcn_ns` is how long it, orders to devices and their answers are on their way.
    """

    accepted: bool
    reason: str
    done_ns: int
    dcn_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A phase: some requests at an instant, and what each of them must get."""

    count: int
    services: tuple[Service, ...]
    predicted: tuple[Predicted, ...]

    @property
    def phase(self) -> str:
        """The phase's name, as records bear it."""
        return f"requests={self.count}"


def prepare(plant: Plant, settings: Settings) -> Plant:
    """Each data centre has its pool of transceivers, nothing is planned, and the controller stands where it is to."""
    plant = dataclasses.replace(plant, transceivers=settings.transceivers, demands=())
    return with_controller(plant, settings.controller)


def arrange(planned: Assignment, settings: Settings) -> Assignment:
    """A plan without light: none is lit before it is asked for."""
    return Assignment(lightpaths=(), refusals=())


def services(plant: Plant, settings: Settings, count: int, seed: int) -> tuple[Service, ...]:
    """Requests of one phase, each between two data centres drawn from all. Raises InputError for fewer than two."""
    sites = [site.name for site in plant.data_centres]
    if len(sites) < 2:
        raise InputError(f"{plant.name} has {len(sites)} data centre; light on demand joins two")
    draws = generator(seed, f"provisioning {count}")
    pairs = [draws.choice(len(sites), size=2, replace=False) for _ in range(count)]
    rate, protection = settings.rate_gbps, settings.protection
    return tuple(
        Service(name=f"{count}-{number}", source=sites[a], target=sites[b], rate_gbps=rate, protection=protection)
        for number, (a, b) in enumerate(pairs, 1)
    )


def predict(plant: Plant, asked: Sequence[Service], light: Light) -> tuple[Predicted, ...]:
    """What each of some requests at one instant must get; `light` then has what they got.

    The controller takes them as they come in over the data communication network, each in its computing time; then
    devices act, and light travels.
    """
    way, everywhere = dcn(plant), without_dcn(plant)
    computing_ns = plant.devices.controller_computing_ns
    answers: dict[int, Predicted] = {}
    free_ns = 0
    comes_ns = [APART_NS * number + way.delay_ns[service.source] for number, service in enumerate(asked)]
    for number in sorted(range(len(asked)), key=comes_ns.__getitem__):
        service = asked[number]
        dcn_ns = way.delay_ns[service.source]
        free_ns = done_ns = max(free_ns, comes_ns[number]) + computing_ns
        decision = light.request(service)
        if decision.accepted and decision.working is not None:
            lit_ns, without_ns = (carries_ns(each, decision.changes, decision.working) for each in (plant, everywhere))
            done_ns += lit_ns
            dcn_ns += lit_ns - without_ns
        done_ns -= APART_NS * number
        answers[number] = Predicted(accepted=decision.accepted, reason=decision.reason, done_ns=done_ns, dcn_ns=dcn_ns)
    return tuple(answers[number] for number in range(len(asked)))


def phases(context: Context[Settings]) -> list[Asked]:
    """Every phase with its prediction, in order; light of earlier phases stays where it is.

    It follows from the context alone, so `stages` and `rows` each compute it, and nothing is kept between them.
    """
    plant, settings = context.plant, context.settings
    light = Light(plant, transceivers={site.name: plant.transceivers for site in plant.data_centres})
    asked = [(count, services(plant, settings, count, context.seed)) for count in dict.fromkeys(settings.requests)]
    return [Asked(count=count, services=own, predicted=predict(plant, own, light)) for count, own in asked]


def stages(context: Context[Settings]) -> tuple[Stage, ...]:
    """The phases, one after another."""
    return tuple(_stage(asked) for asked in phases(context))


def _stage(asked: Asked) -> Stage:
    requests = tuple(
        request(service, predicted.done_ns) for service, predicted in zip(asked.services, asked.predicted, strict=True)
    )
    longest_ns = max(predicted.done_ns for predicted in asked.predicted)
    return Stage(phase=asked.phase, duration_ns=VirtualNs(longest_ns), activities=requests)


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each request, in the order of asking."""
    results: list[Row] = []
    events = {key: records[-1] for key, records in groups(table, "event", "phase", "name")}
    taken: set[tuple[str, int]] = set()
    for asked in phases(contexts[0]):
        for service, predicted in zip(asked.services, asked.predicted, strict=True):
            record = events[asked.phase, f"request {service.name}"]
            row = _row(asked.count, service, record, json.loads(record["detail"]), taken)
            row |= {"predicted_accepted": predicted.accepted, "predicted_reason": predicted.reason}
            row["predicted_setup_ns"] = predicted.done_ns if predicted.accepted else None
            row |= {"controller": dcn(contexts[0].plant).at, "dcn_ns": predicted.dcn_ns}
            results.append(row)
    return results


def _row(
    count: int, service: Service, record: Mapping[str, Any], answer: Mapping[str, Any], taken: set[tuple[str, int]]
) -> Row:
    """`taken` holds (site and site, step of 6.25 GHz) of what was given before; `given_twice` counts what is in it."""
    twice, route, slot = 0, "", ""
    accepted = answer["status"] == 201
    reason = "" if accepted else answer["answer"]["ietf-restconf:errors"]["error"][0]["error-message"]
    if accepted:
        for lit in answer["answer"]["tapi-connectivity:connectivity-service"][0]["connection"]:
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
        "answered_ns": answer["answered_ns"],
        "route": route,
        "slot": slot,
        "given_twice": twice,
    }


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"the first frame arrives within {TOLERANCE_NS / 1e6:g} ms of declared computing and device times, the ways of"
        " messages and the light's way; no slot is given twice; who gets no light is told why"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every request."""
    return judge_rows(results, _claims, KEY, about="a request")


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    yield same("light given", row["accepted"], row["predicted_accepted"])
    yield at_most("steps of spectrum given twice", row["given_twice"], 0)
    if not row["accepted"]:
        yield same("a reason told", bool(row["reason"]), True)
    elif row["predicted_accepted"]:
        yield near("request to first frame", row["setup_ns"], row["predicted_setup_ns"], TOLERANCE_NS, "ns")


KEY = ("request",)
EXPERIMENT = Experiment(
    name="provisioning",
    question="How long does light on demand take to be set up, and who gets none?",
    topology="jpn12",
    settings=Settings,
    key=KEY,
    prepare=prepare,
    arrange=arrange,
    stages=stages,
    rows=rows,
    expected=expected,
    judge=judge,
    shown=SHOWN,
    networks=("apn",),
)
