# SPDX-License-Identifier: BSD-3-Clause
"""JSON of ONF T-API 2.1's connectivity service, the subset that is served; refusals say what is wrong.

A client names a service by a UUID of its own, and its two ends by the UUIDs of service interface points: one for each
data centre, listed under the context, with the site's name. Capacity is in GBPS; `resilience-constraint` names the
scheme of protection; `schedule` has start and end by the lab's clock.

Source: ONF TR-547, T-API v2.1 reference implementation; RFC 8040 (RESTCONF) for forms of bodies and errors.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from apnemu.blueprint.requests import LIST, POINTS, PROTECTIONS, point_uuid
from apnemu.controllers.apn import Progress
from apnemu.model.plant import Plant
from apnemu.planning.online import Lit, Protection, Service
from apnemu.planning.zones import Zones

PROTECTION = {word: protection for protection, word in PROTECTIONS.items()}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_DB = 20
MOST_WAIT_S = 600
"""Largest sag that is believed; an amplifier has little more gain."""
LONGEST_NS = 1 << 61
"""Last instant that is served, in some 73 years of the lab's clock."""


class RefusedError(Exception):
    """A request that is not served: the HTTP status, RFC 8040's error tag, and why."""

    def __init__(self, status: int, tag: str, why: str) -> None:
        super().__init__(why)
        self.status, self.tag, self.why = status, tag, why


def points(plant: Plant) -> dict[str, str]:
    """Service interface points: UUID -> site."""
    return {point_uuid(plant.name, site.name): site.name for site in plant.data_centres}


def read_service(body: Any, plant: Plant) -> Service:
    """The service that a request's body asks for."""
    asked = _one(_object(body, "the body", {LIST: True})[LIST], LIST)
    known = {"uuid": True, "end-point": True, "requested-capacity": True}
    known |= {"resilience-constraint": False, "schedule": False, "name": False}
    asked = _object(asked, LIST, known)
    name = read_uuid(asked["uuid"])
    ends = asked["end-point"]
    if not isinstance(ends, list) or len(ends) != 2:
        raise _bad("end-point is not a list of two")
    source, target = (_site(end, plant) for end in ends)
    if source == target:
        raise _bad(f"both ends are {source}; name two sites")
    if "name" in asked:
        _check_names(asked["name"])
    start_ns, end_ns = _schedule(asked.get("schedule", {}))
    return Service(
        name=name,
        source=source,
        target=target,
        rate_gbps=_rate(asked["requested-capacity"], plant),
        protection=_protection(asked.get("resilience-constraint", {})),
        start_ns=start_ns,
        end_ns=end_ns,
    )


def read_sag(body: Any, plant: Plant) -> tuple[str, float]:
    """Fibre and missing gain in dB of a line system's alarm."""
    told = _object(_object(body, "the body", {"input": True})["input"], "input", {"fibre": True, "db": True})
    name, db = told["fibre"], told["db"]
    fibre = plant.fibre.get(name) if isinstance(name, str) else None
    if fibre is None:
        raise RefusedError(404, "invalid-value", f"there is no fibre {_shown(name)}")
    if not fibre.amplified:
        raise _bad(f"fibre {name} has no in-line amplifier whose gain could sag")
    if isinstance(db, bool) or not isinstance(db, int | float) or not 0 <= db <= MOST_DB:
        raise _bad(f"db is {_shown(db)}; it must be a number from 0 (no gain is missing) to {MOST_DB}")
    return fibre.name, float(db)


def read_revoke(body: Any, zones: Zones) -> tuple[str, str, list[str] | None]:
    """Zone, party and sites (None: all) of an owner's withdrawal."""
    told = _object(body, "the body", {"input": True})["input"]
    told = _object(told, "input", {"zone": True, "party": True, "sites": False})
    zone, party, sites = told["zone"], told["party"], told.get("sites")
    if not isinstance(zone, str) or zone not in zones.zone:
        raise RefusedError(404, "invalid-value", f"there is no zone {_shown(zone)}")
    if not isinstance(party, str) or not any(
        zones.owner(site) == party for site, name in zones.bound.items() if name == zone
    ):
        raise RefusedError(404, "invalid-value", f"zone {zone} binds no site of {_shown(party)}")
    if sites is None:
        return zone, party, None
    if not isinstance(sites, list) or not sites:
        raise _bad("sites is not a list of names; leave it out for all")
    for site in sites:
        if not isinstance(site, str) or site not in zones.plant.site:
            raise RefusedError(404, "invalid-value", f"there is no site {_shown(site)}")
    return zone, party, sites


