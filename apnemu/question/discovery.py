# SPDX-License-Identifier: BSD-3-Clause
"""Experiments and topologies by the name that a person gives: one that comes with apnemu, or a file of one's own."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from apnemu.errors import ApnemuError, InputError
from apnemu.question.former import way_out

if TYPE_CHECKING:
    from apnemu.question.experiment import Experiment

PACKAGE = Path(__file__).parents[1]
EXPERIMENTS, TOPOLOGIES = PACKAGE / "experiments", PACKAGE / "topologies"


def load_experiment(name: str) -> Experiment[Any]:
    """The experiment of that name, or the one in a Python file. Raises InputError where there is none."""
    from apnemu.question.experiment import Experiment

    if name.endswith(".py"):
        module = _own_module(Path(name))
    else:
        known = known_experiments()
        if name not in known:
            own = [f"{name}.py"] if Path(f"{name}.py").is_file() else []
            near = own or difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}" if near else "; or give a Python file"
            raise InputError(f"there is no experiment '{name}'; there are {', '.join(known)}{hint}", file="EXPERIMENT")
        module = importlib.import_module(f"apnemu.experiments.{name}")
    experiment = getattr(module, "EXPERIMENT", None)
    if not isinstance(experiment, Experiment):
        raise InputError(f"{name} has no value EXPERIMENT; see experiments/latency.py for one", file="EXPERIMENT")
    return experiment


def _own_module(file: Path) -> ModuleType:
    """The module of a person's own file, loaded under a name that its content and place give it.

    It is put into `sys.modules` as the import system does, since dataclasses look for their module there. It is
    compiled from the content that was hashed: what Python keeps in `__pycache__` is told apart by seconds and length.
    """
    if not file.is_file():
        raise InputError(f"there is no file {file}; give a Python file with a value EXPERIMENT", file="EXPERIMENT")
    content = file.read_bytes()
    key = hashlib.sha256(str(file.resolve()).encode() + b"\0" + content).hexdigest()[:16]
    name = f"apnemu_own_{key}"
    module = ModuleType(name)
    module.__file__ = str(file.resolve())
    sys.modules[name] = module
    try:
        exec(compile(content, module.__file__, "exec"), module.__dict__)
    except ApnemuError:
        del sys.modules[name]
        raise
    except (Exception, SystemExit) as error:  # whatever it is, the file is a person's own
        del sys.modules[name]
        raise InputError(
            f"{file} cannot be loaded: {type(error).__name__}: {error}; {way_out(error)}",
            file="EXPERIMENT",
        ) from error
    return module


def known_experiments() -> list[str]:
    """The names of the experiments that come with apnemu, in alphabetical order: each a file or a folder."""
    files = [path.stem for path in EXPERIMENTS.glob("*.py")]
    folders = [path.parent.name for path in EXPERIMENTS.glob("*/__init__.py")]
    return sorted(name for name in (*files, *folders) if not name.startswith("_"))


def known_topologies() -> list[str]:
    """The names of the topologies that come with apnemu, in alphabetical order."""
    return sorted(path.stem for path in TOPOLOGIES.glob("*.yaml"))


def shipped_topology(name: str) -> Path:
    """The file of a topology that comes with apnemu."""
    return TOPOLOGIES / f"{name}.yaml"


def find_topology(given: str | Path) -> Path:
    """The file of a topology: a path, or the name of one that comes with apnemu; a file of that name goes first.

    A folder of that name is no topology, so it does not stand in the way (a run's `--out jpn12`). A path is returned as
    it was given, also where nothing is there: who reads it says so. Raises InputError for a bare name that is neither.
    """
    path = Path(given)
    text = str(given)
    if path.is_file() or path.suffix or "/" in text:
        return path
    if shipped_topology(text).is_file():
        return shipped_topology(text)
    near = difflib.get_close_matches(text, known_topologies(), n=1)
    hint = f"; did you mean {near[0]}" if near else "; or give a file"
    raise InputError(f"there is no topology '{text}'; there are {', '.join(known_topologies())}{hint}", file="TOPOLOGY")


def find_power_or_topology(given: str | Path) -> Path:
    """The file of a topology or of a power system, as `find_topology` does; a topology goes before one of its name."""
    shipped = TOPOLOGIES / "power" / f"{given}.yaml"
    path, text = Path(given), str(given)
    bare = not (path.is_file() or path.suffix or "/" in text)
    return shipped if bare and text not in known_topologies() and shipped.is_file() else find_topology(given)


def topology_of(experiment: Experiment[Any], own_file: Path | None) -> Path:
    """The file of the topology that an experiment is about: beside its own file, a path, or one with apnemu.

    Raises InputError for a name that is none of them.
    """
    beside = None if own_file is None else own_file.parent / experiment.topology
    return beside if beside is not None and beside.is_file() else find_topology(experiment.topology)


def comes_with_apnemu(experiment: Experiment[Any]) -> bool:
    """Whether the experiment is one that its name finds."""
    return experiment.name in known_experiments() and load_experiment(experiment.name) is experiment


def topology_word(file: Path) -> str:
    """The word by which `find_topology` finds the file again, on any machine where it comes with apnemu."""
    return file.stem if file == shipped_topology(file.stem) else str(file)
