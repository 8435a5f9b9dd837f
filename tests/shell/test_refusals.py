# SPDX-License-Identifier: BSD-3-Clause
"""What cannot be at the prompt is refused in one line with a way out, and the shell goes on. No lab is needed."""

from __future__ import annotations

import io
import random
import re
import string
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apnemu.emulation.notes import Notes
from apnemu.emulation.shell.breaks import Breaks
from apnemu.emulation.shell.commands import Shell
from apnemu.emulation.shell.light import Light
from apnemu.emulation.shell.names import Names
from apnemu.emulation.shell.others import Others
from apnemu.emulation.shell.watches import Watches
from apnemu.shell.words import COMMANDS
from tests.experiments.command import TOPOLOGIES
from tests.shell.test_names import written


class Net(dict[str, Any]):
    """A network of which nothing is touched."""

    switches = hosts = links = ()

    def __init__(self, blueprint: Any) -> None:
        super().__init__()
        self.blueprint = blueprint


class Clock:
    """A clock that stands."""

    now_ns = 0
    shown = staticmethod(lambda at_ns=0: "0.000000 s")
    advance = run = after = keep_pace = lambda *_, **__: None


class Output(io.StringIO):
    shown = str


def shown(at: Shell) -> str:
    output: Any = at.output
    return str(output.getvalue())


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Shell]:
    notes = Notes(tmp_path / "notes", "packet")
    yield shell(tmp_path, notes)
    notes.close()


def shell(folder: Path, notes: Notes) -> Shell:
    made = written(folder, TOPOLOGIES / "three-sites.yaml", "packet")
    net: Any = Net(made.blueprint)
    names, output, clock = Names(made.blueprint, {}), Output(), Clock()
    scene: Any = SimpleNamespace(net=net, blueprint=made.blueprint, notes=notes)
    parts: dict[str, Any] = {
        "light": Light(made.blueprint, names, lambda _: None),
        "breaks": Breaks(scene, names),
        "watches": Watches(net, names, output.write, int, str),
        "others": Others(net, made.packet),
        "events": [],
    }
    given: Any = (net, names, clock, output)
    return Shell(*given, **parts)


MININETS = (
    *(
        "dpctl",
        "dump",
        "intfs",
        "iperf",
        "iperfudp",
        "link",
        "links",
        "net",
        "pingall",
        "pingallfull",
        "pingpair",
        "ports",
    ),
    *("switch", "time"),
)
NEEDS_TWO = "light request needs two sites and a rate in Gbit/s; for example: light request tokyo osaka 100"
NO_FIBRE = "'tokyo-osaka' is no fibre and no site; there are tokyo-nagoya, nagoya-osaka; name one of them"
NO_DURATION = "'soon' is no duration; it must be a number with one of ns, us, ms, s, min, h, d, for example 10s"
NO_FILE = "/nowhere/file cannot be read: No such file or directory; give a file that the lab sees (--show)"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("frobnicate", "'frobnicate' is no command, no site and no host; help lists the commands"),
        ("light", "the packet network has no light to ask for; apnemu shell TOPOLOGY, without --network, has"),
        ("light request tokyo", NEEDS_TWO),
        ("light request tokyo osaka fast", NEEDS_TWO),
        ("light up", "'light up' is no command; for example: light request tokyo osaka 100"),
        ("light 'up", "''up' cannot be read: No closing quotation; close the quotation"),
        ("cut", "there is nothing to cut; name a fibre (tokyo-nagoya, nagoya-osaka) or a site"),
        ("cut tokyo-osaka", NO_FIBRE),
        ("repair tokyo-nagoya", "tokyo-nagoya is whole; cut tokyo-nagoya makes it dark"),
        ("watch tokyo", "'watch tokyo' is no command; for example: watch tokyo osaka every 100ms"),
        ("watch tokyo tokyo", "both ends are tokyo; name two sites"),
        ("watch tokyo osaka every 1us", "a watch pings every 0.002 s or less often; for example every 100ms"),
        ("watch tokyo kyoto", "'kyoto' is no site; there are tokyo, nagoya, osaka; name one of them"),
        ("unwatch tokyo osaka", "tokyo to osaka is not watched; watch tokyo osaka does"),
        ("after 2s exit", "after takes cut or repair, not 'exit'; for example: after 2s cut tokyo-nagoya"),
        ("after soon cut tokyo", NO_DURATION),
        ("load much", "the load is 'much'; it must be a number from 0, for example load 0.7"),
        ("load 1.5", "the load is 1.5; it must be from 0 to 0.99, for example load 0.7"),
        ("load nan", "the load is nan; it must be from 0 to 0.99, for example load 0.7"),
        ("xterm tokyo", "the lab has no screen; a host's name alone enters its shell, for example: tokyo"),
        ("iperf tokyo", "iperf needs two hosts or sites, not 'tokyo'; for example: iperf tokyo osaka"),
        ("tokyo-router", "tokyo-router is no host; give a command behind it"),
        ("source /nowhere/file", NO_FILE),
        ("dpctl", "dpctl needs a command of ovs-ofctl; for example dpctl dump-flows"),
    ],
)
def test_refused_in_one_line_with_a_way_out(at: Shell, line: str, said: str) -> None:
    assert at.attempt(line) is False
    assert shown(at) == f"{said}\n"


def test_help_names_every_command(at: Shell) -> None:
    at.attempt("help")
    there = {name.removeprefix("do_") for name in at.get_names() if name.startswith("do_")}
    hidden = {"EOF", "quit", "gterm", "xterm", "x", "pingpairfull", "noecho", "unwatch", "help"}
    words = set(shown(at).replace("|", " ").split())
    assert {"unwatch"} <= words
    assert there - hidden - words == set()
    for name in sorted(there):
        before = len(shown(at))
        at.attempt(f"help {name}")
        assert shown(at)[before:].strip(), name


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_typed_the_shell_goes_on(at: Shell, seed: int) -> None:
    """Commands with anything behind them: none raises or ends the shell, those of the trade are refused in words."""
    draws = random.Random(seed)
    harmless = [name for name in COMMANDS.split() if name not in ("exit", "quit", "sh", "py", "px")]
    letters = string.printable.replace("\r", "") + "東京\u202e"
    for _ in range(400):
        word = draws.choice(harmless)
        rest = "".join(draws.choices(letters, k=draws.randrange(20)))
        assert at.attempt(f"{word}{draws.choice([' ', ''])}{rest}") is False
        assert not at.place
        said = at.output.getvalue()  # type: ignore[attr-defined]
        assert word in MININETS or not re.match(r"\w+(Error|Exception): ", said), (word, rest, said)
        at.output.truncate(0)
        at.output.seek(0)
