# SPDX-License-Identifier: BSD-3-Clause
"""Checks of an application that is not ours before the lab boots: what it imports and its options must be there.

It is read and not run: what it does on the user's machine is not our business, and it may not work outside a lab. Files
beside it, and those of Ryu's own applications, are read as well. What stands in a function or in a `try` is not looked
at: it may never be imported.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import apnemu
from apnemu.controllers.foreign import file_of
from apnemu.controllers.frameworks import OS_KEN, RYU, installed_in, package
from apnemu.errors import InputError

MOST_SAID = 200
"""Most characters of a module's name that stand in a message."""
FRAMEWORKS = (package(OS_KEN), package(RYU))


def check_options(options: Sequence[str], runtime: str) -> None:
    """Raise InputError for what is no option of ryu-manager. Another process asks the framework."""
    here = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(apnemu.__file__).parents[1]), *sys.path[1:]])}
    asked = [sys.executable, "-m", "apnemu.controllers.runtime", "--check", "--runtime", runtime, "--", *options]
    done = subprocess.run(asked, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=here)
    if done.returncode:
        raise InputError(" ".join((done.stderr or done.stdout).split()), file="--")


def check_imports(file: Path, runtime: str) -> None:
    """Raise InputError, with file and line, for a file that is no Python or imports what is not there."""
    folder = file.resolve().parent
    waiting, seen = [file], {file.resolve()}
    while waiting:
        reading = waiting.pop()
        for name, line in _imported(reading):
            found = _found(name, folder, runtime)
            if isinstance(found, str):
                if "sys.path" in reading.read_text(errors="replace") and name.partition(".")[0] not in FRAMEWORKS:
                    continue  # it looks for it elsewhere
                raise InputError(f"it imports {name[:MOST_SAID]}, {found}", file=str(reading), line=line)
            if found and found.resolve() not in seen:
                seen.add(found.resolve())
                waiting.append(found)


def _found(name: str, folder: Path, runtime: str) -> Path | str | None:
    """The file of a module if it is to be read as well; None where it is there; a text where it is not."""
    top, _, rest = name.partition(".")
    if top in FRAMEWORKS:
        own, ryus = installed_in(runtime), installed_in(RYU)
        if file_of(own, rest) or _is_name(own, rest):
            return None
        if found := file_of(ryus, rest):
            return found
        return None if _is_name(ryus, rest) else _lacking(rest, runtime, ryus)
    beside = file_of(folder, name) or file_of(folder, top)
    if beside:
        return beside
    if top in sys.stdlib_module_names or top in sys.modules or _is_there(top, folder):
        return None
    return f"which the Python of apnemu has not; {sys.executable} -m pip install {top[:MOST_SAID]} may bring it"


def _is_there(top: str, folder: Path) -> bool:
    """Whether a package is beside the application or installed; what can be no name of one is neither."""
    try:
        return top.isidentifier() and ((folder / top).is_dir() or importlib.util.find_spec(top) is not None)
    except (OSError, ValueError, ImportError):
        return False


def _lacking(module: str, runtime: str, ryus: Path | None) -> str:
    has = f"{'OS-Ken' if runtime == OS_KEN else 'Ryu'} {metadata.version(runtime)}"
    if ryus:
        return f"which neither {has} nor Ryu {metadata.version(RYU)} has; is ryu.{module[:MOST_SAID]} its right name?"
    return (
        f"which {has} has not; apnemu setup ryu installs Ryu 4.34, which has the applications under ryu.app: then it"
        " runs on OS-Ken, or on Ryu itself with --controller-runtime ryu"
    )


def _is_name(package: Path | None, module: str) -> bool:
    """Whether what looks like a module is a name in a module: `from ryu.lib.hub import spawn`."""
    above, _, name = module.rpartition(".")
    file = file_of(package, above)
    return file is not None and (file.name != "__init__.py" or name in file.read_text(errors="replace"))


def _imported(file: Path) -> Iterator[tuple[str, int]]:
    """Modules and names that a file imports whenever it is imported, in dots, each with its line. Raises InputError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes and literals: Python says them again when it runs the file
            tree = ast.parse(file.read_bytes(), str(file))
    except SyntaxError as error:
        raise InputError(
            f"it is not Python {sys.version_info.major}.{sys.version_info.minor}: {error.msg}; give a Ryu application",
            file=str(file),
            line=error.lineno,
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error) or type(error).__name__  # nested so deep that the parser gives up
        raise InputError(f"it is not Python: {why}; give a Ryu application", file=str(file)) from error
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop(0)
        match node:
            case ast.Import():
                yield from ((each.name, node.lineno) for each in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module, node.lineno
                yield from ((f"{module}.{each.name}", node.lineno) for each in node.names if each.name != "*")
            case ast.Expr(value=ast.Call(func=function, args=[ast.Constant(value=str(name)), *_])) if "require_app" in (
                getattr(function, "attr", ""),
                getattr(function, "id", ""),
            ):
                yield name, node.lineno
            case ast.Module() | ast.ClassDef() | ast.If() | ast.With():
                waiting += [*node.body, *(node.orelse if isinstance(node, ast.If) else [])]
