# SPDX-License-Identifier: BSD-3-Clause
"""The controller's northbound interface: RESTCONF in the form of T-API's connectivity service, as a WSGI application.

    GET    /openapi.json                                    the description (`tapi.json`)
    GET    .../tapi-common:context/service-interface-point  where light may begin and end
    GET    .../tapi-connectivity:connectivity-context/connectivity-service
    POST   the same                                         201, or 409 with the reason why there is no light
    GET    .../connectivity-service=UUID                    with Prefer: wait=SECONDS (RFC 7240) once it carries, or
                                                            when the time is up
    DELETE the same
    POST   /restconf/operations/apnemu:move                 {"input": {"uuid": UUID}}: make before break
    POST   /restconf/operations/apnemu:sag                  {"input": {"fibre": NAME, "db": DB}}: an alarm of the line
                                                            system: the first amplifier lacks gain; 0: no longer
    POST   /restconf/operations/apnemu:revoke               {"input": {"zone": ZONE, "party": OWNER, "sites": [SITE]}}:
                                                            an owner withdraws sites; without them, all
    POST   /restconf/operations/apnemu:blocked              what a site's wall has not let out
    GET    /restconf/data/apnemu:audit                      who asked what, and whether it was allowed (`zones`)

A request with anything wrong is answered with 4xx and a reason in RFC 8040's form, before anything is changed. Clients
need a bearer token unless the server was started without one, as in the lab, which nobody outside can reach.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apnemu.blueprint.requests import AUDIT, BLOCKED, LIST, MOVE, POINTS, REVOKE, SAG, SERVICES
from apnemu.controllers import tapi
from apnemu.controllers.apn import Apn, Progress
from apnemu.controllers.desk import Desk
from apnemu.controllers.tapi import RefusedError
from apnemu.controllers.zones import CONTROLLER, Guard
from apnemu.planning.online import Decision, Service
from apnemu.units import NS_PER_S

DESCRIPTION = Path(__file__).with_name("tapi.json")
LONGEST_BODY = 64 * 1024
MEDIA = ("application/yang-data+json", "application/json")
STATUS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
}
Answer = tuple[int, Any]
"""HTTP status and JSON document."""


@dataclass(slots=True)
class _Asked:
    """A request as the log of an audit has it: who asks, and what for ("": it is not logged), and when."""

    who: str
    what: str = ""
    at_ns: int = 0


class Northbound:
    """WSGI application over one desk. Without a `token` it serves everybody; a `guard` knows who asks."""

    def __init__(self, desk: Desk, *, token: str | None, guard: Guard | None = None) -> None:
        self._desk = desk
        self._token = token
        self._guard = guard or Guard()
        self._audited = guard is not None

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, as WSGI (PEP 3333) has it."""
        headers: list[tuple[str, str]] = []
        asked = _Asked(self._guard.who(environ.get("REMOTE_ADDR", "")))
        why = ""
        try:
            status, document = self._answer(environ, headers, asked)
        except RefusedError as refused:
            why = refused.why
            error = {"error-type": "application", "error-tag": refused.tag, "error-message": refused.why}
            status, document = refused.status, {"ietf-restconf:errors": {"error": [error]}}
            if status == 401:
                headers.append(("WWW-Authenticate", "Bearer"))
        if self._audited and asked.what:
            at_ns = asked.at_ns or self._desk.look(lambda _, now_ns: now_ns)
            self._guard.audit.note(asked.who, asked.what, at_ns, why)
        body = b"" if document is None else json.dumps(document).encode() + b"\n"
        if body:
            headers.append(("Content-Type", MEDIA[0] if status != 200 or "openapi" not in document else MEDIA[1]))
        start(f"{status} {STATUS[status]}", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, environ: dict[str, Any], headers: list[tuple[str, str]], asked: _Asked) -> Answer:
        self._check_token(environ.get("HTTP_AUTHORIZATION", ""))
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        served: dict[str, Callable[[], Answer]]
        if path == "/openapi.json":
            served = {"GET": lambda: (200, json.loads(DESCRIPTION.read_text()))}
        elif path == POINTS:
            served = {"GET": lambda: self._desk.look(_points)}
        elif path == SERVICES:
            served = {
                "GET": lambda: self._desk.look(_list),
                "POST": lambda: self._create(_body(environ, asked, "request"), headers, asked),
            }
        elif path.startswith(f"{SERVICES}="):
            name = path.removeprefix(f"{SERVICES}=")
            served = {
                "GET": lambda: self._read(name, tapi.read_wait(environ.get("HTTP_PREFER", "")), headers),
                "DELETE": lambda: self._delete(name, asked),
            }
        elif path == MOVE:
            served = {"POST": lambda: self._move(_body(environ, asked, "move"), asked)}
        elif path == SAG:
            served = {"POST": lambda: self._sag(_body(environ, asked, "sag"))}
        elif path == REVOKE:
            served = {"POST": lambda: self._revoke(_body(environ, asked, "revoke"), asked)}
        elif path == BLOCKED:
            served = {"POST": lambda: self._blocked(_body(environ, asked, "report"), asked)}
        elif path == AUDIT:
            served = {"GET": lambda: (200, {"apnemu:audit": self._guard.audit.lines})}
        else:
            raise RefusedError(404, "invalid-value", "there is nothing here; see /openapi.json")
        if method not in served:
            allowed = ", ".join(served)
            headers.append(("Allow", allowed))
            raise RefusedError(405, "operation-not-supported", f"{method[:20]} is not possible here; {allowed} is")
        return served[method]()

    def _check_token(self, given: str) -> None:
        wanted = None if self._token is None else f"Bearer {self._token}"
        if wanted is not None and not hmac.compare_digest(given.encode("latin-1", "replace"), wanted.encode()):
            raise RefusedError(401, "access-denied", "Authorization: Bearer with the controller's token is needed")

    def _read(self, name: str, wait_s: int, headers: list[tuple[str, str]]) -> Answer:
        if wait_s:
            headers.append(("Preference-Applied", f"wait={wait_s}"))
            self._desk.wait(lambda apn, _: _is_on(_shown(apn, name)), wait_s * NS_PER_S)
        return self._desk.look(lambda apn, _: (200, {LIST: [_shown(apn, name)]}))

    def _create(self, body: Any, headers: list[tuple[str, str]], asked: _Asked) -> Answer:
        def create(apn: Apn, now_ns: int) -> Answer:
            decision = apn.request(service, now_ns)
            if not decision.accepted:
                raise _refusal(decision)
            return 201, {LIST: [_shown(apn, service.name)]}

        def read(apn: Apn, _: int) -> Service:
            wanted = tapi.read_service(body, apn.plant)
            asked.what = f"request {wanted.name} {wanted.source} > {wanted.target}"
            self._guard.check_asker(asked.who, (wanted.source, wanted.target), apn.light.zones)
            _must_be_new(apn, wanted.name)
            return wanted

        service = self._desk.look(read)
        answer = self._desk.decide(create)
        headers.append(("Location", f"{SERVICES}={service.name}"))
        return answer

    def _delete(self, name: str, asked: _Asked) -> Answer:
        def release(apn: Apn, now_ns: int) -> Answer:
            _shown(apn, name)
            apn.release(name, now_ns)
            return 204, None

        asked.what = f"release {name[:60]}"
        self._desk.look(lambda apn, _: self._check(apn, name, asked))
        return self._desk.decide(release)

    def _move(self, body: Any, asked: _Asked) -> Answer:
        def move(apn: Apn, now_ns: int) -> Answer:
            _shown(apn, name)
            decision = apn.move(name, now_ns)
            if not decision.accepted:
                raise _refusal(decision)
            return 200, {LIST: [_shown(apn, name)]}

        told = body.get("input") if isinstance(body, dict) and set(body) == {"input"} else None
        if not isinstance(told, dict) or set(told) != {"uuid"}:
            raise RefusedError(400, "invalid-value", 'the body must be {"input": {"uuid": UUID}}')
        name = tapi.read_uuid(told["uuid"])
        asked.what = f"move {name}"
        self._desk.look(lambda apn, _: self._check(apn, name, asked))
        return self._desk.decide(move)

    def _sag(self, body: Any) -> Answer:
        fibre, db = self._desk.look(lambda apn, _: tapi.read_sag(body, apn.plant))
        self._desk.tell(lambda apn, now_ns: apn.sag(fibre, db, now_ns))
        return 204, None

    def _check(self, apn: Apn, name: str, asked: _Asked) -> None:
        """Refuse what is to be done to a service that is none, or that the asker may not touch."""
        _shown(apn, name)
        service = next(status.service for status in apn.light.services() if status.service.name == name)
        self._guard.check_asker(asked.who, (service.source, service.target), apn.light.zones)

    def _revoke(self, body: Any, asked: _Asked) -> Answer:
        def read(apn: Apn, now_ns: int) -> tuple[tuple[str, str, list[str] | None], int, int]:
            wanted = tapi.read_revoke(body, apn.light.zones)
            asked.what = f"revoke {wanted[0]} of {wanted[1]}: {', '.join(wanted[2] or ['all'])}"
            self._guard.check_owner(asked.who, wanted[1], apn.light.zones)
            return wanted, now_ns, apn.plant.devices.flow_deletion_ns

        def revoke(apn: Apn, now_ns: int) -> Answer:
            ended = [one for one in apn.revoke(zone, party, sites, now_ns) if one.kind in ("ended", "lost")]
            for one in ended if self._audited else ():
                self._guard.audit.note(CONTROLLER, f"take down {one.service}", now_ns, f"{party} has withdrawn it")
            return 200, {"apnemu:taken-down": [one.service for one in ended]}

        (zone, party, sites), asked.at_ns, takes_ns = self._desk.look(read)
        return self._desk.after(revoke, takes_ns)

    def _blocked(self, body: Any, asked: _Asked) -> Answer:
        def note(apn: Apn, _: int) -> Answer:
            site, host, what, at_ns = tapi.read_blocked(body, apn.plant)
            self._guard.check_devices(asked.who, site)
            asked.what = ""
            self._guard.audit.note(host, what, at_ns, f"it would leave zone {apn.light.zones.bound.get(site, '')}")
            return 204, None

        return self._desk.look(note)


