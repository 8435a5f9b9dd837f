# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu doctor` and `apnemu lab ...`: the machine, the kernel, programs in an empty lab."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from apnemu.cli.shown import show_json, to_stderr, to_stdout
from apnemu.cli.topologies import Topology
from apnemu.cli.values import Settle, time_of
from apnemu.errors import InputError
from apnemu.lab.job import DISK_LIMIT_MB
from apnemu.running.directory import made, new_folder
from apnemu.running.options import seed_of, shows_of
from apnemu.shared_folder import remove_all

lab = typer.Typer(help="The lab: its kernel, and programs in an empty one.", no_args_is_help=True)

HideHome = Annotated[
    bool,
    typer.Option("--hide-home/--no-hide-home", help="Whether the lab sees nothing of your home but what it needs."),
]
Show = Annotated[
    list[Path] | None, typer.Option(metavar="PATH", help="File or folder in your home that the lab sees; repeatable.")
]
DiskLimit = Annotated[
    int, typer.Option(min=1, max=1_073_741_824, help="MiB that the lab may add to its folder on this machine's disk.")
]
PcapBytes = Annotated[int, typer.Option(min=0, help="Bytes of each captured frame that are kept; 0: all of it.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output and nothing else.")]

TRIED = "apnemu doctor  # again, when what a lab's start was refused is mended"
RYU = "ryu"
"""What is no experiment among the names of `apnemu setup`."""


def doctor(as_json: Json = False) -> None:
    """Show what is missing on this machine, and the command that mends it; 3 if the lab itself lacks something."""
    from apnemu.lab import kernel, needs, trial
    from apnemu.question.discovery import known_experiments, load_experiment

    found = needs.check()
    if all(need.present for need in found) and (ready := kernel.find()):
        told = trial.failure(ready.path)
        why = f"a lab was started as a trial: {told}" if told else "a lab was started as a trial, and ended well"
        found.append(needs.Need(name="start", present=not told, why=why, mend=TRIED))
    further = [
        needs.Need(
            name=program.package,
            present=needs.has_program(program.path),
            why=f"{program.why}, for experiment {name}",
            mend=f"apnemu setup {name}",
        )
        for name in known_experiments()
        for program in load_experiment(name).needs
    ]
    further.append(
        needs.Need(
            name="Ryu 4.34",
            present=needs.has_ryu(),
            why="applications that import ryu.app, and --controller-runtime ryu",
            mend="apnemu setup ryu",
        )
    )
    if as_json:
        show_json([{"name": n.name, "present": n.present, "why": n.why, "mend": n.mend} for n in (*found, *further)])
    else:
        for need in (*found, *further):
            to_stdout(f"{'ok     ' if need.present else 'MISSING'} {need.name}: {need.why}")
        for need in (*found, *further):
            if not need.present:
                to_stdout(f"  {need.mend}")
    if not all(need.present for need in found):
        raise typer.Exit(3)


def setup(
    experiment: Annotated[
        list[str], typer.Argument(help="Experiments whose programs are to be installed; or all; or ryu.")
    ],
) -> None:
    """Install the Debian packages of the programs that an experiment runs in the lab (asks for rights with sudo).

    `ryu` installs Ryu 4.34 into the Python of this command: its applications, and the runtime --controller-runtime ryu.
    """
    from apnemu.lab import needs
    from apnemu.question.discovery import known_experiments, load_experiment

    if RYU in experiment:
        if not needs.has_ryu():
            to_stderr("installing Ryu 4.34")
            needs.install_ryu()
        experiment = [name for name in experiment if name != RYU]
    names = known_experiments() if experiment == ["all"] else experiment
    programs = [program for name in names for program in load_experiment(name).needs]
    missing = list(dict.fromkeys(one.package for one in programs if not needs.has_program(one.path)))
    if missing:
        to_stderr(f"installing Debian packages: {' '.join(missing)}")
        needs.install(missing)
    to_stdout("all programs are there")


