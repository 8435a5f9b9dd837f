# SPDX-License-Identifier: BSD-3-Clause
"""Light of a run that is followed, as pages show it, without a question to its controller, which would take time there.

Light on demand is known from the journal that the controller keeps on its disk: deciding again what stands there gives
what the controller knows, but for answers of devices, which are taken to come after the ways that are declared. Light
that was planned is lit unless what it passes is dark.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from apnemu import shared_folder
from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.requests import service_uuid
from apnemu.controllers.apn import Apn, Progress
from apnemu.errors import GuestError
from apnemu.escapes import printable
from apnemu.model.activities import Request
from apnemu.planning.online import Lit

JOURNAL: Final = "controller.journal"
DECISIONS: Final = ("request", "release", "move", "revoke", "port", "sag")
MOST_ENTRIES: Final = 20_000
Value = dict[str, Any]


class Asked:
    """Light on demand, by the journal in a guest's folder."""

    def __init__(self, blueprint: Blueprint, folder: Path) -> None:
        self._apn = Apn(blueprint)
        self._folder = folder
        self._read = self._entries = 0
        """Bytes of the journal, and decisions, that have been taken in."""
        wanted = [one for stage in blueprint.stages for one in stage.of(Request)]
        self._called = {service_uuid(one.name): one.name for one in wanted}

    def at(self, wall_ns: int) -> list[Value]:
        """All services at an instant of the lab's date. Raises GuestError for a journal that is none."""
        entries = self._new()
        try:
            self._apn.replay(entries)
            self._apn.run(wall_ns)
            self._apn.orders.clear()
            self._apn.touched.clear()
            return [self._service(each, self._apn.lit(each.status.service.name)) for each in self._apn.progress()]
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise _wrong(f"{type(error).__name__}: {error}") from error

    def _new(self) -> list[Value]:
        try:
            with shared_folder.opened(self._folder, JOURNAL) as file:
                file.seek(self._read)
                text = file.read(shared_folder.MOST_BYTES)
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        lines = whole.splitlines()
        self._entries += len(lines)
        if self._entries > MOST_ENTRIES:
            raise _wrong(f"more than {MOST_ENTRIES} decisions")
        return [_entry(line) for line in lines]

    def _service(self, progress: Progress, lit: Sequence[Lit]) -> Value:
        status = progress.status
        service = status.service
        is_coming = status.state == "booked" or not progress.done
        return {
            "name": self._called.get(service.name, service.name),
            "source": service.source,
            "target": service.target,
            "rate_gbps": service.rate_gbps,
            "protection": service.protection,
            "state": "lit" if progress.carries else "planned" if is_coming else "dark",
            "reason": progress.reason,
            "paths": [
                {
                    "route": list(one.lightpath.route),
                    "n": one.lightpath.slot.n,
                    "m": one.lightpath.slot.m,
                    "mode": one.lightpath.mode,
                    "carries": one.carries and progress.carries,
                }
                for one in lit
            ],
        }


def planned(picture: Mapping[str, Any], cut: Collection[str], lost: Collection[str]) -> list[Value]:
    """Light of a plan while these fibres are cut and these sites lost.

    >>> path = {"name": "x", "from": "a", "to": "b", "route": ["a", "b"], "fibres": ["a-b"], "slot": {"n": 4, "m": 4}}
    >>> path |= {"mode": "m", "rate_gbps": 100.0}
    >>> [planned({"lightpaths": [path]}, cut, ())[0]["state"] for cut in ((), ("a-b",))]
    ['lit', 'dark']
    """
    found = []
    for path in picture["lightpaths"]:
        is_dark = bool(set(path["fibres"]) & set(cut) or set(path["route"]) & set(lost))
        leg = {"route": path["route"], **path["slot"], "mode": path["mode"], "carries": not is_dark}
        found.append(
            {
                "name": path["name"],
                "source": path["from"],
                "target": path["to"],
                "rate_gbps": path["rate_gbps"],
                "protection": "none",
                "state": "dark" if is_dark else "lit",
                "reason": "",
                "paths": [leg],
            }
        )
    return found


def _entry(line: bytes) -> Value:
    """A line of a journal. Raises GuestError for what is no decision."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict) or entry.get("do") not in DECISIONS:
        raise _wrong(ascii(line[:60]))
    if not all(type(entry.get(key)) is int for key in ("at_ns", "free_ns")):
        raise _wrong(f"a decision without its instant, {line[:60]!a}")
    return entry


def _wrong(what: str) -> GuestError:
    return GuestError(f"{JOURNAL} of the lab holds what no controller of ours wrote: {printable(what)[:200]}")