def _points(apn: Apn, _: int) -> Answer:
    return 200, {
        "tapi-common:service-interface-point": [
            tapi.show_point(point, site, apn.plant.site[site].label) for point, site in tapi.points(apn.plant).items()
        ]
    }


def _list(apn: Apn, _: int) -> Answer:
    return 200, {LIST: [_document(apn, progress) for progress in apn.progress()]}


def _shown(apn: Apn, name: str) -> dict[str, Any]:
    """The document of a service, or 404."""
    for progress in apn.progress():
        if progress.status.service.name == name:
            return _document(apn, progress)
    raise RefusedError(404, "invalid-value", f"there is no service {name[:60]}")


def _is_on(shown: dict[str, Any]) -> bool:
    return (shown["lifecycle-state"], shown["operational-state"]) == ("INSTALLED", "ENABLED")


def _document(apn: Apn, progress: Progress) -> dict[str, Any]:
    return tapi.show_service(progress, apn.lit(progress.status.service.name), apn.plant)


def _must_be_new(apn: Apn, name: str) -> None:
    if any(status.service.name == name for status in apn.light.services()):
        raise RefusedError(
            409, "data-exists", f"service {name} is there already; DELETE it first, or choose another uuid"
        )


def _refusal(decision: Decision) -> RefusedError:
    return RefusedError(409, "resource-denied", decision.reason)


def _body(environ: dict[str, Any], asked: _Asked, what: str) -> Any:
    """JSON of a request's body, of a size and type that are served; `what` it asks for, as far as is known yet."""
    asked.what = what
    media = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media not in MEDIA:
        raise RefusedError(415, "invalid-value", f"Content-Type must be {' or '.join(MEDIA)}")
    length = environ.get("CONTENT_LENGTH", "")
    if not (length.isascii() and length.isdecimal()):
        raise RefusedError(411, "invalid-value", "Content-Length is needed")
    if len(length) > 12 or int(length) > LONGEST_BODY:
        raise RefusedError(413, "too-big", f"a body has at most {LONGEST_BODY} bytes")
    data = environ["wsgi.input"].read(int(length))
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "malformed-message", f"the body is no JSON: {str(error)[:100]}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON without double keys, on which JSON's readers do not agree."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key is there twice")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
