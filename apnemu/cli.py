"""Words to calls. The only place that prints to a person or sets an exit code.

0 done; 1 the run is fine but its expected answer was not met; 2 bad input; 3 the lab failed.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console

from apnemu.errors import ApnemuError, InputError, LabError
from apnemu.experiment import Experiment, Network

OUT = Console(highlight=False)
"""For results; everything else goes to standard error."""
USAGE_ERROR: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""Typer brings a copy of click of its own, or uses click: whichever it is."""

app = typer.Typer(
    help="Emulates all-photonics networks between data centres in virtual time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
lab = typer.Typer(help="The lab: its kernel, and programs in an empty one.", no_args_is_help=True)
app.add_typer(lab, name="lab")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output and nothing else.")]
Topology = Annotated[Path, typer.Argument(metavar="FILE", help="A topology file.")]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def tell(text: str) -> None:
    """A line of a result, as long as it is."""
    OUT.print(text, markup=False, soft_wrap=True)


def show_json(document: Any) -> None:
    print(json.dumps(document, indent=1))


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
) -> None:
    """Options of every command."""


@app.command()
def doctor(as_json: Json = False) -> None:
    """What is missing on this machine, and the command that mends it."""
    from apnemu.lab import needs

    found = needs.check()
    if as_json:
        show_json([{"name": n.name, "present": n.present, "why": n.why, "mend": n.mend} for n in found])
    else:
        for need in found:
            tell(f"{'ok     ' if need.present else 'MISSING'} {need.name}: {need.why}")
        for need in found:
            if not need.present:
                tell(f"  {need.mend}")
    if not all(need.present for need in found):
        raise typer.Exit(3)


@lab.command()
def build(
    source: Annotated[Path | None, typer.Option(help="A kernel's source: a tarball or a folder.")] = None,
) -> None:
    """Build the lab's kernel into the cache, unless it is there."""
    from apnemu.lab import kernel

    ready = kernel.ensure(source_path=source, report=say)
    tell(f"kernel {ready.version} {ready.path}")


@lab.command()
def status(as_json: Json = False) -> None:
    """What is cached, and what runs."""
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
    tell(f"kernel: {document['kernel'] or 'none; apnemu lab build makes one'}")
    for kept in found.cached:
        tell(f"cached: {kept.path} ({kept.version}, built in {kept.build_s:.0f} s)")
    tell(f"labs that run: {len(found.labs)}")


