# SPDX-License-Identifier: BSD-3-Clause
"""Ryu and OS-Ken: which of them is there, what tells them apart, and how applications are made for either.

OS-Ken is the maintained fork of Ryu; the two differ in the name of the package, of the base class, and in what has to
be mended before the first import. Applications that are not ours run on either: see `foreign`. Which of the two runs,
an application learns from the environment: a framework makes applications without arguments.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

OS_KEN, RYU = "os-ken", "ryu"
RUNTIME, LOGIC, BLUEPRINT, READY = "APNEMU_RUNTIME", "APNEMU_LOGIC", "APNEMU_BLUEPRINT", "APNEMU_READY"
"""Variables of the environment by which `runtime` tells an application of ours its framework, logic, file and pipe."""
CONSOLE = "APNEMU_CONSOLE"
"""Likewise the socket on which the on-demand controller serves REST to the computer that it runs on."""
EXPLORED = "APNEMU_EXPLORED"
"""Variable that says that the network is explored: nothing polls, and the controller can be told to forget all."""

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


def installed_in(runtime: str) -> Path | None:
    """Folder of a framework's package; None where it is not installed."""
    spec = importlib.util.find_spec(package(runtime))
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def mend_eventlet() -> None:
    """Give eventlet a name back that it has dropped and Ryu's web pages ask for, and patch the sockets with it.

    It comes before anything else is imported that opens one.
    """
    warnings.filterwarnings("ignore", "\nEventlet is deprecated")  # it is said to those who begin a project with it
    wsgi: Any = importlib.import_module("eventlet.wsgi")
    if not hasattr(wsgi, "ALREADY_HANDLED"):
        wsgi.ALREADY_HANDLED = object()
    load("lib.hub").patch()
