# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu profile import` and `join`: what grid operators, exchanges and providers publish as a profile of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apnemu.cli.labs import Json
from apnemu.cli.shown import show_json, to_stderr, to_stdout
from apnemu.errors import InputError

if TYPE_CHECKING:
    from apnemu.importing.profiles import Table

profile = typer.Typer(
    help="Profiles of power: demand, sun, wind, prices and carbon, slot by slot.", no_args_is_help=True
)


@profile.callback()
def options() -> None:
    """Profiles of power: demand, sun, wind, prices and carbon, slot by slot."""


@profile.command("import")
def import_profile(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="area_csv, occto, jepx, entsoe or electricitymaps.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of that kind, of the same days.")],
    out: Annotated[Path, typer.Option(help="The profile to write, .csv or .parquet; it must not exist.")],
    area: Annotated[str, typer.Option(help="The files' area, where they do not name it.")] = "",
    unit: Annotated[str, typer.Option(help="The figures' unit, where the files do not name it: MW, kW, kWh, ...")] = "",
    labels: Annotated[str, typer.Option(help="start or end: what times are of, where the files do not show it.")] = "",
    carbon: Annotated[str, typer.Option(help="life-cycle or direct: which carbon intensity is taken.")] = "life-cycle",
    as_json: Json = False,
) -> None:
    """Write published files as a profile; what cannot be read is refused with its file and line."""
    from apnemu.importing.profiles import Wishes, import_profile
    from apnemu.importing.profiles.figures import UNITS

    _choice("--unit", unit, ("", *UNITS))
    _choice("--labels", labels, ("", "start", "end"))
    _choice("--carbon", carbon, ("life-cycle", "direct"))
    wishes = Wishes(
        area=area,
        unit=unit,
        labels="start" if labels == "start" else "end" if labels else None,
        scope="direct" if carbon == "direct" else "life-cycle",
    )
    _write(import_profile(kind, files, wishes), out, as_json)


@profile.command("join")
def join_profiles(
    files: Annotated[list[Path], typer.Argument(metavar="PROFILE...", help="Profiles with the same slots.")],
    out: Annotated[Path, typer.Option(help="The profile to write, .csv or .parquet; it must not exist.")],
    only: Annotated[str, typer.Option(help="Areas (or ties) that are taken, with commas; all by default.")] = "",
    as_json: Json = False,
) -> None:
    """Write several profiles as one: the figures of each beside those of the others, such as prices beside demand."""
    from apnemu.importing.profiles import join_profiles

    _write(join_profiles(files, [name.strip() for name in only.split(",")] if only else ()), out, as_json)


def _write(table: Table, out: Path, as_json: bool) -> None:
    """Write a profile, and say what it has."""
    from apnemu.importing.profiles import write_table

    write_table(table, out)
    for note in table.notes:
        to_stderr(note)
    facts = {
        "profile": str(out),
        f"{table.thing}s": list(table.values),
        "from": table.begin.isoformat(),
        "slots": table.slots,
        "slot_s": table.slot_s,
        "quantities": list(table.quantities),
        "notes": list(table.notes),
    }
    if as_json:
        show_json(facts)
        return
    to_stdout(
        f"{out}: {', '.join(table.values)}; {table.slots} slots of {table.slot_s} s from {table.begin.isoformat()};"
        f" {', '.join(table.quantities)}"
    )


def _choice(option: str, given: str, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise InputError(f"it is '{given}'; it must be {' or '.join(filter(None, choices))}", file=option)