@lab.command()
def build(
    source: Annotated[Path | None, typer.Option(help="A kernel's source: a tarball or a folder.")] = None,
) -> None:
    """Build the lab's kernel into the cache, unless it is there."""
    from apnemu.lab import kernel

    if source is not None and not source.exists():
        raise InputError(f"there is no {source}; give a tarball or a folder of Linux's source", file="--source")
    ready = kernel.ensure(source_path=source, report=to_stderr)
    to_stdout(f"kernel {ready.version} {ready.path}")


@lab.command()
def wheel(
    out: Annotated[Path, typer.Option(help="Folder for the wheel.")] = Path("dist"),
    with_source: Annotated[
        bool, typer.Option("--with-source", help="Write the archive of its source too, for whoever passes it on.")
    ] = False,
) -> None:
    """Make a wheel with the lab's kernel in it: `pip install` of it is all that another machine needs."""
    from apnemu.lab import kernel, source
    from apnemu.lab import wheel as wheels

    ready = kernel.ensure(report=to_stderr)
    made(out, "--out")
    origin = source.resolve(None).path if with_source else None
    for file in wheels.make(ready, out, to_stderr, with_source=origin):
        to_stdout(str(file))


@lab.command()
def status(as_json: Json = False) -> None:
    """Show what is cached, and what runs."""
    from apnemu.lab import kernel

    found = kernel.status()
    document = {
        "kernel": str(found.kernel.path) if found.kernel else None,
        "cached": [{"path": str(k.path), "version": k.version, "build_s": k.build_s} for k in found.cached],
        "cached_bytes": found.cached_bytes,
        "labs": [{"core": claim.core} for claim in found.labs],
    }
    if as_json:
        show_json(document)
        return
    to_stdout(f"kernel: {document['kernel'] or 'none; apnemu lab build makes one'}")
    for kept in found.cached:
        to_stdout(f"cached: {kept.path} ({kept.version}, built in {kept.build_s:.0f} s)")
    to_stdout(f"labs that run: {len(found.labs)}")


