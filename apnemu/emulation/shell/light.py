# SPDX-License-Identifier: BSD-3-Clause
"""Light on demand by the trade's words: asked for, listed, moved, given back over the controller's REST interface."""

from __future__ import annotations

import http.client
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apnemu.blueprint.addressing import REST_PORT
from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import LIST, MOVE, PROTECTIONS, SERVICES, point_uuid, service, service_uuid
from apnemu.emulation.shell.names import Names
from apnemu.errors import InputError, LabError
from apnemu.units import ghz_to_hz, hz_to_thz, thz_to_hz

HERE = "127.0.0.1"
"""Address of the controller for programs of the lab that are no hosts."""
ANSWER_LIMIT_S = 600.0
LOOK_EVERY_S = 1.0
LONGEST_WAIT_S = 3600.0
"""Virtual time within which light that was asked for carries frames: transceivers tune in a minute or two."""
CENTRE_THZ, STEP_GHZ = 193.1, 6.25
"""ITU-T G.694.1: a slot's centre is 193.1 THz + n x 6.25 GHz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as the controller has it. `route` is empty where no light carries it now."""

    name: str
    source: str
    target: str
    rate_gbps: float
    protection: str
    state: str
    route: tuple[str, ...]
    mode: str
    centre_thz: float | None
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.state}" + (f", over {'-'.join(self.route)}" if self.route else "")


class RefusedLightError(InputError):
    """Light that is not to be had, and why."""


