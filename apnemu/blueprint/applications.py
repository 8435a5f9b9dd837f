"""Applications of a stage, checked against the network that they are to run on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from apnemu.blueprint.addressing import host_name
from apnemu.errors import InputError
from apnemu.model.activities import Application
from apnemu.model.scenario import Stage

_ADDRESS = re.compile(r"\{address:([a-z0-9-]+)(?::([0-9]+))?\}")


def check(stages: Sequence[Stage], addresses: Mapping[str, str]) -> None:
    """Hosts and names that exist, each name once in a stage, and needs without a circle.

    Raises InputError with the stage, the application, what is there and what is not.
    """
    for stage in stages:
        named: dict[str, Application] = {}
        for one in stage.of(Application):
            if one.name in named:
                _refuse(stage, one, "is there twice; names must differ in a stage; rename one")
            named[one.name] = one
            _host(stage, one, host_name(one.site, one.host), addresses)
            for text in (*one.argv, *(value for _, value in one.environment)):
                for found in _ADDRESS.finditer(text):
                    _host(stage, one, host_name(found[1], int(found[2] or 1)), addresses)
        started: set[str] = set()
        while len(started) < len(named):
            ready = [one.name for one in named.values() if one.name not in started and started.issuperset(one.needs)]
            if not ready:
                _refuse_needs(stage, named, started)
            started.update(ready)


def _host(stage: Stage, one: Application, host: str, addresses: Mapping[str, str]) -> None:
    if host not in addresses:
        _refuse(stage, one, f"names host {host}; there are {', '.join(list(addresses)[:6])}; name one that is there")


def _refuse_needs(stage: Stage, named: Mapping[str, Application], started: set[str]) -> None:
    for one in named.values():
        unknown = [name for name in one.needs if name not in named]
        if unknown:
            _refuse(
                stage, one, f"needs {unknown[0]}; there is no such application in the stage; add it, or take it out"
            )
    waiting = [one for one in named.values() if one.name not in started]
    _refuse(stage, waiting[0], f"needs {waiting[0].needs[0]}, which needs it in turn; break the circle")


def _refuse(stage: Stage, one: Application, why: str) -> None:
    raise InputError(f"application {one.name} of stage '{stage.phase}' {why}", file="EXPERIMENT")
