"""The directory of a run: made, written, tidied up. Nothing outside it is touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from apnemu.errors import InputError
from apnemu.records.pcapng import to_pcapng


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
    return made(new_folder(stem), "--out")


def new_folder(stem: str) -> Path:
    """The first of runs/STEM-1, runs/STEM-2, ... that is not there."""
    number = 1
    while (Path("runs") / f"{stem}-{number}").exists():
        number += 1
    return Path("runs") / f"{stem}-{number}"


def made(folder: Path, option: str) -> Path:
    """The folder, made if it is not there. Raises InputError; `option` is what names another one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror}; give another folder", file=option) from error
    return folder


def collect(folder: Path, guests: Mapping[str, Path], suffix: str, *, pcap: bool) -> None:
    """From the guests' folders (network -> folder) to the run's own files; the guests' folders go."""
    with (folder / "console.log").open("a") as log:
        for network, guest in guests.items():
            failed = [log.name for log in (guest / "transceivers.log",) if log.is_file() and log.stat().st_size]
            for name in ("console.log", "controller.log", *failed):
                log.write(f"== {network}{suffix} {name}\n")
                if (guest / name).is_file():
                    log.write((guest / name).read_text(errors="replace"))
    for network, guest in guests.items():
        if (guest / "apps").is_dir():
            shutil.copytree(guest / "apps", folder / "apps" / f"{network}{suffix}")
        if pcap:
            names = json.loads((guest / "interfaces.json").read_text())
            found = {int(index): name for index, name in names.items()}
            to_pcapng(guest / "capture.pcap", folder / f"{network}{suffix}.pcapng", found)
        shutil.rmtree(guest)


def write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n")


def report_all(target: Path, folders: Sequence[Path]) -> Path:
    """One page in `target` for several runs; the first one's picture; each kind of clock is a part of its own.

    Raises InputError for what is no run, and for a `target` that cannot be made.
    """
    from apnemu.report.page import write_page  # half of what `apnemu --help` would import

    found: list[dict[str, Any]] = []
    for folder in folders:
        document = {**_written(folder, "results.json", "experiment", "time", "results"), "run_dir": str(folder)}
        kinds = document["time"].split(",")
        found += [{**document, "time": kind, "results": _of_clock(document["results"], kind)} for kind in kinds]
    picture = _written(folders[0], "blueprint.json", "picture")["picture"]
    return write_page(made(target, "--out"), found, picture)


def _written(folder: Path, name: str, *keys: str) -> dict[str, Any]:
    """What a run wrote. Raises InputError where it is not there or is no such thing."""
    whose = f"{folder} is not the directory of a run that ended"
    if not (folder / name).is_file():
        raise InputError(f"{whose}: it has no {name}; give one of apnemu run", file="RUN_DIR")
    try:
        document = json.loads((folder / name).read_text())
    except ValueError as error:
        raise InputError(f"{whose}: its {name} is no JSON ({error}); run it again", file="RUN_DIR") from error
    if not isinstance(document, dict) or not document.keys() >= set(keys):
        raise InputError(f"{whose}: its {name} has no {', '.join(keys)}; run it again", file="RUN_DIR")
    return document


def _of_clock(rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in row.items() if key != "time"} for row in rows if row.get("time", kind) == kind
    ]
