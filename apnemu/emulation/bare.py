# SPDX-License-Identifier: BSD-3-Clause
"""Modules of a package without the package's own beginning, which drags in the rest of it.

pyroute2's begins with its database of interfaces, its firewalls and asyncio; setuptools' with all that builds packages.
A guest reads every file through hostfs, at 20 system calls and more for each: 600 modules where 300 do.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bare(package: str) -> Iterator[None]:
    """Import modules of a package in this block, without what its `__init__.py` does.

    After the block the package is as if nobody had imported it, so that a user's own import finds it whole. Where it
    was imported before, it is whole in the block too.
    """
    spec = importlib.util.find_spec(package)
    if package in sys.modules or spec is None:
        yield
        return
    sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
            del sys.modules[name]


@contextmanager
def versions_of_distutils() -> Iterator[None]:
    """Import in this block what needs `distutils.version` alone of distutils, as Mininet does.

    Python 3.12 has it no more, and setuptools, which has, puts itself in the place of Python 3.11's.
    """
    if "distutils" in sys.modules:
        yield
        return
    with bare("setuptools"), bare("setuptools._distutils"):
        version = importlib.import_module("setuptools._distutils.version")
        sys.modules["distutils"] = sys.modules["setuptools._distutils"]
        sys.modules["distutils.version"] = version
    try:
        yield
    finally:
        del sys.modules["distutils"], sys.modules["distutils.version"]
