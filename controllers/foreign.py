# SPDX-License-Identifier: BSD-3-Clause
"""Runs anybody's Ryu application, unchanged, on either framework: what it imports, its options, how it is started.

OS-Ken is Ryu under another name, less the applications under `ryu.app` (all but `ofctl`). So a module of either package
is the same module of the framework that runs; what that one lacks is taken from the other's files, if it is installed
(`apnemu setup ryu`), and finds the framework in place of its own package.

It runs as `ryu-manager` runs it: options are settled before it is imported, on eventlet's green threads, for which
Ryu's applications were written. OS-Ken's other threads would not do: its `hub.Timeout` fires in a `with` alone there,
and it has no web server for them.

Two things are mended. An application that another one requires (`topology.api` requires `topology.switches`) is always
started; the frameworks note it on a module that they find by counting stack frames. And switches, which have every
version, speak OpenFlow 1.3 to all that can do it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from apnemu.controllers.frameworks import OS_KEN, RUNTIME, RYU, installed_in, load, mend_eventlet, package

HUB = "OSKEN_HUB_TYPE"
"""Variable of the environment that says which threads OS-Ken takes."""
NAMES = (
    ("base.app_manager", "OSKenApp", "RyuApp"),
    ("exception", "OSKenException", "RyuException"),
)
"""Module, and the name in it that OS-Ken and Ryu have for the same class."""
WITH_OPTIONS = ("controller.controller", "topology.switches", "flags", "log")
"""Modules that register the options of `ryu-manager`."""
PAGES = "ryu.app.wsgi"
"""Ryu's web server for applications, which registers options too; OS-Ken has none."""
SWITCHES_LOOK_AT = 6653
"""TCP port at which the lab's switches look for their controller."""
OPENFLOW_13 = 4
"""Version number of OpenFlow 1.3 on the wire."""


class UnfitError(Exception):
    """Refusal of an application or its options, for a person to read."""


def run(file: Path, options: Sequence[str], runtime: str) -> None:
    """Run an application until the process is ended.

    Raises UnfitError where there is nothing to run, and whatever the application raises when it is imported or made.
    """
    further = prepare(options, runtime)
    sys.path.append(str(file.parent))
    os.chdir(file.parent)
    manager = load("base.app_manager").AppManager.get_instance()
    required = _required()
    wanted = [_loaded(file), *(_loaded(Path(name)) if name.endswith(".py") else name for name in further)]
    manager.load_apps(wanted)
    if not manager.applications_cls:
        raise UnfitError(f"{file} has no application; give a file with a class derived from RyuApp")
    while missing := [name for name in dict.fromkeys(required) if name not in manager.applications_cls]:
        manager.load_apps(missing)
        required[:] = [name for name in required if name not in missing]
    for kind in manager.contexts_cls.values():
        manager.applications_cls.pop(kind.__module__, None)  # it is made as a context
    contexts = manager.create_contexts()
    kinds = (*manager.applications_cls.values(), *manager.contexts_cls.values())
    if all(OPENFLOW_13 in (getattr(kind, "OFP_VERSIONS", None) or (OPENFLOW_13,)) for kind in kinds):
        load("ofproto.ofproto_protocol").set_app_supported_versions([OPENFLOW_13])
    services = manager.instantiate_apps(**contexts)
    if not services:
        raise UnfitError(f"{file} handles no event of OpenFlow, so nothing listens to switches; see set_ev_cls of Ryu")
    pages = sys.modules.get(PAGES)
    server = pages.start_service(manager) if pages else None
    hub = load("lib.hub")
    if server:
        services.append(hub.spawn(server))
    hub.joinall(services)


