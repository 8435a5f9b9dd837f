# SPDX-License-Identifier: BSD-3-Clause
"""Checks the applications and flows of a stage against the network that they are to run on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from apnemu.blueprint.addressing import host_name
from apnemu.errors import InputError
from apnemu.model.activities import BY_MARKS, Application, Flow
from apnemu.model.scenario import Stage

_ADDRESS = re.compile(r"\{address:([a-z0-9-]+)(?::([0-9]+))?\}")


def check(stages: Sequence[Stage], addresses: Mapping[str, str]) -> None:
    """Check that hosts and needs exist, that a name stands once in a stage, and that needs have no circle.

    Raises InputError with the stage, the application, what is there and what is not.
    """
    for stage in stages:
        named: dict[str, Application] = {}
        for application in stage.of(Application):
            if application.name in named:
                _refuse(stage, application, "is there twice; names must differ in a stage; rename one")
            named[application.name] = application
            _host(stage, application, host_name(application.site, application.host), addresses)
            for text in (*application.argv, *(value for _, value in application.environment)):
                for match in _ADDRESS.finditer(text):
                    _host(stage, application, host_name(match[1], int(match[2] or 1)), addresses)
        started: set[str] = set()
        while len(started) < len(named):
            ready = [name for name, each in named.items() if name not in started and started.issuperset(each.needs)]
            if not ready:
                _refuse_needs(stage, named, started)
            started.update(ready)


def check_marks(stages: Sequence[Stage], *, marked: bool) -> None:
    """Raises InputError for a flow whose congestion control lives by marks, where no queue of the networks marks."""
    for stage in stages:
        for flow in stage.of(Flow):
            if flow.congestion_control == BY_MARKS and not marked:
                raise InputError(
                    f"congestion_control of {flow.name} is {BY_MARKS}, and no queue of the network marks frames (ECN);"
                    " it must be cubic, reno or bbr; or have queues mark: --set mark_us=50, or mark_us under packet in"
                    " the topology",
                    file="--set",
                )


def _host(stage: Stage, application: Application, host: str, addresses: Mapping[str, str]) -> None:
    if host not in addresses:
        _refuse(
            stage, application, f"names host {host}; there are {', '.join(list(addresses)[:6])}; name one that is there"
        )


def _refuse_needs(stage: Stage, named: Mapping[str, Application], started: set[str]) -> None:
    for application in named.values():
        unknown = [name for name in application.needs if name not in named]
        if unknown:
            _refuse(
                stage,
                application,
                f"needs {unknown[0]}; there is no such application in the stage; add it, or take it out",
            )
    waiting = [application for application in named.values() if application.name not in started]
    _refuse(stage, waiting[0], f"needs {waiting[0].needs[0]}, which needs it in turn; break the circle")


def _refuse(stage: Stage, application: Application, why: str) -> None:
    raise InputError(f"application {application.name} of stage '{stage.phase}' {why}", file="EXPERIMENT")
