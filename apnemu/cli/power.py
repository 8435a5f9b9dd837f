# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu power`: plans of a day for a topology with power, or the dispatch of a power file alone."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apnemu.cli.shown import OUT, show_json, to_stdout
from apnemu.cli.topologies import AsJson
from apnemu.errors import InputError
from apnemu.model.power import SHIFTS, Shift
from apnemu.question.discovery import find_power_or_topology, topology_word

if TYPE_CHECKING:
    from apnemu.model.power import Power


class Idle(StrEnum):
    """What GPUs that stand idle mean to a plan."""

    NEVER = "never"
    PRICED = "priced"
    FREE = "free"


class Flow(StrEnum):
    """Whether a plan knows how power flows."""

    KNOWN = "known"
    BLIND = "blind"


class Jobs(StrEnum):
    """What work is to a plan."""

    FLUID = "fluid"
    WHOLE = "whole"


class Forecasts(StrEnum):
    """What a planner believes."""

    PERFECT = "perfect"
    NAIVE = "naive"
    NOISY = "noisy"


class Errors(StrEnum):
    """How a noisy forecast is wrong."""

    NORMAL = "normal"
    UNIFORM = "uniform"


def power(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            parser=find_power_or_topology,
            help="A topology with power, or a power file; name or file.",
        ),
    ],
    as_json: AsJson = False,
    shift: Annotated[str, typer.Option(help="Shifts to plan, with commas.")] = ",".join(SHIFTS),
    idle: Annotated[
        Idle, typer.Option(help="GPUs never idle more than without a plan; or at a price; or free.")
    ] = Idle.NEVER,
    flow: Annotated[Flow, typer.Option(help="Whether the planner knows how power flows over AC ties.")] = Flow.KNOWN,
    jobs: Annotated[
        Jobs, typer.Option(help="Whole: a whole job is one job, exactly: few of them in both, more in space.")
    ] = Jobs.FLUID,
    forecast: Annotated[
        Forecasts, typer.Option(help="What the planner believes; naive is yesterday.")
    ] = Forecasts.PERFECT,
    sigma: Annotated[
        float, typer.Option(help="Error of a noisy forecast as a share of the mean.", min=0, max=10)
    ] = 0.1,
    error: Annotated[Errors, typer.Option(help="How a noisy forecast's errors are drawn.")] = Errors.NORMAL,
    seed: Annotated[int, typer.Option(help="Of those draws.", min=0)] = 1,
    days: Annotated[int, typer.Option(help="Days to plan.", min=1, max=366)] = 1,
    yen_per_tco2: Annotated[float, typer.Option(help="Price of a tonne of CO2.", min=0, max=1e9)] = 0.0,
    gpu_yen_per_it_mwh: Annotated[
        float | None, typer.Option(help="Worth of GPUs of 1 MW for an hour; the file's by default.", min=0, max=1e9)
    ] = None,
) -> None:
    """Plan a day without a lab: which work runs where and when, and what it costs beside not shifting it."""
    from apnemu.power.horizon import Asked
    from apnemu.power.planned import Believed, dispatch_document, shifts_document
    from apnemu.report.power import dispatch_tables, shift_tables
    from apnemu.topology import is_power_file, read_plant, read_power

    if is_power_file(file):
        document = dispatch_document(_with_areas(read_power(file), file), days)
        tables = dispatch_tables
    else:
        system = read_plant(file).power
        if system is None:
            raise InputError("the topology names no power system; add power: NAME", file=topology_word(file))
        _with_areas(system, file)
        asked = Asked(
            idle=idle.value,
            flow=flow.value,
            jobs=jobs.value,
            days=days,
            yen_per_tco2=yen_per_tco2,
            gpu_yen_per_it_mwh=gpu_yen_per_it_mwh,
        )
        believed = Believed(kind=forecast.value, sigma=sigma, error=error.value, seed=seed)
        document = shifts_document(system, asked, believed, _shifts(shift))
        tables = shift_tables
    if as_json:
        show_json(document)
        return
    for table in tables(document):
        OUT.print(table)
    to_stdout(_said(document))


def _with_areas(system: Power, file: Path) -> Power:
    """The power system, if it has areas to plan. Raises InputError otherwise."""
    if system.areas:
        return system
    fact = f"{system.name} has no areas; it says where data centres may stand"
    raise InputError(f"{fact}; add areas with a profile, or ask apnemu run siting", file=topology_word(file))


def _said(document: dict[str, object]) -> str:
    """A line on what was planned, and the cost of a dispatch."""
    span = f"{document['slots']} slots of {document['slot_s']} s from {document['begins']}"
    cost = next(
        (f"{value:,.2f} {document['currency']} an hour; " for key, value in document.items() if key.endswith("_per_h")),
        "",
    )
    return f"{document['name']}: {cost}{span}"


def _shifts(given: str) -> tuple[Shift, ...]:
    """The shifts that were asked for, in the order of the table."""
    words = given.split(",")
    for word in words:
        if word not in SHIFTS:
            raise InputError(f"{word!r} is no shift; it may be {', '.join(SHIFTS)}; mend it", file="--shift")
    return tuple(shift for shift in SHIFTS if shift in words)
