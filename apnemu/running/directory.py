# SPDX-License-Identifier: BSD-3-Clause
"""Directory of a run: made, written, tidied up. Nothing outside it is touched."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from apnemu import shared_folder
from apnemu.blueprint.captured import Captured
from apnemu.errors import InputError, LabError
from apnemu.records.pcapng import to_pcapng

OWN_EXPERIMENT = "experiment.py"
"""Name of the copy that a run keeps of an experiment of somebody's own."""
MOST_LOG_BYTES = 64 * 1024**2
"""Most bytes that are taken of each log of a guest."""

log = logging.getLogger(__name__)


def make(out: Path | None, stem: str) -> Path:
    """The folder of a run, new or empty, so that nothing that somebody has is overwritten. Raises InputError."""
    if out is not None:
        try:
            in_use = out.exists() and (not out.is_dir() or any(out.iterdir()))
        except OSError as error:
            raise InputError(
                f"{out} cannot be looked at: {error.strerror}; give another folder", file="--out"
            ) from error
        if in_use:
            raise InputError(f"{out} is there and not an empty folder; give a new one", file="--out")
        return made(out, "--out")
    made(Path("runs"), "--out")
    while True:
        with suppress(FileExistsError):  # another run has just taken it
            return made(new_folder(stem), "--out", new=True)


def new_folder(stem: str) -> Path:
    """The first of runs/STEM-1, runs/STEM-2, ... that is not there."""
    number = 1
    while (Path("runs") / f"{stem}-{number}").exists():
        number += 1
    return Path("runs") / f"{stem}-{number}"


def made(folder: Path, option: str, *, new: bool = False) -> Path:
    """The folder, made if it is not there; one that must be `new` raises FileExistsError where it is.

    Raises InputError; `option` is what names another one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=not new)
    except OSError as error:
        if new and isinstance(error, FileExistsError):
            raise
        raise InputError(f"{folder} cannot be made: {error.strerror}; give another folder", file=option) from error
    return folder


def collect(
    folder: Path, guests: Mapping[str, Path], suffix: str, *, pcap: bool, about: Mapping[str, Captured] | None = None
) -> None:
    """Move what is kept of the guests' folders (network -> folder) into the run's own files; the folders go.

    `about` has what each network's capture says of itself.

    Raises LabError where a guest made of its capture something else. What is left out of logs and `apps/` is told.
    """
    with (folder / "console.log").open("a") as console:
        for network, guest in guests.items():
            for name in ("console.log", "controller.log", "transceivers.log"):
                text = log_text(guest, name)
                if text or name != "transceivers.log":
                    console.write(f"== {network}{suffix} {name}\n{text}")
    for network, guest in guests.items():
        for what in shared_folder.copy_files(guest, "apps", folder / "apps" / f"{network}{suffix}"):
            log.warning("%s: left out: %s", folder / "apps", what)
        if pcap:
            target, said = folder / f"{network}{suffix}.pcapng", (about or {}).get(network)
            to_pcapng(guest / "capture.pcap", target, interfaces_of(guest), said)
        shared_folder.remove_all(guest)


def log_text(guest: Path, name: str) -> str:
    """The beginning of a guest's log; in words why it is not taken, where it is no file."""
    try:
        with shared_folder.opened(guest, name, most_bytes=sys.maxsize) as file:
            text = file.read(MOST_LOG_BYTES).decode(errors="replace")
            left_out = bool(file.read(1))
    except FileNotFoundError:
        return ""
    except LabError as error:
        return f"[apnemu: left out: {error}]\n"
    return f"{text}\n[apnemu: what came after {MOST_LOG_BYTES} bytes is left out]\n" if left_out else text


def interfaces_of(guest: Path) -> dict[int, str]:
    """The names of a guest's interfaces by their numbers. Raises LabError for anything else."""
    file = guest / "interfaces.json"
    try:
        names = json.loads(shared_folder.read_bytes(guest, file.name))
        return {int(index): str(name) for index, name in names.items()}
    except (FileNotFoundError, ValueError, AttributeError, RecursionError) as error:
        raise LabError(f"{file} does not name the guest's interfaces ({error}); see console.log") from error


def write_json(path: Path, document: Any) -> None:
    """Write a document for scripts and people."""
    path.write_text(json.dumps(document, indent=1) + "\n")
