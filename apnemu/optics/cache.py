# SPDX-License-Identifier: BSD-3-Clause
"""Cache of what GNPy computed, by the hash of everything that went into it.

The folder `$XDG_CACHE_HOME/apnemu/quality/` (or below `~/.cache`) has a file for each kind of fibre section, and for
each route of a network in GNPy's own files, named by a SHA-256 over all that GNPy gets, GNPy's version and this room's
own (`REVISION`). A file is written whole or not at all, by several processes at once if need be; a file that does not
read back as it was written is computed again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from apnemu.caches import user_cache
from apnemu.model.spectrum import Band, Bands
from apnemu.optics.forms import Form
from apnemu.optics.light import WHOLE, Arrival, Section

Kept = TypeVar("Kept")
log = logging.getLogger(__name__)

REVISION = 2
"""Version of this room's own part; raise it by hand when `line` reads GNPy's results differently."""


@lru_cache
def _gnpy() -> str:
    """GNPy's version, which is asked for with every section and takes milliseconds to look up."""
    return version("gnpy")


def cache_folder() -> Path:
    """Folder in which results are kept; the first result makes it."""
    return user_cache() / "quality"


def section_key(line: Form, section: Form, spectra: tuple[list[Form], ...], express_loss_db: float) -> str:
    """Hash of all that a section's figures depend on."""
    everything = {
        "gnpy": _gnpy(),
        "revision": REVISION,
        "line": line,
        "section": section,
        "spectra": spectra,
        "express_loss_db": express_loss_db,
    }
    return _digest(json.dumps(everything, sort_keys=True))


def arrival_key(fingerprint: str, stations: tuple[str, ...], spectra: tuple[list[Form], ...]) -> str:
    """Hash of all that light over a route of a network in GNPy's own files depends on."""
    everything = {
        "gnpy": _gnpy(),
        "revision": REVISION,
        "network": fingerprint,
        "stations": stations,
        "spectra": spectra,
    }
    return _digest(json.dumps(everything, sort_keys=True))


def load(key: str, spectra: int, folder: Path | None = None) -> tuple[Section, ...] | None:
    """Load the sections kept under a key, one for each of its spectra; None if there are none."""
    return _load(key, spectra, _section, folder)


def load_arrivals(key: str, spectra: int, folder: Path | None = None) -> tuple[Arrival, ...] | None:
    """Load light at its receiver, kept under a key, one for each spectrum; None if there is none."""
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


def bands_key(fingerprint: str) -> str:
    """Hash of all that the spectrum carried by a network in GNPy's own files depends on."""
    return _digest(json.dumps({"gnpy": _gnpy(), "revision": REVISION, "bands of": fingerprint}))


def load_bands(key: str, folder: Path | None = None) -> dict[str, Bands] | None:
    """Load the spectrum carried, by fibre, that is kept under a key; None if there is none."""
    kept = _load(
        key,
        1,
        lambda entry: {name: tuple(Band(low=a, high=b) for a, b in each) for name, each in entry.items()},
        folder,
    )
    return None if kept is None else kept[0]


def store_bands(key: str, carried: Mapping[str, Bands], folder: Path | None = None) -> None:
    """Keep the spectrum carried, by fibre."""
    _keep(key, [{name: [(band.low, band.high) for band in bands] for name, bands in carried.items()}], folder)


def store(key: str, made: tuple[Section, ...] | tuple[Arrival, ...], folder: Path | None = None) -> None:
    """Keep a result; if the folder cannot be written, the log says it and nothing else happens."""
    _keep(key, [_entry(result) for result in made], folder)


def _keep(key: str, entries: list[Any], folder: Path | None) -> None:
    target = folder or cache_folder()
    body = json.dumps(entries)
    try:
        target.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target, prefix=f"{key}.", suffix=".draft")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{_digest(body)}\n{body}")
        os.replace(draft, target / f"{key}.json")
    except OSError as error:
        log.warning("%s: signal quality is not kept (%s); the next run computes it again", target, error)


def _entry(made: Section | Arrival) -> dict[str, Any]:
    """Plain form of a result, in which floats read back as the same bits."""
    return {field.name: _plain(getattr(made, field.name)) for field in fields(made)}


def _plain(value: Any) -> Any:
    if isinstance(value, Section):
        return _entry(value)
    return value.tolist() if isinstance(value, np.ndarray) else value


def _section(entry: dict[str, Any]) -> Section:
    arrays = {name: np.asarray(value, dtype=float) for name, value in entry.items() if name not in WHOLE}
    return Section(weak_db=float(entry["weak_db"]), slots=tuple(map(int, entry["slots"])), **arrays)


def _arrival(entry: dict[str, Any]) -> Arrival:
    arrays = {name: np.asarray(value, dtype=float) for name, value in entry.items() if name != "line"}
    return Arrival(line=_section(entry["line"]), **arrays)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
