# SPDX-License-Identifier: BSD-3-Clause
"""Manifest of a run: versions, hashes of inputs, and everything about it that is not as in the world."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from apnemu import __version__
from apnemu.blueprint.document import Blueprint
from apnemu.lab import kernel
from apnemu.model.plant import Plant
from apnemu.planning import next_hops
from apnemu.planning.dcn import dcn
from apnemu.planning.zones import Zones
from apnemu.question.discovery import comes_with_apnemu
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Value
from apnemu.running.request import Request
from apnemu.topology import input_files

PACKAGES = {"os-ken": "os-ken", "ryu": "ryu", "mininet": "mininet", "pyroute2": "pyroute2", "gnpy": "gnpy"}


def manifest_of(request: Request, settings: Mapping[str, Value], notes: Sequence[str]) -> dict[str, Any]:
    """The manifest of a run that begins: what a reader needs to repeat it and to trust it."""
    own: dict[str, str | None] = {}
    if request.own_file is not None:
        own = {"experiment_sha256": _sha256(request.own_file.read_bytes())}
    elif not comes_with_apnemu(request.experiment):
        own = {"experiment_sha256": None}
        notes = (*notes, "The experiment was given as a value from Python: it is not kept, and no command repeats it.")
    own_files = filter(None, [request.controller, request.own_file, *named_files(request.experiment, settings)])
    files = [*input_files(request.topology), *own_files]
    return {
        "status": "running",
        "experiment": request.experiment.name,
        **own,
        "seed": request.seed,
        "time": ",".join(request.times),
        "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()},
        "versions": versions(request.controller_runtime),
        "inputs": hashes(files),
        "approximations": [*approximations(request.times, request.syscall_cost_ns, pcap=request.pcap), *notes],
        "command": request.command(),
        "virtual_s": 0.0,
        "wall_s": 0.0,
        "peak_memory_bytes": 0,
    }


def hashes(files: Sequence[Path]) -> dict[str, str]:
    """File name -> SHA-256 of each file; of files of one name all but the first have as much of their folders before it
    as tells them apart."""
    found: dict[str, str] = {}
    for path in dict.fromkeys(file.absolute() for file in files):
        parts = path.parts[1:]
        names = ("/".join(parts[-count:]) for count in range(1, len(parts) + 1))
        name = next((name for name in names if name not in found), str(path))
        found[name] = _sha256(path.read_bytes())
    return found


def named_files(experiment: Experiment[Any], settings: Mapping[str, Value]) -> list[Path]:
    """The files that settings name, where they are there."""
    known = experiment.declared()
    named = (Path(str(value)) for name, value in settings.items() if value and known[name].about.of == "file")
    return [path for path in named if path.is_file()]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def versions(controller_runtime: str) -> dict[str, str]:
    """Name -> version of all that a result depends on; what is not installed is not named."""
    found = {"apnemu": __version__, "python": platform.python_version()}
    ready = kernel.find()
    found["kernel"] = f"{ready.version} ({ready.key})" if ready and ready.version else "given by hand"
    if ready and ready.source:
        found["kernel_source"] = ready.source
    found["ovs"] = _program("ovs-vswitchd", "--version")
    for name, package in PACKAGES.items():
        if name in ("os-ken", "ryu") and name != controller_runtime:
            continue
        try:
            found[name] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def approximations(times: Sequence[str], syscall_cost_ns: int, *, pcap: bool) -> list[str]:
    """Approximations, a sentence each: a reader must know them before trusting a number."""
    common = [
        "Every fibre has its declared length and group index; temperature and splices are not modelled.",
        "A line's rate counts the bytes that Linux counts: not preamble, gap and checksum (24 bytes a frame).",
        "Over lightpaths TCP hands over segments of up to 64 KiB as one frame; on the packet network and in a queue"
        " that tenants share one frame each.",
        "Switches look up in no time; the delay of a router is what the topology declares.",
        "The controller's data communication network is out of band: it survives what happens to fibres and sites.",
        "Injected background load starts with an empty network at the beginning of each stage.",
    ]
    clocks = {
        "real": "REAL TIME: delays are what this machine managed while it was busy with other things.",
        "virtual": "CPUs are infinitely fast, and each task has one of its own: computing takes no virtual time, "
        f"a system call takes its caller, and nobody else, {syscall_cost_ns} ns, reading a clock 1 ns. Tasks that can "
        "run at the very same nanosecond do so in the order in which they came to.",
    }
    watched = ["A captured frame's stamp takes its sender 1 ns: with --pcap a congested queue drops other frames."]
    return [*(clocks[time] for time in times), *common, *(watched if pcap else [])]


def scenario_unplayed(plant: Plant, who: str) -> tuple[str, ...]:
    """A line on the events of a topology that do not happen here; none where it has no events."""
    count = len(plant.scenario)
    if not count:
        return ()
    events = "the one event" if count == 1 else f"any of the {count} events"
    return (f"{who} does not play {events} in the scenario of {plant.name}; apnemu run failover plays them.",)


UNZONED = (
    "over the packet network a bound site's hosts send to hosts of their zone alone, and what they send may pass sites"
    " outside it"
)


def leaves_zones(plant: Plant, networks: Sequence[str], controller: Path | None) -> tuple[str, ...]:
    """Lines on what zones do not hold, or cut off: another's controller, the way to ours, and what is not joined."""
    zones = Zones(plant)
    if not zones.bound:
        return ()
    lines = []
    if controller and "packet" in networks:
        lines.append(f"{controller.name} forwards as it likes: {UNZONED}.")
    at = dcn(plant).at
    away = [site for site, name in zones.bound.items() if not zones.zone[name].allows(at)]
    if away:
        these = f"{', '.join(away[:3])}{', ...' if away[3:] else ''}"
        lines.append(
            f"The controller stands at {at}, outside the zone of {these}: requests of hosts there leave the zone, and"
            " nothing else does that way; to keep them inside, name a site of the zone under controller."
        )
    hops = next_hops(plant)
    wanted = [(demand.source, demand.target) for demand in plant.demands]
    apart = [ends for ends in dict.fromkeys(wanted) if hops.own.get(ends, True) == ()]
    if apart and "packet" in networks:
        why = zones.why_not(apart[0]) or zones.why_no_route(apart[0])
        others = f", nor {len(apart) - 1} more pairs" if len(apart) > 1 else ""
        lines.append(f"Routers do not join {' and '.join(apart[0])}{others}: {why.text}.")
    return tuple(lines)


def routers_without_zones(blueprints: Sequence[Blueprint]) -> tuple[str, ...]:
    """A line on routers that find their own way beside hosts that zones bind; none where there are no such."""
    if not any(blueprint.routers and blueprint.walls for blueprint in blueprints):
        return ()
    return (f"Routers that find their own way by OSPF know no zones: {UNZONED}.",)


@cache
def _program(*command: str) -> str:
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "not found"
    found = re.search(r"\d+(\.\d+)+", said)
    return found.group() if found else "unknown"
