# SPDX-License-Identifier: BSD-3-Clause
"""Ryu and OS-Ken: which of them is there, what tells them apart, and how applications are made for either.

OS-Ken is the maintained fork of Ryu; the two differ in the name of the package, of the base class, and in what has to
be mended before the first import. An application written for Ryu runs on OS-Ken through an alias of the package.
Which of the two runs, an application learns from the environment: a framework makes applications without arguments.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

OS_KEN, RYU = "os-ken", "ryu"
RUNTIME, LOGIC, BLUEPRINT, READY = "APNEMU_RUNTIME", "APNEMU_LOGIC", "APNEMU_BLUEPRINT", "APNEMU_READY"
"""Variables of the environment by which `runtime` tells an application of ours its framework, logic, file and pipe."""
CONSOLE = "APNEMU_CONSOLE"
"""Likewise the socket on which the on-demand controller serves REST to the computer that it runs on."""

Handler = TypeVar("Handler", bound=Callable[..., None])


def package(runtime: str) -> str:
    """Python package of a framework."""
    return "os_ken" if runtime == OS_KEN else "ryu"


def installed() -> list[str]:
    """Frameworks that this machine has, the default first."""
    return [runtime for runtime in (OS_KEN, RYU) if importlib.util.find_spec(package(runtime))]


def load(name: str) -> Any:
    """A module of the framework that the environment names; OS-Ken without one."""
    return importlib.import_module(f"{package(os.environ.get(RUNTIME, OS_KEN))}.{name}")


def base_class() -> Any:
    """Class from which applications of the framework derive."""
    manager = load("base.app_manager")
    return manager.OSKenApp if hasattr(manager, "OSKenApp") else manager.RyuApp


def handles(event: str, *phases: str) -> Callable[[Handler], Handler]:
    """Decorator for the method that handles an OpenFlow event in these phases of a switch's connection."""
    handler = load("controller.handler")
    dispatchers = [getattr(handler, f"{phase}_DISPATCHER") for phase in phases]
    decorator: Callable[[Handler], Handler] = handler.set_ev_cls(
        getattr(load("controller.ofp_event"), event), dispatchers
    )
    return decorator


def mend_ryu() -> None:
    """Give Ryu 4.34 a name that eventlet has dropped, and patch its sockets before anything else is imported."""
    wsgi: Any = importlib.import_module("eventlet.wsgi")
    if not hasattr(wsgi, "ALREADY_HANDLED"):
        wsgi.ALREADY_HANDLED = object()
    load("lib.hub").patch()


def own_application(file: Path) -> str:
    """Load somebody's Ryu application unchanged; returns the name under which the framework finds it."""
    manager = load("base.app_manager")
    if hasattr(manager, "OSKenApp"):
        sys.meta_path.insert(0, _Alias())
        manager.RyuApp = manager.OSKenApp
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file} is not a Python file")
    sys.modules[file.stem] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return file.stem


class _Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import hook by which `import ryu.x` gives `os_ken.x`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name.split(".")[0] == "ryu" else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return importlib.import_module("os_ken" + spec.name[len("ryu") :])

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the module has been executed under its own name."""