class Light:
    """Light of the network in which the shell stands. On the packet network each call raises InputError."""

    def __init__(self, blueprint: Blueprint, names: Names, note: Callable[[str], None]) -> None:
        self._blueprint = blueprint
        self._names = names
        self._note = note
        self._called = {point_uuid(blueprint.topology, site): site for site in names.hosts}
        self._given: dict[str, str] = {}
        """UUID of a service -> the name by which it was asked for."""
        self._is_asking = False
        self._before: dict[str, str] = {}
        """Name of a service -> how it stood when the controller was last asked."""

    def request(
        self,
        source: str,
        target: str,
        rate_gbps: float = 100.0,
        *,
        protection: str = "none",
        name: str | None = None,
        wait: bool = True,
    ) -> Service:
        """Ask for light between two data centres, and wait until it carries frames.

        Raises InputError for what cannot be asked for, RefusedLightError where there is no light.
        """
        self._check()
        ends = self._names.data_centre(source), self._names.data_centre(target)
        if protection not in PROTECTIONS:
            raise InputError(f"protection is '{protection}'; it must be one of {', '.join(PROTECTIONS)}")
        if not 0 < rate_gbps < math.inf:
            raise InputError(f"the rate is {rate_gbps:g} Gbit/s; it must be a number above 0, for example 100")
        name = name or self._free_name("-".join(ends))
        points = tuple(point_uuid(self._blueprint.topology, site) for site in ends)
        body = service(name, (points[0], points[1]), rate_gbps, protection)
        self._given[service_uuid(name)] = name
        self._note(f"light {name} asked for: {ends[0]} to {ends[1]}, {rate_gbps:g} Gbit/s")
        try:
            found = self._listed(self._call("POST", SERVICES, body))[0]
        except RefusedLightError as refused:
            self._note(f"light {name} refused: {refused}")
            raise
        waited_s = 0.0
        while wait and found.state == "planned" and waited_s < LONGEST_WAIT_S:
            time.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S
            found = self._listed(self._call("GET", f"{SERVICES}={service_uuid(name)}"))[0]
        self._seen([found])
        return found

    def services(self) -> list[Service]:
        """All services, in the order of their acceptance."""
        self._check()
        found = self._listed(self._call("GET", SERVICES))
        self._seen(found, whole=True)
        return found

    def told(self) -> list[dict[str, Any]] | None:
        """All services with their lightpaths, as a page shows them; None while the controller is asked already."""
        if self._is_asking:
            return None
        found = self._call("GET", SERVICES)
        self._seen(self._listed(found), whole=True)
        return [self._shown(one, service) for one, service in zip(found[LIST], self._listed(found), strict=True)]

    def release(self, name: str) -> None:
        """Give a service's light back. Raises InputError where there is none of that name."""
        self._check()
        self._call("DELETE", f"{SERVICES}={service_uuid(name)}")
        self._before.pop(name, None)
        self._note(f"light {name} given back")

    def move(self, name: str) -> Service:
        """Move a service to other light without loss. Raises InputError, RefusedLightError."""
        self._check()
        moved = self._listed(self._call("POST", MOVE, {"input": {"uuid": service_uuid(name)}}))[0]
        self._note(f"light {name} moved")
        self._seen([moved])
        return moved

    def _check(self) -> None:
        if not self._blueprint.transceivers:
            raise InputError(
                "the packet network has no light to ask for; apnemu shell TOPOLOGY, without --network, has"
            )

    def _free_name(self, stem: str) -> str:
        taken, number = set(self._given.values()), 1
        while f"{stem}-{number}" in taken:
            number += 1
        return f"{stem}-{number}"

    def _seen(self, found: list[Service], *, whole: bool = False) -> None:
        """Note what has changed since the controller was last asked; `whole`: `found` is all that there is."""
        now = {one.name: str(one) for one in found}
        for name, said in now.items():
            if self._before.get(name) != said:
                self._note(f"light {said}")
        for name in [name for name in self._before if name not in now] if whole else ():
            del self._before[name]
            self._note(f"light {name}: gone")
        self._before.update(now)

    def _listed(self, answer: Any) -> list[Service]:
        return [self._service(one) for one in answer[LIST]]

    def _service(self, one: dict[str, Any]) -> Service:
        lit = next((lit for lit in one["connection"] if lit["apnemu:carries"]), None)
        points = [end["service-interface-point"]["service-interface-point-uuid"] for end in one["end-point"]]
        protection = one["resilience-constraint"]["resilience-type"]["protection-type"]
        is_lit = one["operational-state"] == "ENABLED"
        state = "planned" if one["lifecycle-state"] == "PLANNED" else "lit" if is_lit else "dark"
        return Service(
            name=self._given.get(one["uuid"], one["uuid"]),
            source=self._called[points[0]],
            target=self._called[points[1]],
            rate_gbps=one["requested-capacity"]["total-size"]["value"],
            protection=next(word for word, known in PROTECTIONS.items() if known == protection),
            state=state,
            route=tuple(lit["apnemu:route"]) if lit and is_lit else (),
            mode=lit["apnemu:mode"] if lit else "",
            centre_thz=_centre_thz(lit["apnemu:slot"]["n"]) if lit else None,
            reason=one["apnemu:reason"],
        )

    def _shown(self, one: dict[str, Any], service: Service) -> dict[str, Any]:
        """A service for a page: `apnemu.live.told` reads it."""
        return {
            "name": service.name,
            "source": service.source,
            "target": service.target,
            "rate_gbps": service.rate_gbps,
            "protection": service.protection,
            "state": service.state,
            "reason": service.reason,
            "paths": [
                {
                    "route": lit["apnemu:route"],
                    **lit["apnemu:slot"],
                    "mode": lit["apnemu:mode"],
                    "carries": bool(lit["apnemu:carries"]) and service.state == "lit",
                }
                for lit in one["connection"]
            ],
        }

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the controller and return its answer.

        Raises RefusedLightError where there is no light, InputError for what it does not take, LabError where it fails.
        """
        self._is_asking = True
        connection = http.client.HTTPConnection(HERE, REST_PORT, timeout=ANSWER_LIMIT_S)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise LabError(
                f"the controller does not answer: {error}; controller.log of the shell's folder says why"
            ) from None
        finally:
            connection.close()
            self._is_asking = False
        if 200 <= answer.status < 300:
            return json.loads(said) if said else None
        try:
            why = json.loads(said)["ietf-restconf:errors"]["error"][0]["error-message"]
        except (ValueError, KeyError, IndexError):
            why = f"the controller answers {answer.status}"
        raise RefusedLightError(why) if answer.status == 409 else InputError(why)


def _centre_thz(n: int) -> float:
    return hz_to_thz(thz_to_hz(CENTRE_THZ) + n * ghz_to_hz(STEP_GHZ))
