# SPDX-License-Identifier: BSD-3-Clause
"""The command line: words to calls. The only room that prints to a person or sets an exit code.

    runs        run, report, bench, demo
    comparisons  compare
    plans       plan
    begun       new: an experiment, topology or controller of one's own
    power       power: plans of a day, dispatches
    questions   experiments
    sweeps      sweep
    explorations  explore
    labs        doctor, setup, lab
    shells      shell
    lives       live
    networks    options that shell and live have in common
    ctl         ctl: asks a controller for light
    calling     its calls over HTTP, and the form of answers
    foreign     import, export
    profiles    profile import, profile join: profiles of power
    topologies  topologies, check; a topology by name or file, for every command
    values      words that the command line alone has, to values
    refused     what the machine refused a command: memory, processes, files
    shown       results on standard output, everything else on standard error

Exit codes: 0 done; 1 the run is fine but what was expected did not come true; 2 bad input; 3 the lab failed.

A command imports what it needs when it runs, since completion and `--help` must answer at once. It decides nothing:
what it does can be done from Python by calling the same rooms.

Rejected: click's own handling of errors (two lines, no way out, exit code 2 for everything); a printed line in a room
further down (a notebook and a sweep would print it too).
"""

from __future__ import annotations

import errno
import sys

from apnemu.beginning import begin

if sys.argv[:1] == ["-m"]:  # python -m apnemu.cli, while Python looks for its module
    begin()

import io
import os
import traceback
from typing import Annotated, Any, NoReturn

import typer

from apnemu import __version__, interrupts
from apnemu.cli import (
    begun,
    comparisons,
    ctl,
    explorations,
    foreign,
    labs,
    lives,
    plans,
    power,
    profiles,
    questions,
    runs,
    shells,
    sweeps,
    topologies,
)
from apnemu.cli.refused import refused
from apnemu.cli.shown import to_stderr, to_stdout
from apnemu.errors import ApnemuError, LabError

USAGE_ERROR: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""Typer brings a copy of click of its own, or uses click: whichever it is."""
NO_PATH = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR)
"""Errors of a path that somebody gave: too long, a loop of links, a file where a folder is wanted, and the reverse."""
BAD_INPUT, INTERRUPTED, PIPE_CLOSED = 2, 130, 141

app = typer.Typer(
    help="Emulates all-photonics networks between data centres in virtual time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(labs.lab, name="lab")
app.add_typer(ctl.ctl, name="ctl")
app.add_typer(profiles.profile, name="profile")
for command in (
    labs.doctor,
    labs.setup,
    shells.shell,
    lives.live,
    topologies.check,
    plans.plan,
    power.power,
    runs.run,
    runs.report,
    comparisons.compare,
    runs.demo,
    runs.bench,
    sweeps.sweep,
    explorations.explore,
    questions.experiments,
    topologies.topologies,
    begun.new,
):
    app.command()(command)

app.command("import")(foreign.import_network)
app.command("export")(foreign.export_network)


def _version(wanted: bool) -> None:
    if wanted:
        to_stdout(f"apnemu {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print apnemu's version and end.")
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """The program `apnemu`, when all of the command line is imported."""
    begin()
    interrupts.begin()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may have another encoding than texts
    arguments = sys.argv[1:]
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in own
    if debug:
        arguments.remove("--debug")
    if not _is_somewhere():
        _fail(
            "the folder in which this command was started is gone; change to one that is there (cd)", BAD_INPUT, debug
        )
    try:
        code = app(arguments, standalone_mode=False, prog_name="apnemu")
        if sys.stdout is not None:
            sys.stdout.flush()
    except typer.Abort:  # what click makes of KeyboardInterrupt
        _fail("interrupted", INTERRUPTED, debug)
    except interrupts.EndedBySignal as error:
        _fail(str(error), interrupts.SIGNAL_EXIT + error.number, debug)
    except USAGE_ERROR as error:
        if not error.format_message().strip() and error.ctx:
            to_stdout(error.ctx.get_help())
            sys.exit(BAD_INPUT)
        _fail(f"{error.format_message().rstrip('.')}; see apnemu --help", BAD_INPUT, debug)
    except ApnemuError as error:
        _fail(str(error), error.exit_code, debug)
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED, debug)
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still to be written at the end of Python goes nowhere
        sys.exit(PIPE_CLOSED)  # click would end with 1, which is that of an unmet result
    except Exception as error:
        _fail_by(error, debug)
    sys.exit(code if isinstance(code, int) else 0)


def _is_somewhere() -> bool:
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def _fail_by(error: Exception, debug: bool) -> NoReturn:
    """Say an error that is none of apnemu's own. Whatever it is, a person gets one line."""
    told = refused(error)
    if told is not None:
        _fail(told, LabError.exit_code, debug)
    if isinstance(error, PermissionError):
        where = error.filename or "a file"
        _fail(f"{where}: {error.strerror}; give another one, or rights to it", BAD_INPUT, debug)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        if error.errno in NO_PATH:
            _fail(f"{where}{error.strerror}; give another one", BAD_INPUT, debug)
        _fail(f"{where}{error.strerror or error}; nothing more could be written or read", LabError.exit_code, debug)
    told = f"{type(error).__name__}: {error}; this is a fault of apnemu: --debug shows where"
    _fail(told, LabError.exit_code, debug)


def _fail(text: str, code: int, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    to_stderr(" ".join(text.split()))
    sys.exit(code)
