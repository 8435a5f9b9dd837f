# SPDX-License-Identifier: BSD-3-Clause
"""Directory of a run: made, written, tidied up. Nothing outside it is touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from apnemu.errors import InputError
from apnemu.records.pcapng import to_pcapng

OWN_EXPERIMENT = "experiment.py"
"""Name of the copy that a run keeps of an experiment of somebody's own."""


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


def collect(folder: Path, guests: Mapping[str, Path], suffix: str, *, pcap: bool) -> None:
    """Move what is kept of the guests' folders (network -> folder) into the run's own files; the folders go."""
    with (folder / "console.log").open("a") as log:
        for network, guest in guests.items():
            for name in ("console.log", "controller.log", "transceivers.log"):
                text = (guest / name).read_text(errors="replace") if (guest / name).is_file() else ""
                if text or name != "transceivers.log":
                    log.write(f"== {network}{suffix} {name}\n{text}")
    for network, guest in guests.items():
        if (guest / "apps").is_dir():
            shutil.copytree(guest / "apps", folder / "apps" / f"{network}{suffix}")
        if pcap:
            names = json.loads((guest / "interfaces.json").read_text())
            interfaces = {int(index): name for index, name in names.items()}
            to_pcapng(guest / "capture.pcap", folder / f"{network}{suffix}.pcapng", interfaces)
        shutil.rmtree(guest)


def write_json(path: Path, document: Any) -> None:
    """Write a document for scripts and people."""
    path.write_text(json.dumps(document, indent=1) + "\n")