def prepare(options: Sequence[str], runtime: str) -> list[str]:
    """Make the framework ready for applications, with ryu-manager's options; returns the applications among them.

    Raises UnfitError for an option that it does not have.
    """
    os.environ[RUNTIME], os.environ[HUB] = runtime, "eventlet"
    mend_eventlet()
    has_pages = installed_in(RYU) is not None
    sys.meta_path.insert(0, _Both(runtime))
    for module, os_kens, ryus in NAMES:
        names = vars(load(module))
        names[ryus] = names[os_kens] = names[os_kens if runtime == OS_KEN else ryus]
    load("utils").import_module = importlib.import_module  # a file or folder of the name of a module is none
    cfg, log = load("cfg"), load("log")
    for module in WITH_OPTIONS:
        load(module)
    if has_pages:
        importlib.import_module(PAGES)
    cfg.CONF.register_cli_opts(
        [
            cfg.ListOpt("app-lists", default=[], help="further applications"),
            cfg.MultiStrOpt("app", positional=True, default=[], help="further applications"),
            cfg.StrOpt("user-flags", default=None, help="file that registers options"),
        ]
    )
    if "--user-flags" in options[:-1]:
        _loaded(Path(options[options.index("--user-flags") + 1]))
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            cfg.CONF(args=list(options), project="apnemu", default_config_files=[])
    except (SystemExit, Exception) as error:  # argparse ends the program, oslo.config has exceptions of many kinds
        why = said.getvalue().strip().rpartition("\n")[2].rpartition("error: ")[2] or str(error)
        more = "" if has_pages else "; those of Ryu's web pages are there once apnemu setup ryu has installed it"
        raise UnfitError(f"{why.strip()}; it must be an option of ryu-manager{more}") from error
    if cfg.CONF.ofp_tcp_listen_port not in (None, SWITCHES_LOOK_AT):
        asked = cfg.CONF.ofp_tcp_listen_port
        raise UnfitError(f"--ofp-tcp-listen-port is {asked}; it must be {SWITCHES_LOOK_AT}: there switches look for it")
    log.init_log()
    return [*cfg.CONF.app_lists, *cfg.CONF.app]


def _loaded(file: Path) -> str:
    """Import an application's file; returns the name under which the framework finds it.

    That is the file's, unless it is the name of another module or no name of one.
    """
    name = file.stem
    if name in sys.modules or name in sys.stdlib_module_names or re.search(r"\W", name):
        name = "application_" + re.sub(r"\W", "_", name)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UnfitError(f"{file} is not a Python file; give a Ryu application")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return name


def _required() -> list[str]:
    """Have the framework note which applications others require, whoever asks; returns the list that it grows."""
    names: list[str] = []

    def require_app(app_name: str, api_style: bool = False) -> None:
        names.append(importlib.import_module(app_name).__name__)

    load("base.app_manager").require_app = require_app
    return names


class _Both(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import hook by which `ryu.x` and `os_ken.x` are one module: the framework's own, or else the other package's."""

    def __init__(self, runtime: str) -> None:
        other = RYU if runtime == OS_KEN else OS_KEN
        self._names = package(runtime), package(other)
        self._folders = installed_in(runtime), installed_in(other)
        self._specs: dict[str, Any] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        top, _, rest = name.partition(".")
        if top not in self._names:
            return None
        (own, other), (own_folder, other_folder) = self._names, self._folders
        if file_of(own_folder, rest):
            return (
                None if top == own else importlib.machinery.ModuleSpec(name, self, origin=f"{own}.{rest}".rstrip("."))
            )
        file = file_of(other_folder, rest)
        if file is None:
            return None
        if top == own:
            return importlib.machinery.ModuleSpec(name, self, origin=f"{other}.{rest}")
        folder = [str(file.parent)] if file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(name, file, submodule_search_locations=folder)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        assert spec.origin is not None
        module = importlib.import_module(spec.origin)
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module back its own spec; it has been executed under its own name."""
        spec = module.__spec__
        assert spec is not None
        module.__spec__ = self._specs.pop(spec.name)


def file_of(folder: Path | None, module: str) -> Path | None:
    """File of a module of a framework's package."""
    if folder is None:
        return None
    place = folder.joinpath(*module.split("."))
    files = (place / "__init__.py", place.with_name(place.name + ".py"))
    with contextlib.suppress(OSError):  # a name that is too long for a file's
        return next((file for file in files if file.is_file()), None)
    return None
