# SPDX-License-Identifier: BSD-3-Clause
"""The REST interface, over real light and no lab: what is right is done, whatever else comes changes nothing."""

from __future__ import annotations

import copy
import io
import json
import random
import threading
from functools import cache
from typing import Any

import pytest

from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import LIST, MOVE, POINTS, SAG, SERVICES, asked, point_uuid, sagged, service_uuid
from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import AtOnce, InTime
from apnemu.controllers.northbound import Northbound
from apnemu.model.activities import Request
from apnemu.planning.online import Service
from apnemu.units import NS_PER_S
from tests.controllers.on_demand import on_demand

MALFORMED = 10_000


class Client:
    """Speaks to the application as a server would."""

    def __init__(self, token: str | None = None) -> None:
        self.apn = Apn(blueprint())
        self.desk = AtOnce(self.apn)
        self.served = Northbound(self.desk, token=token)

    def call(self, method: str, path: str, body: bytes = b"", **environ: str) -> tuple[int, Any]:
        said: list[str] = []
        given = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **environ,
        }
        content = b"".join(self.served(given, lambda status, headers: said.append(status)))
        return int(said[0].split()[0]), json.loads(content) if content else None

    def post(self, document: Any) -> tuple[int, Any]:
        return self.call("POST", SERVICES, json.dumps(document).encode())

    def state(self) -> Any:
        return self.apn.light.services(), self.apn.light.lit(), self.apn.due_ns(), self.call("GET", SERVICES)


@cache
def blueprint() -> Blueprint:
    return on_demand("jpn12", transceivers=4)


def document(name: str, source: str = "tokyo", target: str = "osaka", protection: str = "none") -> dict[str, Any]:
    request = Request(name=name, source=source, target=target, rate_gbps=100.0, protection=protection)
    found: dict[str, Any] = json.loads(asked("jpn12", request)[1])
    return found


def test_a_service_from_request_to_release() -> None:
    client = Client()
    status, created = client.post(document("one"))
    assert status == 201
    assert created[LIST][0]["lifecycle-state"] == "PLANNED"
    path = f"{SERVICES}={service_uuid('one')}"
    client.desk.now_ns += 100_000_000_000
    shown = client.call("GET", path)[1][LIST][0]
    assert (shown["lifecycle-state"], shown["operational-state"]) == ("INSTALLED", "ENABLED")
    assert shown["connection"][0]["apnemu:route"][0] == "tokyo"
    assert client.post(document("one"))[0] == 409
    assert client.call("POST", MOVE, json.dumps({"input": {"uuid": service_uuid("one")}}).encode())[0] == 200
    assert client.call("DELETE", path) == (204, None)
    assert client.call("GET", path)[0] == client.call("DELETE", path)[0] == 404
    client.desk.now_ns += 100_000_000_000
    assert client.call("GET", SERVICES) == (200, {LIST: []})
    assert not any(client.apn.rules(switch.dpid) for switch in blueprint().switches)


def test_who_prefers_to_wait_is_answered_once_light_carries() -> None:
    client = Client()
    path = f"{SERVICES}={service_uuid('a')}"
    assert client.post(document("a"))[0] == 201
    asked_ns = client.desk.now_ns
    (shown,) = client.call("GET", path)[1][LIST]
    assert shown["operational-state"] == "DISABLED" and client.desk.now_ns == asked_ns
    (shown,) = client.call("GET", path, HTTP_PREFER="wait=1")[1][LIST]
    assert shown["operational-state"] == "DISABLED" and client.desk.now_ns == asked_ns + NS_PER_S
    (shown,) = client.call("GET", path, HTTP_PREFER="wait=300")[1][LIST]
    assert (shown["lifecycle-state"], shown["operational-state"]) == ("INSTALLED", "ENABLED")
    carries_ns = client.desk.now_ns
    assert NS_PER_S < carries_ns - asked_ns < 300 * NS_PER_S
    client.call("GET", path, HTTP_PREFER="wait=300")
    assert client.desk.now_ns == carries_ns
    assert client.call("GET", f"{SERVICES}={service_uuid('b')}", HTTP_PREFER="wait=300")[0] == 404


def test_waiters_in_the_lab_are_woken_by_what_they_wait_for_alone() -> None:
    desk = InTime(Apn(blueprint()), lambda: None)
    threading.Thread(target=desk.run_forever, daemon=True).start()
    looks: list[int] = []
    thread = threading.Thread(
        target=lambda: desk.wait(lambda apn, now_ns: looks.append(now_ns) or len(apn.light.services()) == 2, 1 << 60)
    )
    thread.start()
    for name in ("a", "b"):
        service = Service(name=name, source="tokyo", target="osaka", rate_gbps=100.0)
        desk.tell(lambda apn, now_ns, service=service: apn.request(service, now_ns))
    thread.join(10)
    assert not thread.is_alive() and 1 <= len(looks) <= 10
    desk.wait(lambda apn, _: False, 1_000_000)


def test_what_gets_no_light_is_told_why() -> None:
    client = Client()
    answers = [client.post(document(str(number))) for number in range(5)]
    assert [status for status, _ in answers] == [201] * 4 + [409]
    said = answers[-1][1]["ietf-restconf:errors"]["error"][0]["error-message"]
    assert said.startswith("transceivers: 1 needed at tokyo, 0 of 4 free")


