# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu ctl ...`: asks an APN controller for light over its REST interface.

The default of `--at` is the controller of a lab (`apnemu lab net`). Exit codes: 0 done; 1 no light, and why; 2 a
request that cannot be; 3 no controller there.
"""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from apnemu.blueprint.requests import MOVE, POINTS, PROTECTIONS, SERVICES, service, service_uuid
from apnemu.cli.calling import LAB, call, point_of, points, services
from apnemu.cli.shown import show_json, to_stdout
from apnemu.errors import InputError

ctl = typer.Typer(help="Light on demand: speaks to an APN controller.", no_args_is_help=True)
LOOK_EVERY_S = 0.1
LONGEST_S = 1e9
"""Farthest that a service can be booked: some 30 years."""
At = Annotated[str, typer.Option("--at", envvar="APNEMU_CONTROLLER", help="Where the controller is.")]
Token = Annotated[str, typer.Option(envvar="APNEMU_TOKEN", help="What it asks for, outside a lab.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output and nothing else.")]
Name = Annotated[str, typer.Argument(help="A name of your own, or a UUID.")]


@ctl.command()
def request(
    name: Name,
    source: Annotated[str, typer.Argument(help="A data centre.")],
    target: Annotated[str, typer.Argument(help="Another one.")],
    rate_gbps: Annotated[float, typer.Option(help="In Gbit/s.")] = 100.0,
    protection: Annotated[str, typer.Option(help=f"{', '.join(PROTECTIONS)}.")] = "none",
    start_in_s: Annotated[
        float | None, typer.Option(min=0, max=LONGEST_S, help="Booked: it begins so long from now.")
    ] = None,
    end_in_s: Annotated[
        float | None, typer.Option(min=0, max=LONGEST_S, help="Booked: it ends so long from now.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Until it carries frames.")] = True,
    at: At = LAB,
    token: Token = "",
    as_json: Json = False,
) -> None:
    """Ask for light between two data centres, now or booked; wait until it carries frames."""
    if protection not in PROTECTIONS:
        raise InputError(f"protection is '{protection}'; it must be one of {', '.join(PROTECTIONS)}")
    if not 0 < rate_gbps < math.inf:
        raise InputError(f"--rate-gbps is {rate_gbps:g}; it must be a number above 0; for example --rate-gbps 100")
    known = points(at, call("GET", at, POINTS, token, as_json=as_json))
    ends = point_of(source, known), point_of(target, known)
    now = datetime.now(UTC)
    times = {"start-time": start_in_s, "end-time": end_in_s}
    schedule = {key: (now + timedelta(seconds=s)).isoformat() for key, s in times.items() if s is not None}
    body = service(name, ends, rate_gbps, protection, schedule)
    found = services(at, call("POST", at, SERVICES, token, body, as_json=as_json))
    while wait and any(one["lifecycle-state"] == "PLANNED" for one in found):
        time.sleep(LOOK_EVERY_S)
        found = services(at, call("GET", at, f"{SERVICES}={service_uuid(name)}", token, as_json=as_json))
    _show(found, as_json)


@ctl.command(name="list")
def show_all(at: At = LAB, token: Token = "", as_json: Json = False) -> None:
    """List all services, in the order of acceptance."""
    _show(services(at, call("GET", at, SERVICES, token, as_json=as_json)), as_json)


@ctl.command()
def release(name: Name, at: At = LAB, token: Token = "") -> None:
    """Give a service's light back."""
    call("DELETE", at, f"{SERVICES}={service_uuid(name)}", token)


@ctl.command()
def move(name: Name, at: At = LAB, token: Token = "", as_json: Json = False) -> None:
    """Move a service to other light without loss: the new light is lit before the old one goes out."""
    body = {"input": {"uuid": service_uuid(name)}}
    _show(services(at, call("POST", at, MOVE, token, body, as_json=as_json)), as_json)


@ctl.command()
def watch(
    for_s: Annotated[float, typer.Option(min=0, help="How long, in seconds of the lab's time.")] = 3600.0,
    at: At = LAB,
    token: Token = "",
) -> None:
    """Print a line of JSON with the new state whenever a service has changed."""
    before: dict[str, Any] = {}
    until = time.monotonic() + for_s
    while True:
        now = {one["uuid"]: one for one in services(at, call("GET", at, SERVICES, token))}
        for name in dict.fromkeys((*before, *now)):
            if before.get(name) != now.get(name):
                to_stdout(json.dumps({"at_s": round(time.monotonic(), 9), "uuid": name, "service": now.get(name)}))
        before = now
        if time.monotonic() >= until:
            return
        time.sleep(LOOK_EVERY_S)


def _show(services: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(services)
        return
    for one in services:
        lit = next((lit for lit in one["connection"] if lit["apnemu:carries"]), None)
        way = f"{'-'.join(lit['apnemu:route'])} {lit['apnemu:mode']}" if lit else one["apnemu:reason"] or "dark"
        to_stdout(f"{one['uuid']} {one['lifecycle-state']} {one['operational-state']} {way}")