@lab.command(name="exec", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def execute(
    command: Annotated[list[str], typer.Argument(metavar="-- CMD", help="Program and arguments.")],
    folder: Annotated[Path | None, typer.Option(help="Folder that the lab shares at /run/apnemu.")] = None,
    seed: Annotated[int, typer.Option(help="All that is random comes from it.")] = 1,
    memory_mb: Annotated[int, typer.Option(min=64, max=1_048_576)] = 2048,
    time: Annotated[str, typer.Option(help="virtual or real.")] = "virtual",
    wall_limit_s: Annotated[float, typer.Option(min=1)] = 600,
    stall_limit_s: Annotated[float, typer.Option(min=1, help="CPU time for computing at one instant.")] = 20,
    disk_limit_mb: DiskLimit = DISK_LIMIT_MB,
    hide_home: HideHome = True,
    show: Show = None,
) -> None:
    """Run a program in an empty lab; its exit code is this command's."""
    from apnemu.lab import guest, kernel
    from apnemu.lab.python import guest_path

    shared = made(folder or new_folder("exec"), "--folder")
    job = guest.Job(
        kernel=kernel.ensure(report=to_stderr).path,
        folder=shared,
        argv=tuple(command),
        working_directory=str(Path.cwd()),
        seed=seed_of(seed),
        memory_mb=memory_mb,
        time=time_of(time),
        wall_limit_s=wall_limit_s,
        stall_limit_s=stall_limit_s,
        disk_limit_mb=disk_limit_mb,
        environment={"PATH": guest_path()},
        hide_home=hide_home,
        visible=visible(command, show),
    )
    outcome = guest.run(job, stdout=1, stderr=2)
    if folder is None:
        with suppress(OSError):
            remove_all(shared)
            shared.parent.rmdir()  # if nothing else is in it
    raise typer.Exit(outcome.exit_code)


@lab.command(name="net", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def network(
    topology: Topology,
    command: Annotated[list[str] | None, typer.Argument(metavar="-- CMD", help="Program and arguments.")] = None,
    network: Annotated[str, typer.Option(help="apn: nothing is lit, its controller is asked; or packet.")] = "apn",
    script: Annotated[Path | None, typer.Option(help="Python file to run with Mininet's `net` in it, for CMD.")] = None,
    transceivers: Annotated[int, typer.Option(min=1, max=64, help="Of each data centre.")] = 8,
    folder: Annotated[Path | None, typer.Option(help="Folder that the lab shares at /run/apnemu.")] = None,
    seed: Annotated[int, typer.Option(help="All that is random comes from it.")] = 1,
    controller: Annotated[Path | None, typer.Option(help="Another Ryu application, on the packet network.")] = None,
    runtime: Annotated[str, typer.Option("--runtime", "--controller-runtime", help="os-ken or ryu.")] = "os-ken",
    controller_options: Annotated[str, typer.Option(help="Its options, as ryu-manager's, in one text.")] = "",
    settle: Settle = None,
    wall_limit_s: Annotated[float, typer.Option(min=1)] = 600,
    disk_limit_mb: DiskLimit = DISK_LIMIT_MB,
    hide_home: HideHome = True,
    show: Show = None,
) -> None:
    """Start a network with its controller; then run a program beside it, or a Python file with Mininet's `net`.

    On the APN nothing is lit: `apnemu ctl` asks its controller. When the program ends, the network ends, and whatever
    the program has left running.
    """
    from apnemu.lab import guest, kernel
    from apnemu.lab.python import guest_code, guest_folders, guest_path, guest_python
    from apnemu.running.options import application, settle_of
    from apnemu.running.options import runtime as runtime_of
    from apnemu.running.request import Control
    from apnemu.running.unlit_network import network_of, write_network

    kind = network_of(network, controller)
    if not script and not command:
        raise InputError("there is nothing to run; give a program after --, or --script with a Python file", file="--")
    if script and not script.is_file():
        raise InputError(f"there is no file {script}; give a Python file that uses net", file="--script")
    framework, words = runtime_of(runtime), tuple(shlex.split(controller_options))
    own = application(controller, framework, words)
    control = Control(framework=framework, application=own, options=words, settle_s=settle_of(settle, own))
    shared = made(folder or new_folder("net"), "--folder")
    written = write_network(
        shared, topology, transceivers=transceivers, seed=seed_of(seed), network=kind, control=control
    )
    for note in written.notes:
        to_stderr(note)
    played = [*(["--script", str(script.resolve())] if script else []), *(command or [])]
    job = guest.Job(
        kernel=kernel.ensure(report=to_stderr).path,
        folder=shared,
        argv=(guest_python(), "-m", "apnemu.emulation", "/run/apnemu", *played),
        working_directory=str(Path.cwd()),
        seed=seed_of(seed),
        memory_mb=2048,
        time="virtual",
        wall_limit_s=wall_limit_s,
        disk_limit_mb=disk_limit_mb,
        environment={"PATH": guest_path(), "PYTHONPATH": guest_code()},
        shown=guest_folders(),
        hide_home=hide_home,
        visible=visible([*(command or []), *(str(one) for one in (script, controller) if one)], show),
    )
    outcome = guest.run(job, stdout=1, stderr=2)
    raise typer.Exit(outcome.exit_code)


def visible(command: list[str], show: list[Path] | None) -> tuple[Path, ...]:
    """What a lab sees of its user's home: what was asked for, the folder here, and what the command's words name."""
    from apnemu.lab.hiding import around

    words = [Path(word) for word in command if word.strip("./") and os.path.exists(word)]
    named = [Path.cwd(), *words]
    return (*shows_of(show or ()), *(path for one in named for path in around(one)))
