# SPDX-License-Identifier: BSD-3-Clause
"""REST messages of the controller: paths and bodies, as clients send them and the controller reads them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from apnemu.model.activities import Request

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CONTEXT = "/restconf/data/tapi-common:context"
POINTS = f"{CONTEXT}/service-interface-point"
MOVE = "/restconf/operations/apnemu:move"
SAG = "/restconf/operations/apnemu:sag"
REVOKE = "/restconf/operations/apnemu:revoke"
BLOCKED = "/restconf/operations/apnemu:blocked"
AUDIT = "/restconf/data/apnemu:audit"
SERVICES = f"{CONTEXT}/tapi-connectivity:connectivity-context/connectivity-service"
LIST = "tapi-connectivity:connectivity-service"
PROTECTIONS = {
    "none": "NO_PROTECTION",
    "1+1": "ONE_PLUS_ONE_PROTECTION",
    "restoration-prepared": "PRE_COMPUTED_RESTORATION",
    "restoration-computed": "DYNAMIC_RESTORATION",
}


@lru_cache(4096)
def point_uuid(topology: str, site: str) -> str:
    """UUID of a data centre's service interface point: RFC 4122's version 5, from names alone.

    >>> point_uuid("three-sites", "tokyo") == point_uuid("three-sites", "tokyo") != point_uuid("jpn12", "tokyo")
    True
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"apnemu:{topology}/{site}"))


@lru_cache(4096)
def service_uuid(name: str) -> str:
    """UUID of a service that a person names; a name that is a UUID already stays as it is.

    >>> service_uuid("backup")
    '311cd716-dd79-590f-bbec-9d679418ec42'
    """
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"apnemu:service/{name}"))


def asked(topology: str, request: Request) -> tuple[str, bytes]:
    """Path and body of the POST that asks for light."""
    points = (point_uuid(topology, request.source), point_uuid(topology, request.target))
    body = service(request.name, points, request.rate_gbps, request.protection)
    return SERVICES, json.dumps(body).encode()


def released(request: Request) -> str:
    """Path of the DELETE that gives light back."""
    return f"{SERVICES}={service_uuid(request.name)}"


def sagged(fibre: str, db: float) -> bytes:
    """Body of a line system's alarm: a fibre's first in-line amplifier gives `db` less gain than it should.

    `db` 0: it gives all its gain again.
    """
    return json.dumps({"input": {"fibre": fibre, "db": db}}).encode()


def revoked(zone: str, party: str, sites: Sequence[str] | None = None) -> bytes:
    """Body by which an owner withdraws sites of a zone (None: all) from where its data may be."""
    wanted = {} if sites is None else {"sites": list(sites)}
    return json.dumps({"input": {"zone": zone, "party": party, **wanted}}).encode()


def blocked(site: str, host: str, what: str, at_ns: int) -> bytes:
    """Body by which a site's devices report what its wall has not let out of a host."""
    return json.dumps({"input": {"site": site, "host": host, "what": what, "at-ns": at_ns}}).encode()


def booked(start_ns: int | None, end_ns: int | None) -> dict[str, str]:
    """Start and end of light that is booked, as T-API has them, to the microsecond; instants are ns since 1970.

    >>> booked(None, 1_500_000_000)
    {'end-time': '1970-01-01T00:00:01.500000+00:00'}
    """
    ends = {"start-time": start_ns, "end-time": end_ns}
    return {
        name: (EPOCH + timedelta(microseconds=ns // 1000)).isoformat() for name, ns in ends.items() if ns is not None
    }


def service(
    name: str,
    points: tuple[str, str],
    rate_gbps: float,
    protection: str,
    schedule: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The document that asks for light between two service interface points.

    `schedule` has start-time and end-time as RFC 3339 writes them; either may be missing.
    """
    ends = [{"service-interface-point": {"service-interface-point-uuid": point}} for point in points]
    wanted = {
        "uuid": service_uuid(name),
        "name": [{"value-name": "name", "value": name}],
        "end-point": ends,
        "requested-capacity": {"total-size": {"value": rate_gbps, "unit": "GBPS"}},
        "resilience-constraint": {"resilience-type": {"protection-type": PROTECTIONS[protection]}},
    }
    return {LIST: [wanted | ({"schedule": dict(schedule)} if schedule else {})]}
