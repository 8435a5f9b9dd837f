# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu new`: an experiment, a topology, a controller, tests, a CI of one's own, begun as a copy of an example."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from apnemu.cli.shown import to_stdout
from apnemu.errors import InputError

EXAMPLES = Path(__file__).parents[1] / "examples"
MOST_LETTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of file: the example that it begins as, what there is called as it is, and commands that work at once."""

    example: str
    own_name: str
    commands: tuple[str, ...]


KINDS = {
    "experiment": Kind(
        example="own_experiment.py",
        own_name='name="frame_length"',
        commands=("apnemu experiments {file}", "apnemu run {file}"),
    ),
    "topology": Kind(
        example="own_topology.yaml",
        own_name="name: own-ring",
        commands=("apnemu check {file}", "apnemu plan {file}", "apnemu run latency --topology {file}"),
    ),
    "controller": Kind(
        example="own_controller.py",
        own_name="",
        commands=("apnemu run latency --topology three-sites --network packet --controller {file}",),
    ),
    "test": Kind(
        example="test_network.py",
        own_name="",
        commands=("apnemu new controller own_controller && pytest {file}",),
    ),
    "ci": Kind(
        example="own_ci.yml",
        own_name="name: network\n",
        commands=("mkdir -p .github/workflows && mv {file} .github/workflows/",),
    ),
}


def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(KINDS)}.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The file's name without its ending.")],
) -> None:
    """Begin an experiment, a topology, a controller, tests or a CI of one's own: a file that works, to be changed."""
    if kind not in KINDS:
        raise InputError(f"kind is '{kind}'; it must be {' or '.join(KINDS)}", file="KIND")
    begun = KINDS[kind]
    between = "-_" if kind == "topology" else "_"
    if not re.fullmatch(f"[a-z][a-z0-9{between}]{{0,{MOST_LETTERS - 1}}}", name):
        raise InputError(
            f"name is {name!r:.60}; it must be a small letter and then up to {MOST_LETTERS - 1} of a-z, 0-9 and"
            f" {' and '.join(between)}; for example my_{kind}",
            file="NAME",
        )
    example = EXAMPLES / begun.example
    file = Path(f"{name}{example.suffix}")
    text = example.read_text("utf-8").replace(f"examples/{begun.example}", str(file))
    own = begun.own_name.replace("frame_length", name).replace("own-ring", name).replace("network", name)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text.replace(begun.own_name, own) if own else text)
    except FileExistsError:
        raise InputError("it is there already; give another name, or move it away", file=str(file)) from None
    to_stdout(f"{file} is written; it works as it is:")
    for command in begun.commands:
        to_stdout(f"  {command.format(file=file)}")