@lab.command(name="exec", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def execute(
    command: Annotated[list[str], typer.Argument(metavar="-- CMD", help="Program and arguments.")],
    folder: Annotated[Path | None, typer.Option(help="Folder that the lab shares at /run/apnemu.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    memory_mb: Annotated[int, typer.Option(min=64)] = 2048,
    time: Annotated[str, typer.Option(help="virtual or real.")] = "virtual",
    wall_limit_s: Annotated[float, typer.Option(min=1)] = 600,
) -> None:
    """Run a program in an empty lab; its exit code is this command's."""
    from apnemu.lab import guest, kernel

    if time not in ("virtual", "real"):
        raise InputError(f"'{time}' is no kind of time; it must be virtual or real", file="--time")
    shared = folder or _new_folder("exec")
    shared.mkdir(parents=True, exist_ok=True)
    job = guest.Job(
        kernel=kernel.ensure(report=say).path,
        folder=shared,
        argv=tuple(command),
        working_directory=str(Path.cwd()),
        seed=seed,
        memory_mb=memory_mb,
        time=cast(Any, time),
        wall_limit_s=wall_limit_s,
        environment={"PATH": _guest_path()},
    )
    outcome = guest.run(job, stdout=1, stderr=2)
    if folder is None:
        shutil.rmtree(shared, ignore_errors=True)
    raise typer.Exit(outcome.exit_code)


def _guest_path() -> str:
    """The guest finds the programs of the environment that apnemu runs in first."""
    return f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _new_folder(stem: str) -> Path:
    number = 1
    while (Path("runs") / f"{stem}-{number}").exists():
        number += 1
    return Path("runs") / f"{stem}-{number}"


@app.command()
def check(file: Topology, as_json: Json = False) -> None:
    """Is this topology sound?"""
    from apnemu.topology import read_plant

    plant = read_plant(file)
    facts = {
        "name": plant.name,
        "sites": len(plant.sites),
        "fibres": len(plant.fibres),
        "demands": len(plant.demands),
        "fibre_km": round(sum(fibre.length_km for fibre in plant.fibres), 1),
    }
    if as_json:
        show_json(facts)
    else:
        tell(
            f"{file}: sound; {facts['sites']} sites, {facts['fibres']} fibres of {facts['fibre_km']} km together, "
            f"{facts['demands']} demands"
        )


@app.command()
def plan(file: Topology, as_json: Json = False) -> None:
    """Who gets which light, and who gets none and why."""
    from apnemu.report.tables import plan_table
    from apnemu.run import plan_file

    _, assignment = plan_file(file)
    if as_json:
        show_json(assignment.to_json())
        return
    OUT.print(plan_table(assignment.to_json()))
    for refusal in assignment.refusals:
        tell(f"refused: {refusal.demand}: {refusal.reason}")


@app.command()
def run(
    experiment: Annotated[str, typer.Argument(help="latency, loss, throughput, queue, or a file with an EXPERIMENT.")],
    topology: Annotated[Path | None, typer.Option(help="Topology file; the experiment's own by default.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="May be repeated.")] = None,
    seed: Annotated[int, typer.Option(help="All that is random comes from it.")] = 1,
    network: Annotated[str | None, typer.Option(help="apn, packet or apn,packet.")] = None,
    time: Annotated[str, typer.Option(help="virtual or real.")] = "virtual",
    out: Annotated[Path | None, typer.Option(help="Run directory, new or empty.")] = None,
    pcap: Annotated[bool, typer.Option("--pcap", help="Capture every frame at the switches' ports.")] = False,
    as_json: Json = False,
    controller: Annotated[Path | None, typer.Option(help="Another Ryu application, in place of ours.")] = None,
    controller_runtime: Annotated[str | None, typer.Option(help="os-ken or ryu; what is installed.")] = None,
    syscall_cost_ns: Annotated[int, typer.Option(help="Virtual time that a system call takes.", min=0)] = 500,
    wall_limit_s: Annotated[float, typer.Option(help="The lab is ended after this.", min=1)] = 1800,
    core: Annotated[str | None, typer.Option(help="Core to run on, or several: 0,1.")] = None,
) -> None:
    """Ask one question of the networks; leaves a run directory with all that was seen."""
    from apnemu import run as corridor
    from apnemu.lab.progress import Display
    from apnemu.report.headline import expectation, sentence
    from apnemu.report.tables import results_table

    asked = load_experiment(experiment)
    if time not in ("virtual", "real"):
        raise InputError(f"'{time}' is no kind of time; it must be virtual or real", file="--time")
    if not 0 <= seed < 2**64:
        raise InputError(f"seed is {seed}; it must be from 0 to 2**64 - 1; for example --seed 1", file="--seed")
    request = corridor.Request(
        experiment=asked,
        topology=topology or shipped_topology(asked.topology),
        given=tuple(setting or ()),
        seed=seed,
        networks=_networks(network, asked),
        time=cast(Any, time),
        out=out,
        pcap=pcap,
        controller=_application(controller),
        controller_runtime=_runtime(controller_runtime),
        syscall_cost_ns=syscall_cost_ns,
        wall_limit_s=wall_limit_s,
        cores=_cores(core),
    )
    with Display() as display:
        document = corridor.run(request, say=say, on_progress=display.update)
    if as_json:
        show_json(document)
    else:
        picture = json.loads((Path(document["run_dir"]) / "blueprint.json").read_text())["picture"]
        OUT.print(results_table(document["results"]))
        tell(sentence(document["results"], picture))
        tell(expectation(document))
        tell(f"page: {Path(document['run_dir']) / 'report.html'}")
    if not document["expectation"]["met"]:
        raise typer.Exit(1)


@app.command()
def report(
    run_dir: Annotated[list[Path], typer.Argument(metavar="RUN_DIR...", help="One run, or several for one page.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the page; the first run's by default.")] = None,
) -> None:
    """Write the HTML page again."""
    from apnemu import run as corridor

    tell(f"page: {corridor.report_all(out or run_dir[0], run_dir)}")


@app.command()
def bench(
    as_json: Json = False,
    quick: Annotated[bool, typer.Option("--quick", help="Only the smallest of each kind.")] = False,
) -> None:
    """Speed and accuracy, each beside stock Mininet's in the same machine, in one run."""
    from apnemu import bench as benches

    document = benches.bench(say=say, quick=quick)
    if as_json:
        show_json(document)
    else:
        OUT.print(benches.bench_table(document))


def load_experiment(name: str) -> Experiment:
    """By name from `experiments/`, or from a file. Raises InputError where there is none."""
    if name.endswith(".py"):
        spec = importlib.util.spec_from_file_location("own_experiment", name)
        if spec is None or spec.loader is None or not Path(name).is_file():
            raise InputError(f"there is no file {name}; give a Python file with a value EXPERIMENT", file="EXPERIMENT")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        known = sorted(
            file.stem for file in Path(__file__).parents[1].glob("experiments/*.py") if not file.stem.startswith("_")
        )
        if name not in known:
            raise InputError(f"there is no experiment '{name}'; there are {', '.join(known)}", file="EXPERIMENT")
        module = importlib.import_module(f"experiments.{name}")
    found = getattr(module, "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        raise InputError(f"{name} has no value EXPERIMENT; see experiments/latency.py for one", file="EXPERIMENT")
    return found


def shipped_topology(name: str) -> Path:
    return Path(__file__).parents[1] / "topologies" / f"{name}.yaml"


def _networks(given: str | None, asked: Experiment) -> tuple[Network, ...]:
    if given is None:
        return asked.networks
    names = tuple(dict.fromkeys(part.strip() for part in given.split(",")))
    for name in names:
        if name not in asked.networks:
            raise InputError(
                f"'{name}' is no network of {asked.name}; it must be {' or '.join(asked.networks)}, or both with a comma",
                file="--network",
            )
    return cast(tuple[Network, ...], names)


def _application(given: Path | None) -> Path | None:
    if given is not None and not given.is_file():
        raise InputError(f"there is no file {given}; give a Ryu application", file="--controller")
    return given


def _runtime(given: str | None) -> str:
    runtimes = [name for name, package in (("os-ken", "os_ken"), ("ryu", "ryu")) if importlib.util.find_spec(package)]
    if given is None and runtimes:
        return runtimes[0]
    if given not in runtimes:
        raise InputError(
            f"'{given}' is not installed; it must be {' or '.join(runtimes) or 'installed: pip install os-ken'}",
            file="--controller-runtime",
        )
    return given


def _cores(given: str | None) -> tuple[int, ...]:
    if given is None:
        return ()
    try:
        return tuple(int(part) for part in given.split(","))
    except ValueError as error:
        raise InputError(f"'{given}' is no list of cores; for example --core 0,1", file="--core") from error


def main() -> None:
    """The program `apnemu`."""
    arguments = sys.argv[1:]
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in own
    if debug:
        arguments.remove("--debug")
    try:
        code = app(arguments, standalone_mode=False, prog_name="apnemu")
    except typer.Abort:
        sys.exit(130)
    except USAGE_ERROR as error:
        _fail(f"{error.format_message().rstrip('.')}; see apnemu --help", 2, debug)
    except ApnemuError as error:
        _fail(str(error), error.exit_code, debug)
    except KeyboardInterrupt:
        _fail("interrupted", 130, debug)
    except BrokenPipeError:
        sys.exit(141)
    except Exception as error:  # noqa: BLE001  # whatever it is, a person gets one line
        _fail(
            f"{type(error).__name__}: {error}; this is a fault of apnemu: --debug shows where",
            LabError.exit_code,
            debug,
        )
    sys.exit(code if isinstance(code, int) else 0)


def _fail(text: str, code: int, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    say(" ".join(text.split()))
    sys.exit(code)


if __name__ == "__main__":
    main()
