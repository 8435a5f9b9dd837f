# SPDX-License-Identifier: BSD-3-Clause
"""Numbers and names as a person reads them. Every figure, table and sentence of a report takes its words from here.

Rows, plans and pictures have ids of sites and fibres. Within `labelled`, what a person reads in place of an id is its
label. Which labels hold is a context and no argument: columns, sentences and figures of an experiment, one's own too,
are handed rows and know nothing of labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from apnemu.model.naming import shown_names
from apnemu.model.spectrum import Slot
from apnemu.units import ns_to_ms, ns_to_s, ns_to_us

NOTHING = "–"
"""Text in place of a value that is not there."""
_LABELS: ContextVar[Mapping[str, str]] = ContextVar("_LABELS", default=MappingProxyType({}))
"""What is shown in place of each id; ids without a label stand for themselves."""


@contextmanager
def labelled(pairs: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Show labels in place of ids within the block; `pairs` are all (id, label) of a plant, "" where one has none.

    >>> with labelled([("tokyo", "東京"), ("osaka", "")]):
    ...     pair("tokyo", "osaka"), named("tokyo"), plain("tokyo"), plain(["tokyo", "x"])
    ('東京–Osaka', '東京', '東京', '東京, x')
    >>> site("tokyo")
    'Tokyo'
    """
    known = list(pairs)
    shown = shown_names(known)
    token = _LABELS.set({name: shown.get(name, name) for name, _ in known} if shown else {})
    try:
        yield
    finally:
        _LABELS.reset(token)


def names_of(picture: Mapping[str, Any]) -> list[tuple[str, str]]:
    """All (id, label) of a picture's sites and fibres."""
    return [(one["name"], one.get("label", "")) for kind in ("sites", "fibres") for one in picture[kind]]


def named(name: str) -> str:
    """The label of an id that has one; else the id as it is."""
    return _LABELS.get().get(name, name)


def spelled(text: str) -> str:
    """A text of ours, such as the name of a mesh's demand or a reason, with labels in place of the ids in it.

    >>> with labelled([("tokyo", "東京"), ("tokyo-2", ""), ("osaka", "大阪")]):
    ...     spelled("mesh/tokyo-osaka"), spelled("no fibres lead from tokyo-2 to osaka")
    ('mesh/東京-大阪', 'no fibres lead from tokyo-2 to 大阪')
    """
    labels = _LABELS.get()
    if not labels:
        return text
    longest_first = sorted(labels, key=lambda name: (-len(name), name))
    return re.sub(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![a-z0-9])", _shown, text)


def _shown(found: re.Match[str]) -> str:
    return _LABELS.get()[found[0]]


def duration(ns: int | None) -> str:
    """A duration to three significant digits, in the unit that leaves one to three of them before the point.

    >>> duration(5_412_345), duration(412_300), duration(640), duration(0), duration(2_500_000_000)
    ('5.41 ms', '412 µs', '640 ns', '0 ns', '2.50 s')
    >>> duration(999_500), duration(9_996), duration(99_960), duration(999_499)
    ('1.00 ms', '10.0 µs', '100 µs', '999 µs')
    >>> duration(None), duration(-1_500), duration(36_000_000_000_000)
    ('–', '-1.50 µs', '36000 s')
    """
    if ns is None:
        return NOTHING
    if abs(ns) < 1_000:
        return f"{ns} ns"
    for unit, value in (("µs", ns_to_us(ns)), ("ms", ns_to_ms(ns))):
        if abs(round(value)) < 1_000:
            return f"{_three_digits(value)} {unit}"
    return f"{_three_digits(ns_to_s(ns))} s"


def both_ways(there_ns: int, back_ns: int | None) -> str:
    """A delay there, and back where that is another.

    >>> both_ways(244_836, 440_705), both_ways(244_836, 244_836), both_ways(244_836, None)
    ('245 µs, back 441 µs', '245 µs', '245 µs')
    """
    back = "" if back_ns in (None, there_ns) else f", back {duration(back_ns)}"
    return f"{duration(there_ns)}{back}"


def ms(ns: int | None, decimals: int = 6) -> str:
    """Milliseconds; with six decimals nothing is lost.

    >>> ms(5_412_345), ms(5_412_345, 3), ms(None)
    ('5.412345', '5.412', '–')
    """
    return NOTHING if ns is None else f"{ns_to_ms(ns):.{decimals}f}"