def read_blocked(body: Any, plant: Plant) -> tuple[str, str, str, int]:
    """Site, host, what was blocked, and when, of a wall's report."""
    told = _object(body, "the body", {"input": True})["input"]
    told = _object(told, "input", {"site": True, "host": True, "what": True, "at-ns": True})
    site, at_ns = told["site"], told["at-ns"]
    if not isinstance(site, str) or site not in plant.site:
        raise RefusedError(404, "invalid-value", f"there is no site {_shown(site)}")
    if not all(isinstance(told[key], str) and 0 < len(told[key]) <= 200 for key in ("host", "what")):
        raise _bad("host and what must be texts of at most 200 characters")
    if isinstance(at_ns, bool) or not isinstance(at_ns, int) or not 0 <= at_ns < LONGEST_NS:
        raise _bad(f"at-ns is {_shown(at_ns)}; it must be a whole number of ns")
    return site, told["host"], told["what"], at_ns


def read_wait(prefer: str) -> int:
    """Seconds that a client would wait, of its header Prefer (RFC 7240), at most `MOST_WAIT_S`; 0 where it says none.

    What a server does not know or understand of that header it ignores, as the standard has it.

    >>> read_wait("return=minimal, wait=90"), read_wait('wait="5"'), read_wait("wait=-1"), read_wait("wait=1000000")
    (90, 5, 0, 600)
    """
    for preference in prefer.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        text = value.strip().strip('"')
        if name.strip().lower() == "wait" and text.isascii() and text.isdecimal():
            return min(int(text[:9]), MOST_WAIT_S)
    return 0


def read_uuid(text: Any) -> str:
    """A UUID in its usual form, of 36 characters in lower case."""
    if isinstance(text, str) and text.isascii() and len(text) == 36:
        try:
            if str(uuid.UUID(text)) == text:
                return text
        except ValueError:
            pass
    raise _bad(f"uuid is {_shown(text)}; it must be 8-4-4-4-12 hexadecimal digits in lower case")


def show_service(progress: Progress, lit: list[Lit], plant: Plant) -> dict[str, Any]:
    """A service as it stands, with the lightpaths that are lit for it."""
    status = progress.status
    service = status.service
    schedule = {"start-time": _time(service.start_ns), "end-time": _time(service.end_ns)}
    shown: dict[str, Any] = {
        "uuid": service.name,
        "end-point": [_end(number, site, plant) for number, site in enumerate((service.source, service.target), 1)],
        "requested-capacity": {"total-size": {"value": service.rate_gbps, "unit": "GBPS"}},
        "resilience-constraint": {"resilience-type": {"protection-type": PROTECTIONS[service.protection]}},
        "lifecycle-state": "PLANNED" if status.state == "booked" or not progress.done else "INSTALLED",
        "operational-state": "ENABLED" if progress.carries else "DISABLED",
        "apnemu:reason": progress.reason,
        "connection": [_connection(light) for light in lit],
    }
    if service.start_ns is not None or service.end_ns is not None:
        shown["schedule"] = {name: time for name, time in schedule.items() if time is not None}
    return shown


def show_point(point: str, site: str, label: str) -> dict[str, Any]:
    """A service interface point with the name of its site, and the site's label where it has one."""
    names = {"site": site, "label": label}
    pairs = [{"value-name": name, "value": value} for name, value in names.items() if value]
    return {"uuid": point, "name": pairs, "lifecycle-state": "INSTALLED"}


def _connection(lit: Lit) -> dict[str, Any]:
    path = lit.lightpath
    return {
        "connection-uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"apnemu:{path.name}")),
        "apnemu:route": list(path.route),
        "apnemu:slot": {"n": path.slot.n, "m": path.slot.m},
        "apnemu:mode": path.mode,
        "apnemu:transceivers": list(lit.transceivers),
        "apnemu:carries": lit.carries,
    }


