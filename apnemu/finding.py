"""Experiments and topologies by the name that a person gives."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

from apnemu.errors import InputError
from apnemu.experiment import Experiment


def load_experiment(name: str) -> Experiment:
    """By name from `experiments/`, or from a file. Raises InputError where there is none."""
    if name.endswith(".py"):
        spec = importlib.util.spec_from_file_location("own_experiment", name)
        if spec is None or spec.loader is None or not Path(name).is_file():
            raise InputError(f"there is no file {name}; give a Python file with a value EXPERIMENT", file="EXPERIMENT")
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # whatever it is, the file is a person's own
            said = f"{type(error).__name__}: {error}"
            raise InputError(
                f"{name} cannot be loaded: {said}; mend it (--debug shows where)", file="EXPERIMENT"
            ) from error
    else:
        known = known_experiments()
        if name not in known:
            raise InputError(f"there is no experiment '{name}'; there are {', '.join(known)}", file="EXPERIMENT")
        module = importlib.import_module(f"experiments.{name}")
    found = getattr(module, "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        raise InputError(f"{name} has no value EXPERIMENT; see experiments/latency.py for one", file="EXPERIMENT")
    return found


def known_experiments() -> list[str]:
    """The names of those in `experiments/`, in alphabetical order."""
    files = Path(__file__).parents[1].glob("experiments/*.py")
    return sorted(file.stem for file in files if not file.stem.startswith("_"))


def shipped_topology(name: str) -> Path:
    """The file of a topology that comes with apnemu."""
    return Path(__file__).parents[1] / "topologies" / f"{name}.yaml"