def us(ns: int | None) -> str:
    """Microseconds; three decimals, so that nothing is lost.

    >>> us(412_345), us(0)
    ('412.345', '0.000')
    """
    return NOTHING if ns is None else f"{ns_to_us(ns):,.3f}"


def gbps(rate: float) -> str:
    """A rate in Gbit/s, without its unit.

    >>> gbps(400.0), gbps(383.254), gbps(9.166), gbps(0.0), gbps(1600.0)
    ('400', '383', '9.17', '0', '1,600')
    """
    return f"{rate:,.0f}" if rate == round(rate) or abs(rate) >= 100 else _three_digits(rate)


def slot(n: int, m: int) -> str:
    """A slot of ITU-T G.694.1, and the middle and the width of its frequencies.

    >>> slot(-284, 4)
    'n = -284, m = 4 (191.325 THz, 50 GHz wide)'
    """
    own = Slot(n=n, m=m)
    return f"n = {n}, m = {m} ({own.centre_thz:.9g} THz, {own.width_ghz:g} GHz wide)"


def memory(size_bytes: int) -> str:
    """
    >>> memory(1_235_000_000), memory(81_400_000)
    ('1.24 GB', '81 MB')
    """
    return f"{size_bytes / 1e9:.2f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def percent(share: float | None) -> str:
    """
    >>> percent(0.9581), percent(1.0), percent(0.99999), percent(None)
    ('95.8 %', '100 %', '100.0 %', '–')
    """
    if share is None:
        return NOTHING
    return "100 %" if share == 1 else f"{100 * share:.1f} %"


def count(number: int, noun: str) -> str:
    """
    >>> count(1, "frame"), count(1234, "frame")
    ('1 frame', '1,234 frames')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def network(name: str) -> str:
    """The name of a network, or of a kind of light where kinds are compared.

    >>> network("apn"), network("packet"), network("tree"), network("other")
    ('APN', 'packet network', 'light tree', 'other')
    """
    light = {"tree": "light tree", "subcarriers": "shared subcarriers", "p2p": "lightpaths"}
    return {"apn": "APN", "packet": "packet network", **light}.get(name, name)


def site(name: str) -> str:
    """A site's label; without one its id as a proper name, if it has lower-case letters alone; else the id as it is.

    >>> site("tokyo"), site("new-york"), site("dc1"), site("NYC")
    ('Tokyo', 'New-York', 'dc1', 'NYC')
    """
    if (label := named(name)) != name:
        return label
    parts = name.split("-")
    if name.islower() and all(part.isalpha() for part in parts):
        return "-".join(part.capitalize() for part in parts)
    return name


def pair(source: str, target: str) -> str:
    """
    >>> pair("tokyo", "osaka")
    'Tokyo–Osaka'
    """
    return f"{site(source)}–{site(target)}"


def capital(text: str) -> str:
    """A sentence's first letter as a capital.

    >>> capital("at load 1 the APN dropped nothing")
    'At load 1 the APN dropped nothing'
    """
    return text[:1].upper() + text[1:]


def plain(value: Any) -> str:
    """A result's value as text; a number with a point has six significant digits, an id its label.

    >>> plain(None), plain(12345), plain(0.25), plain(True), plain(["a", "b"])
    ('–', '12,345', '0.25', 'yes', 'a, b')
    >>> plain(100.0), plain(1.407859609e-05), plain(2723530.25), plain(10_007_200.0)
    ('100.0', '1.40786e-05', '2,723,530', '10,007,200')
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float) and len(str(value)) > 8:
        return f"{value:,.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    return named(str(value))


def _three_digits(value: float) -> str:
    """A number to three significant digits, without an exponent.

    >>> _three_digits(9.996), _three_digits(99.96), _three_digits(1.5), _three_digits(1234.5)
    ('10.0', '100', '1.50', '1234')
    """
    for decimals, limit in ((2, 10), (1, 100)):
        if abs(round(value, decimals)) < limit:
            return f"{value:.{decimals}f}"
    return f"{value:.0f}"


def decade(ns: float) -> str:
    """A power of ten on an axis of durations.

    >>> [decade(ns) for ns in (0, 0.1, 1, 100, 10_000, 1_000_000, 10_000_000_000)]
    ['0', '0.1 ns', '1 ns', '100 ns', '10 µs', '1 ms', '10 s']
    """
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000), ("ns", 1)):
        if ns >= size:
            return f"{ns // size:.0f} {unit}"
    return f"{ns:g} ns" if ns else "0"
