# SPDX-License-Identifier: BSD-3-Clause
"""The controller's northbound interface: RESTCONF in the form of T-API's connectivity service, as a WSGI application.

    GET    /openapi.json                                    the description (`tapi.json`)
    GET    .../tapi-common:context/service-interface-point  where light may begin and end
    GET    .../tapi-connectivity:connectivity-context/connectivity-service
    POST   the same                                         201, or 409 with the reason why there is no light
    GET    .../connectivity-service=UUID
    DELETE the same
    POST   /restconf/operations/apnemu:move                 {"input": {"uuid": UUID}}: make before break
    POST   /restconf/operations/apnemu:sag                  {"input": {"fibre": NAME, "db": DB}}: an alarm of the line
                                                            system: the first amplifier lacks gain; 0: no longer

A request with anything wrong is answered with 4xx and a reason in RFC 8040's form, before anything is changed. Clients
need a bearer token unless the server was started without one, as in the lab, which nobody outside can reach.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from apnemu.blueprint.requests import LIST, MOVE, POINTS, SAG, SERVICES
from apnemu.controllers import tapi
from apnemu.controllers.apn import Apn, Progress
from apnemu.controllers.desk import Desk
from apnemu.controllers.tapi import RefusedError
from apnemu.planning.online import Decision, Service

DESCRIPTION = Path(__file__).with_name("tapi.json")
LONGEST_BODY = 64 * 1024
MEDIA = ("application/yang-data+json", "application/json")
STATUS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
}
Answer = tuple[int, Any]
"""HTTP status and JSON document."""


class Northbound:
    """WSGI application over one desk. Without a `token` it serves everybody."""

    def __init__(self, desk: Desk, *, token: str | None) -> None:
        self._desk = desk
        self._token = token

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, as WSGI (PEP 3333) has it."""
        headers: list[tuple[str, str]] = []
        try:
            status, document = self._answer(environ, headers)
        except RefusedError as refused:
            error = {"error-type": "application", "error-tag": refused.tag, "error-message": refused.why}
            status, document = refused.status, {"ietf-restconf:errors": {"error": [error]}}
            if status == 401:
                headers.append(("WWW-Authenticate", "Bearer"))
        body = b"" if document is None else json.dumps(document).encode() + b"\n"
        if body:
            headers.append(("Content-Type", MEDIA[0] if status != 200 or "openapi" not in document else MEDIA[1]))
        start(f"{status} {STATUS[status]}", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, environ: dict[str, Any], headers: list[tuple[str, str]]) -> Answer:
        self._check_token(environ.get("HTTP_AUTHORIZATION", ""))
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        served: dict[str, Callable[[], Answer]]
        if path == "/openapi.json":
            served = {"GET": lambda: (200, json.loads(DESCRIPTION.read_text()))}
        elif path == POINTS:
            served = {"GET": lambda: self._desk.look(_points)}
        elif path == SERVICES:
            served = {"GET": lambda: self._desk.look(_list), "POST": lambda: self._create(_body(environ), headers)}
        elif path.startswith(f"{SERVICES}="):
            name = path.removeprefix(f"{SERVICES}=")
            served = {
                "GET": lambda: self._desk.look(lambda apn, _: (200, {LIST: [_shown(apn, name)]})),
                "DELETE": lambda: self._delete(name),
            }
        elif path == MOVE:
            served = {"POST": lambda: self._move(_body(environ))}
        elif path == SAG:
            served = {"POST": lambda: self._sag(_body(environ))}
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

    def _create(self, body: Any, headers: list[tuple[str, str]]) -> Answer:
        def create(apn: Apn, now_ns: int) -> Answer:
            decision = apn.request(service, now_ns)
            if not decision.accepted:
                raise _refusal(decision)
            return 201, {LIST: [_shown(apn, service.name)]}

        def read(apn: Apn, _: int) -> Service:
            asked = tapi.read_service(body, apn.plant)
            _must_be_new(apn, asked.name)
            return asked

        service = self._desk.look(read)
        answer = self._desk.decide(create)
        headers.append(("Location", f"{SERVICES}={service.name}"))
        return answer

    def _delete(self, name: str) -> Answer:
        def release(apn: Apn, now_ns: int) -> Answer:
            _shown(apn, name)
            apn.release(name, now_ns)
            return 204, None

        self._desk.look(lambda apn, _: _shown(apn, name))
        return self._desk.decide(release)

    def _move(self, body: Any) -> Answer:
        def move(apn: Apn, now_ns: int) -> Answer:
            _shown(apn, name)
            decision = apn.move(name, now_ns)
            if not decision.accepted:
                raise _refusal(decision)
            return 200, {LIST: [_shown(apn, name)]}

        asked = body.get("input") if isinstance(body, dict) and set(body) == {"input"} else None
        if not isinstance(asked, dict) or set(asked) != {"uuid"}:
            raise RefusedError(400, "invalid-value", 'the body must be {"input": {"uuid": UUID}}')
        name = tapi.read_uuid(asked["uuid"])
        self._desk.look(lambda apn, _: _shown(apn, name))
        return self._desk.decide(move)

    def _sag(self, body: Any) -> Answer:
        fibre, db = self._desk.look(lambda apn, _: tapi.read_sag(body, apn.plant))
        self._desk.tell(lambda apn, now_ns: apn.sag(fibre, db, now_ns))
        return 204, None


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


def _document(apn: Apn, progress: Progress) -> dict[str, Any]:
    return tapi.show_service(progress, apn.lit(progress.status.service.name), apn.plant)


def _must_be_new(apn: Apn, name: str) -> None:
    if any(status.service.name == name for status in apn.light.services()):
        raise RefusedError(
            409, "data-exists", f"service {name} is there already; DELETE it first, or choose another uuid"
        )


def _refusal(decision: Decision) -> RefusedError:
    return RefusedError(409, "resource-denied", decision.reason)


def _body(environ: dict[str, Any]) -> Any:
    """JSON of a request's body, of a size and type that are served."""
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
