# SPDX-License-Identifier: BSD-3-Clause
"""Intake of somebody's files in GNPy's form: their shape is looked at, and a child puts them into GNPy's older form.

GNPy takes a document apart on the belief that it is one of its own, and hands it to a library in C: what is missing
shows as a TypeError deep in it, as a crash, or as a loop over a million spans. So each thing that GNPy relies on is
looked for here first, and said in one line.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from apnemu.errors import InputError
from apnemu.escapes import brief
from apnemu.optics.forms import Form

KINDS = ("Transceiver", "Roadm", "Fiber", "RamanFiber", "Edfa", "Multiband_amplifier", "Fused")
"""Types of element that GNPy knows."""
YANG_NETWORK = "gnpy-network-topology:topology"
MOST_KM = 20_000
"""Longest fibre: half the Earth."""
MOST_BYTES = 256_000_000
MOST_LEVELS = 40
MOST_CHANNELS = 20_000
KM = {"km": 1.0, "m": 1e-3}
CHILD = Path(__file__).with_name("yang.py")
CHILD_S = 300
"""Wall-clock seconds that the child may take."""


def read_json(path: Path) -> Form:
    """The document in a file: a mapping of plain, finite values.

    Raises:
        InputError: the file cannot be read, is no JSON, or is no such mapping.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            _refuse(path, f"the file is longer than the limit of {MOST_BYTES} bytes; divide the network")
        document = json.loads(data.decode("utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}; mend the syntax", file=str(path), line=error.lineno) from error
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8; save the file as UTF-8", file=str(path)) from error
    except RecursionError:
        raise InputError("nested too deep; GNPy's files have 10 levels; flatten it", file=str(path)) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}; give the path of a readable file", file=str(path)) from error
    if not isinstance(document, dict):
        _refuse(path, f"the file holds {brief(document)}; GNPy's files hold a mapping; give one of these")
    _plain(path, document, "the file", 1)
    return document


def network(path: Path) -> Form:
    """A network in GNPy's older form, in which every connection has two ends that are there.

    Raises:
        InputError: what is missing, by the element or the connection; or GNPy refuses the document.
    """
    document = read_json(path)
    inner = document.get(YANG_NETWORK, document)
    if not isinstance(inner, dict):
        _refuse(path, f"{YANG_NETWORK} is {brief(inner)}; it must be a mapping; give a network of GNPy's")
    known = _elements(path, inner)
    for number, connection in enumerate(_list(path, inner, "connections"), 1):
        for end in ("from_node", "to_node"):
            uid = connection.get(end) if isinstance(connection, dict) else None
            if not isinstance(uid, str):
                _refuse(
                    path,
                    f"connection {number} has {brief(uid)} as its {end}; it must be an element's uid; name both",
                )
            if uid not in known:
                _refuse(
                    path,
                    f"connection {number} has the {end} {uid!r}; there is no such element; add it, or name another",
                )
    return older(path, document)


def equipment(path: Path) -> Form:
    """An equipment library in GNPy's older form. Raises InputError."""
    document = older(path, read_json(path))
    for load in document.get("SI") or ():
        values = [load.get(key) for key in ("f_min", "f_max", "spacing")] if isinstance(load, dict) else []
        numbers = [value for value in values if isinstance(value, int | float)]
        if len(numbers) == 3:
            low, high, spacing = numbers
            if not (0 < low <= high and spacing > 0 and (high - low) / spacing <= MOST_CHANNELS):
                _refuse(
                    path,
                    f"SI has f_min {low:g}, f_max {high:g}, spacing {spacing:g}; a band has 1 to {MOST_CHANNELS}"
                    " channels; give Hz",
                )
    return document


def spectrum(path: Path) -> list[Form]:
    """Partitions of a spectrum file, each with `f_min`, `f_max` (centres of its channels) and `slot_width` in Hz.

    Raises:
        InputError: a partition lacks one of these or has no channel; or GNPy refuses the document.
    """
    parts = _list(path, older(path, read_json(path)), "spectrum")
    for number, part in enumerate(parts, 1):
        values = [part.get(key) for key in ("f_min", "f_max", "slot_width")] if isinstance(part, dict) else []
        numbers = [value for value in values if isinstance(value, int | float)]
        if len(numbers) < 3:
            _refuse(path, f"partition {number} has no numbers f_min, f_max and slot_width; give them in Hz")
        low, high, width = numbers
        if not (0 < low <= high and width > 0 and (high - low) / width <= MOST_CHANNELS):
            _refuse(
                path,
                f"partition {number} has f_min {low:g}, f_max {high:g}, slot_width {width:g}; it must have 1 to"
                f" {MOST_CHANNELS} channels; give Hz",
            )
    if not parts:
        _refuse(path, "spectrum is empty; it must have a partition; give one")
    return parts


