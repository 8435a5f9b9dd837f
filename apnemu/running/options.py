# SPDX-License-Identifier: BSD-3-Clause
"""Options of a run, checked: the same words for what cannot be, whether a command line or Python asks for it."""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from apnemu.errors import InputError
from apnemu.lab.job import MOST_PCAP_BYTES, PCAP_BYTES

if TYPE_CHECKING:  # a shell that completes a word starts the program: what it need not import, it does not
    from apnemu.question.context import Network
    from apnemu.question.experiment import Experiment
    from apnemu.running.request import Time

HIGHEST_SEED = 2**64 - 1
LONGEST_SETTLE_S = 3600.0
SETTING = re.compile(r"[a-z][a-z0-9_]*=")


def networks_of(given: Iterable[str] | None, asked: Experiment[Any]) -> tuple[Network, ...]:
    """The networks of a run: those that are given, or those that the experiment usually asks. Raises InputError."""
    if given is None:
        return asked.usual_networks
    names = _several(given)
    for name in names or ("",):
        if name not in asked.networks:
            raise InputError(
                f"'{name}' is no network of {asked.name}; it must be {' or '.join(asked.networks)}; a comma joins both",
                file="--network",
            )
    return cast("tuple[Network, ...]", names)


def times_of(given: Iterable[str]) -> tuple[Time, ...]:
    """The kinds of clock of a run. Raises InputError for any other word."""
    names = _several(given)
    for name in names or ("",):
        if name not in ("virtual", "real"):
            raise InputError(f"'{name}' is no kind of time; it must be virtual or real", file="--time")
    return cast("tuple[Time, ...]", names)


def _several(given: Iterable[str]) -> tuple[str, ...]:
    """Words given as a text with commas, or one by one."""
    return tuple(dict.fromkeys(str(word).strip() for word in (given.split(",") if isinstance(given, str) else given)))


def seed_of(given: Any) -> int:
    """The seed. Raises InputError for one that is no whole number, or does not fit into 64 bits."""
    try:
        seed = operator.index(given)
    except TypeError:
        seed = -1
    if not 0 <= seed <= HIGHEST_SEED:
        raise InputError(f"seed is {given}; it must be from 0 to 2**64 - 1; for example --seed 1", file="--seed")
    return seed


def settings_of(
    given: Sequence[str], words: Sequence[str], controller: str | Path | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Settings as NAME=VALUE, and what is left of `words` for an application of one's own.

    One `--set` may have several, `--set load=full probes=5`: the parser takes those behind the first for words.

    >>> settings_of(["load=full"], ["probes=5"], None)
    (('load=full', 'probes=5'), ())
    >>> settings_of(["load=full"], ["probes=5"], "mine.py")
    (('load=full',), ('probes=5',))
    """
    if controller is not None or not given:
        return tuple(given), tuple(words)
    more = tuple(word for word in words if SETTING.match(word))
    return (*given, *more), tuple(word for word in words if word not in more)


def application(given: str | Path | None, framework: str, words: Sequence[str] = ()) -> Path | None:
    """The file of another Ryu application, whose imports and options (`words`) the framework has.

    Raises InputError where there is no file, or where it cannot run.
    """
    if given is None:
        if words:
            way_out = f"write --set {words[0]}" if SETTING.match(words[0]) else "give one with --controller"
            raise InputError(f"'{words[0]}' is for an application of one's own; {way_out}", file="--")
        return None
    from apnemu.controllers import checking

    file = Path(given)
    if not file.is_file():
        raise InputError(f"there is no file {file}; give a Ryu application", file="--controller")
    checking.check_imports(file, framework)
    if words:
        checking.check_options(words, framework)
    return file


def shows_of(given: Iterable[str | Path]) -> tuple[Path, ...]:
    """What the labs are to see of this user's home. Raises InputError for what is not there."""
    paths = tuple(Path(path) for path in given)
    for path in paths:
        if not path.exists():
            raise InputError(f"there is no {path}; give a file or a folder that the lab is to see", file="--show")
    return paths


def runtime(given: str | None) -> str:
    """The framework of the controller, or the first that is installed. Raises InputError for any other."""
    from apnemu.controllers.frameworks import RYU, installed

    runtimes = installed()
    if given is None and runtimes:
        return runtimes[0]
    if given not in runtimes:
        known = " or ".join(runtimes) or "installed: pip install os-ken"
        raise InputError(
            f"'{given}' is not installed; it must be {known}"
            + ("; apnemu setup ryu installs it" if given == RYU else ""),
            file="--controller-runtime",
        )
    return given


def settle_of(given: float | str | None, controller: Path | None) -> float | None:
    """The virtual seconds that another application has, None until it says that it is ready. Raises InputError."""
    if given is None:
        from apnemu.blueprint.document import FOREIGN_SETTLE_S

        return FOREIGN_SETTLE_S
    if controller is None:
        raise InputError(
            f"settle is {given}; it is for an application given with --controller: ours say when they are ready",
            file="--settle",
        )
    if given == "ready":
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_SETTLE_S:
        raise InputError(
            f"settle is {given}; it must be from 0 to {LONGEST_SETTLE_S:.0f} virtual seconds, or ready: until the"
            f" application writes to the descriptor of the variable APNEMU_READY; for example --settle 40",
            file="--settle",
        )
    return seconds


def cores_of(wanted: Iterable[int]) -> tuple[int, ...]:
    """The cores that labs run on. Raises InputError for one that may not be used."""
    usable = sorted(os.sched_getaffinity(0))
    cores = tuple(wanted)
    for core in cores:
        if core not in usable:
            raise InputError(
                f"core {core} is not one that this command may use; it may use {', '.join(map(str, usable))}",
                file="--core",
            )
    return cores


def wall_limit_of(given: float) -> float:
    """The seconds after which a lab is ended. Raises InputError for less than one."""
    if not given >= 1:
        raise InputError(f"wall_limit_s is {given}; it must be at least 1; 1800 is usual", file="--wall-limit-s")
    return given


def pcap_bytes_of(pcap: bool, given: int) -> int:
    """Bytes of each captured frame that are kept, 0: all. Raises InputError where nothing is captured, or for others
    than a capture takes."""
    if given != PCAP_BYTES and not pcap:
        raise InputError(f"pcap_bytes is {given} and nothing is captured; add --pcap", file="--pcap-bytes")
    if not 0 <= given <= MOST_PCAP_BYTES:
        raise InputError(
            f"pcap_bytes is {given}; it must be from 0, for whole frames, to {MOST_PCAP_BYTES}", file="--pcap-bytes"
        )
    return given


def disk_limit_of(given: int) -> int:
    """The MiB that a lab may add to its folder. Raises InputError for less than one."""
    if not given >= 1:
        raise InputError(f"disk_limit_mb is {given}; it must be at least 1; 16384 is usual", file="--disk-limit-mb")
    return given