def _end(number: int, site: str, plant: Plant) -> dict[str, Any]:
    point = {"service-interface-point-uuid": point_uuid(plant.name, site)}
    return {"local-id": str(number), "service-interface-point": point}


def _bad(why: str) -> RefusedError:
    return RefusedError(400, "invalid-value", why)


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _object(value: Any, what: str, keys: Mapping[str, bool]) -> dict[str, Any]:
    """The value as an object with these keys (True: it must be there) and no others."""
    if not isinstance(value, dict):
        raise _bad(f"{what} is not an object")
    for name in value:
        if name not in keys:
            raise RefusedError(400, "unknown-element", f"{what} has {_shown(name)}; known are {', '.join(keys)}")
    for name, needed in keys.items():
        if needed and name not in value:
            raise RefusedError(400, "missing-element", f"{what} has no {name}")
    return value


def _one(value: Any, what: str) -> Any:
    """The only element of a list."""
    if not isinstance(value, list) or len(value) != 1:
        raise _bad(f"{what} is not a list of one")
    return value[0]


def _site(end: Any, plant: Plant) -> str:
    inner = _object(end, "end-point", {"local-id": False, "service-interface-point": True})
    if not isinstance(inner.get("local-id", ""), str):
        raise _bad("local-id is not text")
    key = "service-interface-point-uuid"
    point = _object(inner["service-interface-point"], "service-interface-point", {key: True})[key]
    site = points(plant).get(point) if isinstance(point, str) else None
    if site is None:
        raise _bad(f"{key} is {_shown(point)}, which is none; GET {POINTS} lists them")
    return site


def _rate(capacity: Any, plant: Plant) -> float:
    size = _object(capacity, "requested-capacity", {"total-size": True})["total-size"]
    size = _object(size, "total-size", {"value": True, "unit": True})
    if size["unit"] != "GBPS":
        raise _bad(f"unit is {_shown(size['unit'])}; it must be GBPS")
    value, most = size["value"], max(mode.rate_gbps for mode in plant.modes)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value <= most or not math.isfinite(value):
        raise _bad(
            f"value is {_shown(value)}; it must be a number above 0 and at most {most:g}, what a transceiver can"
        )
    return float(value)


def _protection(constraint: Any) -> Protection:
    kind = _object(constraint, "resilience-constraint", {"resilience-type": False}).get("resilience-type", {})
    kind = _object(kind, "resilience-type", {"protection-type": False}).get("protection-type", "NO_PROTECTION")
    if not isinstance(kind, str) or kind not in PROTECTION:
        raise _bad(f"protection-type is {_shown(kind)}; it must be one of {', '.join(PROTECTION)}")
    return cast(Protection, PROTECTION[kind])


def _schedule(schedule: Any) -> tuple[int | None, int | None]:
    schedule = _object(schedule, "schedule", {"start-time": False, "end-time": False})
    start_ns, end_ns = (_instant(schedule.get(key), key) for key in ("start-time", "end-time"))
    if end_ns is not None and end_ns <= (start_ns or 0):
        raise _bad("end-time is not after start-time")
    return start_ns, end_ns


def _instant(text: Any, key: str) -> int | None:
    if text is None:
        return None
    wrong = _bad(f"{key} is {_shown(text)}; it must be like 2026-01-01T00:00:00Z")
    if not isinstance(text, str) or not text.isascii() or len(text) > 40:
        raise wrong
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise wrong
        ns = (instant - EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        raise wrong from None
    if not 0 <= ns < LONGEST_NS:
        raise wrong
    return ns


def _time(ns: int | None) -> str | None:
    return None if ns is None else (EPOCH + timedelta(microseconds=ns // 1000)).isoformat()


def _check_names(names: Any) -> None:
    if not isinstance(names, list) or len(names) > 10:
        raise _bad("name is not a list of at most ten")
    for name in names:
        pair = _object(name, "name", {"value-name": True, "value": True})
        if not all(isinstance(value, str) and len(value) <= 200 for value in pair.values()):
            raise _bad("a name's value-name and value must be texts of at most 200 characters")