def services(path: Path) -> list[Form]:
    """Requests of a services file, each with a `request-id`, `source` and `destination`, texts. Raises InputError."""
    requests = _list(path, older(path, read_json(path)), "path-request")
    for number, request in enumerate(requests, 1):
        for key in ("request-id", "source", "destination"):
            value = request.get(key) if isinstance(request, dict) else None
            if not isinstance(value, str):
                _refuse(path, f"request {number} has {brief(value)} as its {key}; it must be a text; give it")
    return requests


def older(path: Path, document: Form) -> Form:
    """The document in GNPy's older form, by GNPy's own reader in a child.

    Raises:
        InputError: GNPy refuses the document, or its reader crashes on it.
    """
    try:
        ran = subprocess.run(
            [sys.executable, "-P", str(CHILD)],
            input=json.dumps(document).encode(),
            capture_output=True,
            timeout=CHILD_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _refuse(path, f"GNPy's reader takes more than {CHILD_S} s over it; give a smaller file")
    if ran.returncode:
        said = [line for line in ran.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        ended = f"its reader ended by {signal.Signals(-ran.returncode).name}" if ran.returncode < 0 else ""
        why = ": ".join(filter(None, (ended, said[-1][:300] if said else "")))
        _refuse(path, f"GNPy refuses it: {why}; give a file that GNPy's command line takes")
    form: Form = json.loads(ran.stdout)
    return form


def _elements(path: Path, inner: Form) -> set[str]:
    """The elements' uids."""
    known: set[str] = set()
    for number, element in enumerate(_list(path, inner, "elements"), 1):
        if not isinstance(element, dict) or not isinstance(element.get("uid"), str):
            _refuse(
                path, f"element {number} is {brief(element)} without a uid; it must have a uid, a text; give it one"
            )
        uid = element["uid"]
        if uid in known:
            _refuse(path, f"element {number} has the uid {uid!r}, which comes twice; uids must differ; rename one")
        if element.get("type") not in KINDS:
            kinds = ", ".join(KINDS)
            _refuse(path, f"element {uid!r} has the type {brief(element.get('type'))}; it must be one of {kinds}")
        if element["type"] in ("Fiber", "RamanFiber"):
            _fibre(path, uid, element.get("params"))
        known.add(uid)
    return known


def _fibre(path: Path, uid: str, params: Any) -> None:
    length = params.get("length") if isinstance(params, dict) else None
    unit = (params.get("length_units") or "km") if isinstance(params, dict) else "km"
    try:
        km = float(length) * KM[unit]  # type: ignore[arg-type]  # None and lists end in TypeError
    except (TypeError, ValueError, KeyError):
        _refuse(path, f"fibre {uid!r} has the length {brief(length)} {unit}; it must be a number in km or m; give it")
    if not 0 <= km <= MOST_KM:
        _refuse(path, f"fibre {uid!r} has a length of {km:g} km; it must be from 0 to {MOST_KM}; give km")


def _list(path: Path, inner: Form, key: str) -> list[Any]:
    value = inner.get(key)
    if not isinstance(value, list):
        _refuse(
            path, f"{key} is {brief(value)}; it must be a list; give a network in GNPy's form, or let GNPy write it"
        )
    return value


def _plain(path: Path, value: object, where: str, level: int) -> None:
    """Refuse numbers that are none, and nesting without end."""
    if level > MOST_LEVELS:
        _refuse(path, f"{where} is nested in more than {MOST_LEVELS} levels; GNPy's files have 10; flatten it")
    if isinstance(value, float) and not isfinite(value):
        _refuse(path, f"{where} is {value}; it must be a finite number; give one")
    if isinstance(value, int) and abs(value) > 10**18:
        _refuse(path, f"{where} is a whole number of more than 18 digits; it must be below 10^18; give another unit")
    inner = value.items() if isinstance(value, Mapping) else enumerate(value, 1) if isinstance(value, list) else ()
    for key, below in inner:
        _plain(path, below, f"{str(key)[:60]} in {where[:120]}", level + 1)


def _refuse(path: Path, message: str) -> NoReturn:
    raise InputError(message, file=str(path))
