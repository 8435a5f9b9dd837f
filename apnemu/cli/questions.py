# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu experiments`: what can be asked, and every setting with its meaning, unit, default and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from apnemu.cli.labs import Json
from apnemu.cli.shown import OUT, show_json, to_stdout
from apnemu.question.discovery import known_experiments, load_experiment

if TYPE_CHECKING:
    from apnemu.question.experiment import Experiment
    from apnemu.question.settings import Declared


def experiments(
    name: Annotated[
        str | None, typer.Argument(help="An experiment, or a file with an EXPERIMENT; all without.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what can be asked; of one experiment every setting with its meaning, unit, default and limits."""
    if name is None:
        _list(as_json)
        return
    asked = load_experiment(name)
    if as_json:
        show_json(described(asked))
    else:
        _describe(asked)


def _list(as_json: bool) -> None:
    known = [load_experiment(name) for name in known_experiments()]
    if as_json:
        show_json([described(one) for one in known])
        return
    from rich.text import Text

    from apnemu.report.tables import left, titled

    table = titled("Experiments", *left("name", "the question"))
    for one in known:
        table.add_row(Text(one.name), Text(one.question))
    table.caption = "apnemu experiments NAME: its settings; apnemu run NAME --set KEY=VALUE"
    OUT.print(table)


def described(asked: Experiment[Any]) -> dict[str, Any]:
    """The document of an experiment for `--json`."""
    return {
        "name": asked.name,
        "question": asked.question,
        "topology": asked.topology,
        "networks": list(asked.networks),
        "needs_lab": asked.computed is None,
        "needs_programs": [program.package for program in asked.needs],
        "settings": [_setting(setting) for setting in asked.declared().values()],
    }


def _setting(setting: Declared) -> dict[str, Any]:
    default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    return {
        "name": setting.name,
        "meaning": setting.about.meaning,
        "unit": setting.about.unit,
        "kind": setting.kind,
        "many": setting.many,
        "default": default,
        "low": setting.about.low,
        "high": setting.about.high,
        "choices": list(setting.choices),
    }


def _describe(asked: Experiment[Any]) -> None:
    from rich.table import Column
    from rich.text import Text

    from apnemu.report.tables import left, titled

    to_stdout(asked.question)
    to_stdout(f"Topology by default: {asked.topology}. Networks: {', '.join(asked.networks)}.")
    if asked.needs:
        programs = ", ".join(program.package for program in asked.needs)
        to_stdout(f"It runs {programs}: apnemu setup {asked.name}.")
    table = titled("Settings", Column("name", no_wrap=True), *left("default", "may be", "meaning"))
    for setting in asked.declared().values():
        table.add_row(
            Text(setting.name),
            Text(_default(setting), overflow="fold"),
            Text(_limits(setting)),
            Text(setting.about.meaning),
        )
    table.caption = f"apnemu run {asked.name} --set NAME=VALUE; several values with commas where it says so"
    OUT.print(table)


def _default(setting: Declared) -> str:
    from apnemu.question.packet_network import PacketSettings
    from apnemu.question.settings import as_text, declared

    if setting.default is None:
        return "the topology's" if setting.name in declared(PacketSettings) else "none"
    text = as_text(setting.default).replace(",", ", ")
    return f"{text or 'empty'} {setting.about.unit}".rstrip()


def _limits(setting: Declared) -> str:
    return f"{setting.limits()}; several" if setting.many else setting.limits()