def test_an_alarm_of_the_line_system_is_heard_and_a_wrong_one_changes_nothing() -> None:
    client = Client()
    client.post(document("one", protection="none"))
    client.desk.now_ns += 100_000_000_000
    client.call("GET", SERVICES)
    (lit,) = client.apn.lit(service_uuid("one"))
    fibre = next(name for name in lit.lightpath.fibres if client.apn.plant.fibre[name].amplifiers)
    before = client.state()
    wrong = (
        (b'{"input": {"fibre": "x", "db": 3}}', 404),
        (sagged(fibre, -1), 400),
        (sagged(fibre, 21), 400),
        (b"[]", 400),
    )
    for body, status in wrong:
        assert client.call("POST", SAG, body)[0] == status
    short = next(fibre.name for fibre in client.apn.plant.fibres if not fibre.amplifiers)
    status, said = client.call("POST", SAG, sagged(short, 3))
    assert (status, said["ietf-restconf:errors"]["error"][0]["error-message"]) == (
        400,
        f"fibre {short} has no in-line amplifier whose gain could sag",
    )
    assert client.state() == before
    assert client.call("POST", SAG, sagged(fibre, 20)) == (204, None)
    shown = client.call("GET", SERVICES)[1][LIST][0]
    assert shown["operational-state"] == "DISABLED"
    assert shown["apnemu:reason"].startswith(f"reach: amplifiers sag (fibre {fibre} by 20 dB)")
    assert client.call("POST", SAG, sagged(fibre, 0)) == (204, None)
    client.desk.now_ns += 100_000_000_000
    assert client.call("GET", SERVICES)[1][LIST][0]["operational-state"] == "ENABLED"


def test_who_has_no_token_gets_nothing() -> None:
    client = Client(token="secret")
    for given in ("", "secret", "Bearer", "Bearer other", "Basic secret", "Bearer sécret"):
        assert client.call("GET", POINTS, HTTP_AUTHORIZATION=given)[0] == 401
    assert client.call("GET", POINTS, HTTP_AUTHORIZATION="Bearer secret")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "environ", "status"),
    [
        ("GET", "/", {}, 404),
        ("GET", f"{SERVICES}/../../etc/passwd", {}, 404),
        ("PUT", SERVICES, {}, 405),
        ("DELETE", POINTS, {}, 405),
        ("POST", SERVICES, {"CONTENT_TYPE": "text/plain"}, 415),
        ("POST", SERVICES, {"CONTENT_LENGTH": ""}, 411),
        ("POST", SERVICES, {"CONTENT_LENGTH": "-1"}, 411),
        ("POST", SERVICES, {"CONTENT_LENGTH": "9" * 5000}, 413),
        ("POST", SERVICES, {"CONTENT_LENGTH": "65537"}, 413),
        ("POST", SERVICES, {}, 400),
    ],
)
def test_what_is_no_request_is_refused(method: str, path: str, environ: dict[str, str], status: int) -> None:
    assert Client().call(method, path, **environ)[0] == status


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"a": NaN}',
        json.dumps(document("a")).replace('"value": 100.0', '"value": 1e999').encode(),
        json.dumps(document("a")).replace('"value": 100.0', f'"value": {10**4000}').encode(),
        json.dumps(document("a")).replace('"unit"', '"value": 1, "unit"').encode(),
    ],
)
def test_no_json_of_ours(body: bytes) -> None:
    client = Client()
    status, said = client.call("POST", SERVICES, body)
    assert status == 400 and said["ietf-restconf:errors"]["error"][0]["error-message"]


def test_ten_thousand_that_are_wrong_change_nothing() -> None:
    """Each takes one thing of a good request and makes it another, or asks again for what is there."""
    client = Client()
    assert client.post(document("one"))[0] == 201
    before = client.state()
    draws = random.Random(3)
    for number in range(MALFORMED):
        wrong = document("one") if number % 10 == 0 else _spoilt(draws)
        status, said = client.post(wrong)
        assert 400 <= status < 500, wrong
        assert said["ietf-restconf:errors"]["error"][0]["error-message"], wrong
        if number % 1000 == 0:
            assert client.state()[:2] == before[:2]
    assert client.state() == before


WRONG = [None, True, False, 0, -1, 1e30, 10**60, "", "x", "osaka", [], {}, [[]], {"a": 1}, "\ud800", "A" * 5000]
UNKNOWN_POINT = point_uuid("jpn12", "atlantis")


def _spoilt(draws: random.Random) -> Any:
    """A good request with one part wrong: another type, another value, missing, or one too many."""
    body = copy.deepcopy(document("two"))
    service = body[LIST][0]
    del service["name"]  # any text is a name
    spots = [(holder, key) for holder, key in _spots(body) if key != "local-id"]
    holder, key = spots[draws.randrange(len(spots))]
    way = draws.randrange(4)
    if (
        way == 0
        and isinstance(holder, dict)
        and key not in ("resilience-constraint", "resilience-type", "protection-type")
    ):
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder["more"] = draws.choice(WRONG)
    elif way == 2:
        ends = service["end-point"]
        ends[draws.randrange(2)] = draws.choice(
            [ends[0], {"service-interface-point": {"service-interface-point-uuid": UNKNOWN_POINT}}, *WRONG]
        )
        if ends[0] == ends[1]:
            return body
        if all(end in document("two")[LIST][0]["end-point"] for end in ends):
            service["uuid"] = "wrong"
    else:
        allowed = ({},) if key in ("resilience-constraint", "resilience-type") else ()
        holder[key] = draws.choice([one for one in WRONG if one not in allowed])
    return body


def _spots(value: Any) -> list[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [spot for key, part in inner for spot in ((value, key), *_spots(part))]
