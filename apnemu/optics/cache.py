"""What was computed once is kept by the hash of everything that went into it.

`$XDG_CACHE_HOME/apnemu/quality/` (or `~/.cache`): one file for each kind of fibre section, and for each route of a
network in GNPy's own files, named by a SHA-256 over all that GNPy gets, GNPy's version and this room's own
(`REVISION`). A file is written whole or not at all, several
processes may do so at once, and one that does not read back as it was written is computed again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from apnemu.optics.forms import Form
from apnemu.optics.light import Arrival, Section

Kept = TypeVar("Kept")
log = logging.getLogger(__name__)

REVISION = 1
"""Raised by hand when `line` reads GNPy's results differently."""


def cache_folder() -> Path:
    """Where results are kept; made when the first one is."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "apnemu" / "quality"


def section_key(line: Form, section: Form, spectra: tuple[Form, ...], express_loss_db: float) -> str:
    """The hash of all that a section's figures depend on."""
    everything = {
        "gnpy": version("gnpy"),
        "revision": REVISION,
        "line": line,
        "section": section,
        "spectra": spectra,
        "express_loss_db": express_loss_db,
    }
    return _digest(json.dumps(everything, sort_keys=True))


def arrival_key(fingerprint: str, stations: tuple[str, ...], spectra: tuple[Form, ...]) -> str:
    """The hash of all that light over a route of a network in GNPy's own files depends on."""
    everything = {
        "gnpy": version("gnpy"),
        "revision": REVISION,
        "network": fingerprint,
        "stations": stations,
        "spectra": spectra,
    }
    return _digest(json.dumps(everything, sort_keys=True))


def load(key: str, spectra: int, folder: Path | None = None) -> tuple[Section, ...] | None:
    """What was kept under a key, one section for each of its spectra, or None."""
    return _load(key, spectra, _section, folder)


def load_arrivals(key: str, spectra: int, folder: Path | None = None) -> tuple[Arrival, ...] | None:
    """As `load`, of light at its receiver."""
    return _load(key, spectra, _arrival, folder)


def _load(
    key: str, spectra: int, made_of: Callable[[dict[str, Any]], Kept], folder: Path | None
) -> tuple[Kept, ...] | None:
    path = (folder or cache_folder()) / f"{key}.json"
    try:
        digest, _, body = path.read_text("ascii").partition("\n")
        if digest != _digest(body):
            raise ValueError("its hash is not that of its content")
        kept = tuple(made_of(entry) for entry in json.loads(body))
        if len(kept) != spectra:
            raise ValueError(f"it has {len(kept)} spectra, not {spectra}")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s: cannot be used (%s); computed again", path, error)
        return None
    return kept


def store(key: str, made: tuple[Section, ...] | tuple[Arrival, ...], folder: Path | None = None) -> None:
    """Keeps a result; where the folder cannot be written to, it is only said."""
    target = folder or cache_folder()
    body = json.dumps([_entry(one) for one in made])
    try:
        target.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target, prefix=f"{key}.", suffix=".draft")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{_digest(body)}\n{body}")
        os.replace(draft, target / f"{key}.json")
    except OSError as error:
        log.warning("%s: signal quality is not kept (%s); the next run computes it again", target, error)


def _entry(made: Section | Arrival) -> dict[str, Any]:
    """Floats are written so that they read back as the same bits."""
    return {field.name: _plain(getattr(made, field.name)) for field in fields(made)}


def _plain(value: Any) -> Any:
    if isinstance(value, Section):
        return _entry(value)
    return value.tolist() if isinstance(value, np.ndarray) else value


def _section(entry: dict[str, Any]) -> Section:
    arrays = {name: np.asarray(value, dtype=float) for name, value in entry.items() if name != "weak_db"}
    return Section(weak_db=float(entry["weak_db"]), **arrays)


def _arrival(entry: dict[str, Any]) -> Arrival:
    arrays = {name: np.asarray(value, dtype=float) for name, value in entry.items() if name != "line"}
    return Arrival(line=_section(entry["line"]), **arrays)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
