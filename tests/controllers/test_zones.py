# SPDX-License-Identifier: BSD-3-Clause
"""Zones at the controller: who may ask, what is refused, what an owner withdraws, and that the log has all of it."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apnemu.blueprint.as_json import built_from, plain
from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import AUDIT, BLOCKED, MOVE, REVOKE, SERVICES, asked, blocked, revoked, service_uuid
from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import AtOnce
from apnemu.controllers.journal import Journal
from apnemu.controllers.northbound import Northbound
from apnemu.controllers.zones import Audit, Guard
from apnemu.model.activities import Request
from tests.controllers.on_demand import on_demand


@pytest.fixture
def network() -> Blueprint:
    return on_demand("kyushu-zone", transceivers=4)


class Client:
    """Asks from a host, or as the operator."""

    def __init__(self, blueprint: Blueprint, folder: Path) -> None:
        self.blueprint, self.log = blueprint, folder / "audit"
        self.entries: list[dict[str, Any]] = []
        self.apn = Apn(blueprint, self.entries.append)
        self.disk = Journal(self.log)
        self.served = Northbound(AtOnce(self.apn), token=None, guard=Guard.of(blueprint, Audit(self.disk)))

    def call(self, method: str, path: str, body: bytes = b"", site: str = "") -> tuple[int, Any]:
        address = next((host.address for host in self.blueprint.hosts if host.site == site), "127.0.0.1")
        if site.endswith(" devices"):
            address = next(line.site_address for line in self.blueprint.dcn if f"{line.site} devices" == site)
        return self.sent(method, path, body, address)

    def sent(self, method: str, path: str, body: bytes, address: str) -> tuple[int, Any]:
        said: list[str] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": address,
            "wsgi.input": io.BytesIO(body),
        }
        content = b"".join(self.served(environ, lambda status, headers: said.append(status)))
        return int(said[0].split()[0]), json.loads(content) if content else None

    def ask(self, name: str, source: str, target: str, site: str = "", protection: str = "none") -> tuple[int, str]:
        wanted = Request(name=name, source=source, target=target, rate_gbps=100.0, protection=protection)
        path, body = asked(self.blueprint.topology, wanted)
        status, answer = self.call("POST", path, body, site)
        return status, "" if status == 201 else answer["ietf-restconf:errors"]["error"][0]["error-message"]

    def audit(self) -> list[dict[str, Any]]:
        return self.call("GET", AUDIT)[1]["apnemu:audit"]


@pytest.fixture
def client(network: Blueprint, tmp_path: Path) -> Iterator[Client]:
    made = Client(network, tmp_path)
    yield made
    made.disk.close()


def test_light_that_would_leave_is_refused_and_logged(client: Client) -> None:
    status, why = client.ask("out", "hakata", "osaka", "hakata")
    assert status == 409 and why.startswith("zone: osaka lies outside zone kyushu")
    assert client.ask("around", "hakata", "kumamoto", "hakata", "1+1")[0] == 409
    assert client.ask("in", "hakata", "kagoshima", "hakata")[0] == 201
    route = client.apn.light.lit()[0].lightpath.route
    assert route == ("hakata", "kumamoto", "kagoshima")  # and not by the shorter cable through the open sea
    lines = client.audit()
    assert [(line["who"], line["allowed"]) for line in lines] == [
        ("hakata", False),
        ("hakata", False),
        ("hakata", True),
    ]
    assert lines[0]["what"] == f"request {service_uuid('out')} hakata > osaka"
    assert [line["at_ns"] for line in lines] == sorted(line["at_ns"] for line in lines)
    assert client.ask("elsewhere", "hiroshima", "osaka", "osaka")[0] == 201


def test_nobody_outside_may_ask_for_light_of_a_zone(client: Client) -> None:
    status, why = client.ask("spied", "hakata", "kumamoto", "osaka")
    assert status == 403 and "osaka lies outside" in why and "ask from a site within it" in why
    assert client.ask("own", "hakata", "kumamoto", "hakata")[0] == 201
    path = f"{SERVICES}={service_uuid('own')}"
    assert client.call("DELETE", path, site="osaka")[0] == 403
    body = json.dumps({"input": {"uuid": service_uuid("own")}}).encode()
    assert client.call("POST", MOVE, body, "hiroshima")[0] == 403
    assert [line["allowed"] for line in client.audit()] == [False, True, False, False]
    assert client.call("DELETE", path, site="kumamoto")[0] == 204


def test_a_repeated_request_is_refused(client: Client) -> None:
    assert client.ask("own", "hakata", "kumamoto", "hakata")[0] == 201
    assert client.ask("own", "hakata", "kumamoto", "kumamoto")[0] == 409
    assert client.call("POST", REVOKE, revoked("kyushu", "dc-k"), "hakata")[0] == 200
    status, why = client.ask("own", "hakata", "kumamoto", "kumamoto")
    assert status == 409 and "dc-k has withdrawn" in why


def test_an_owner_withdraws_its_light_and_no_other(client: Client) -> None:
    for name, ends in (("k", ("hakata", "kumamoto")), ("s", ("kagoshima", "kumamoto")), ("o", ("hiroshima", "osaka"))):
        assert client.ask(name, *ends)[0] == 201
    status, answer = client.call("POST", REVOKE, revoked("kyushu", "dc-k"), "kagoshima")
    assert status == 403 and "only an owner may withdraw" in json.dumps(answer)
    assert len(client.apn.light.lit()) == 3
    status, answer = client.call("POST", REVOKE, revoked("kyushu", "dc-k", ["kagoshima"]), "kumamoto")
    assert (status, answer) == (200, {"apnemu:taken-down": [service_uuid("s")]})
    status, answer = client.call("POST", REVOKE, revoked("kyushu", "dc-k"), "hakata")
    assert answer == {"apnemu:taken-down": [service_uuid("k")]}
    assert [lit.service for lit in client.apn.light.lit()] == [service_uuid("o")]
    told = [(line["who"], line["what"]) for line in client.audit() if line["who"] == "controller"]
    assert told == [("controller", f"take down {service_uuid(name)}") for name in ("s", "k")]
    assert client.ask("k2", "hakata", "kumamoto", "hakata")[0] == 409


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"zone": "nowhere", "party": "dc-k"}, 404),
        ({"zone": "kyushu", "party": "nobody"}, 404),
        ({"zone": "kyushu", "party": "osaka"}, 404),
        ({"zone": "kyushu", "party": "dc-k", "sites": ["tokyo"]}, 404),
        ({"zone": "kyushu", "party": "dc-k", "sites": []}, 400),
        ({"zone": "kyushu", "party": "dc-k", "sites": "all"}, 400),
        ({"zone": "kyushu"}, 400),
        ({"zone": "kyushu", "party": 7}, 404),
        ({"zone": ["kyushu"], "party": "dc-k"}, 404),
    ],
)
def test_a_wrong_withdrawal_changes_nothing(client: Client, told: dict[str, Any], status: int) -> None:
    assert client.ask("k", "hakata", "kumamoto")[0] == 201
    assert client.call("POST", REVOKE, json.dumps({"input": told}).encode(), "hakata")[0] == status
    assert len(client.apn.light.lit()) == 1 and not client.apn.light.zones.withdrawn


def test_a_wall_reports_through_its_own_site_alone(client: Client) -> None:
    body = blocked("hakata", "hakata-h1", "tcp 10.0.1.1:20000 > 10.0.5.1:443", 17)
    assert client.call("POST", BLOCKED, body, "hakata")[0] == 403  # the host itself
    assert client.call("POST", BLOCKED, body, "osaka devices")[0] == 403
    assert client.call("POST", BLOCKED, body, "hakata devices")[0] == 204
    *_, last = client.audit()
    assert (last["who"], last["at_ns"], last["allowed"]) == ("hakata-h1", 17, False)
    assert last["why"] == "it would leave zone kyushu"


def test_a_controller_that_starts_again_knows_what_was_withdrawn_and_logged(client: Client, network: Blueprint) -> None:
    assert client.ask("k", "hakata", "kumamoto")[0] == 201
    client.call("POST", REVOKE, revoked("kyushu", "dc-k"), "hakata")
    client.ask("k", "hakata", "kumamoto")
    again = Apn(network)
    again.replay(json.loads(json.dumps(client.entries)))
    assert again.light.zones.withdrawn == client.apn.light.zones.withdrawn
    assert not again.light.lit()
    disk = Journal(client.log)
    assert Audit(disk).lines == client.audit() and len(client.audit()) == 4
    disk.close()


def test_a_plant_with_zones_crosses_to_the_guest(network: Blueprint) -> None:
    assert built_from(Blueprint, json.loads(json.dumps(plain(network)))) == network
    everywhere = dataclasses.replace(
        network.plant, zones=tuple(dataclasses.replace(zone, sites="all") for zone in network.plant.zones)
    )
    network = dataclasses.replace(network, plant=everywhere)
    assert built_from(Blueprint, json.loads(json.dumps(plain(network)))) == network


def test_walls_stand_where_sites_are_bound_and_let_through_what_neither_zone_shuts_out(network: Blueprint) -> None:
    walls = {wall.site: wall for wall in network.walls}
    assert list(walls) == ["hakata", "kumamoto", "kagoshima"]
    address = {host.site: host.address for host in network.hosts}
    assert walls["hakata"].allowed == (address["kumamoto"], address["kagoshima"])
    assert walls["hakata"].outside == (address["hiroshima"], address["osaka"])
    assert len(walls["hakata"].ports) == 4 and all(node == "s1" for node, _ in walls["hakata"].ports)
