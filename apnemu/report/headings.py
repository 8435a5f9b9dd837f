# SPDX-License-Identifier: BSD-3-Clause
"""Names of columns as a person reads them: words and a unit, made of the name, in which the unit stands.

A column that its experiment describes has the heading that it is given there; all others, those of somebody's own
experiment too, are read here. The name itself stays in the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apnemu.report.language import ENGLISH, current, heard

UNITS = {
    "ns": "ns",
    "us": "µs",
    "ms": "ms",
    "s": "s",
    "h": "h",
    "years": "years",
    "gbps": "Gbit/s",
    "mbps": "Mbit/s",
    "bps": "bit/s",
    "hz": "Hz",
    "ghz": "GHz",
    "thz": "THz",
    "nm": "nm",
    "m": "m",
    "km": "km",
    "db": "dB",
    "dbm": "dBm",
    "ps": "ps",
    "bytes": "bytes",
    "kb": "kB",
    "tb": "TB",
    "w": "W",
    "kw": "kW",
    "mw": "MW",
    "wh": "Wh",
    "mwh": "MWh",
    "yen": "yen",
    "percent": "%",
    "share": "share",
    "erlang": "erlang",
}
"""Unit by the part of a name that stands for it; "ns" is shown as a duration, "share" in per cent."""
SAID = {
    "p50": "median",
    "p99": "99th percentile",
    "min": "least",
    "max": "greatest",
    "rtt": "round trip",
    "ci95": "half width of 95 %",
    "fct": "flow's time",
    "tco2": "t of CO2",
    "dcn": "of it DCN",
}
"""Words for parts of names that are none."""
LADDERS = {
    "ns": ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")),
    "bytes": ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes")),
    "share": ((0.01, "%"),),
}
"""Sizes of a unit's multiples, the greatest first: values that stand together are shown in one of them."""
MOST_DECIMALS = 15
MOST_FLOAT = 1e300
"""A whole number above it may be too large for a float."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a column's name says: what is measured, in words, and in which unit ("" for a bare number)."""

    what: str
    unit: str

    def heading(self, unit: str = "") -> str:
        """The words, and the unit in which values stand.

        >>> measure_of("rtt_ns_p50").heading("ms"), measure_of("frames").heading(), measure_of("mw").heading("MW")
        ('round trip median, ms', 'frames', 'MW')
        """
        return ", ".join(filter(None, (self.what, unit)))


def measure_of(name: str) -> Measure:
    """What a column's name says of its numbers.

    >>> measure_of("predicted_outage_ns"), measure_of("commits_per_s"), measure_of("dispersion_ps_per_nm")
    (Measure(what='predicted outage', unit='ns'), Measure(what='commits', unit='/s'), \
Measure(what='dispersion', unit='ps/nm'))
    >>> measure_of("missed_share"), measure_of("sites_per_job"), measure_of("dirty_bytes_per_s").unit
    (Measure(what='missed', unit='share'), Measure(what='sites per job', unit=''), 'bytes/s')
    """
    parts = [part for part in name.split("_") if part]
    at = next((index for index in reversed(range(len(parts))) if parts[index] in UNITS), None)
    if at is None:
        return Measure(_words(parts), "")
    first, unit = at, UNITS[parts[at]]
    if at >= 2 and parts[at - 1] == "per":
        above = UNITS.get(parts[at - 2], "")
        first, unit = (at - 2 if above else at - 1), f"{above}/{unit}"
    return Measure(_words([*parts[:first], *parts[at + 1 :]]), unit)


def named(name: str) -> str:
    """A name of several parts in words; of a setting or of a column that holds no number.

    >>> named("congestion_control"), named("from")
    ('congestion control', 'from')
    """
    return _words([part for part in name.split("_") if part]) or name


def _words(parts: Sequence[str]) -> str:
    """Parts of a name in words; in another language as many parts together as its catalogue has.

    >>> from apnemu.report.language import spoken
    >>> with spoken("ja"):
    ...     measure_of("predicted_rtt_ns").what, measure_of("one_way_ns_p50").what
    ('予測往復', '片道中央値')
    """
    words = [SAID.get(part, part) for part in parts]
    if current() == ENGLISH:
        return " ".join(words)
    said = ""
    while words:
        phrases = [(count, " ".join(words[:count])) for count in range(len(words), 0, -1)]
        count, phrase = next(((count, phrase) for count, phrase in phrases if heard(phrase) != phrase), phrases[-1])
        said, words = said + heard(phrase), words[count:]
    return said


def shown_unit(unit: str, values: Sequence[float]) -> tuple[float, str]:
    """Size and name of the multiple of a unit in which values are shown together: that of the greatest.

    >>> shown_unit("ns", [5_443_520, 12]), shown_unit("share", [0.5]), shown_unit("km", [3.0]), shown_unit("ns", [])
    ((1000000.0, 'ms'), (0.01, '%'), (1.0, 'km'), (1.0, 'ns'))
    """
    ladder = LADDERS.get(unit, ((1.0, unit),))
    most = max((abs(value) for value in values), default=0.0)
    return next((step for step in ladder if most >= step[0]), ladder[-1])


def exact(value: float, size: float) -> str:
    """A value over the size of its multiple; of a whole number nothing is lost, of another six digits are shown.

    >>> exact(5_443_520, 1e6), exact(1_000_000, 1e6), exact(0.9581, 0.01), exact(12, 1.0), exact(2.5e-7, 1.0)
    ('5.443520', '1.000000', '95.81', '12', '2.5e-07')
    >>> exact(10**400, 1.0), exact(float("inf"), 1.0)
    ('1.00000e+400', 'inf')
    """
    if MOST_FLOAT < abs(value) < float("inf"):
        return f"{Decimal(value):.6g}"
    if isinstance(value, int):
        decimals = {1e3: 3, 1e6: 6, 1e9: 9, 1e12: 12}.get(size, 0)
        return f"{value / size:,.{decimals}f}" if decimals else f"{value / size:,.15g}"
    over = value / size
    return f"{over:,.0f}" if 1e6 <= abs(over) < 1e15 else f"{over:,.6g}"


def told(values: Sequence[float | None], unit: str) -> list[str]:
    """Values in one unit, with as many digits as tell them apart and at least three; None is empty.

    >>> told([5_443_520, 6_080_000], "ns"), told([5_443_520, 5_443_521], "ns"), told([0.5, None], "share")
    (['5.44 ms', '6.08 ms'], ['5.443520 ms', '5.443521 ms'], ['50.0 %', ''])
    >>> told([3, 12], ""), told([0.25, 0.125], ""), told([1.5e9, 2.0], "yen"), told([1e-30, 2e-30], "")
    (['3', '12'], ['0.250', '0.125'], ['1,500,000,000 yen', '2 yen'], ['1e-30', '2e-30'])
    """
    known = [value for value in values if value is not None]
    size, name = shown_unit(unit, known)
    over = {value: value / size for value in known}
    most = max((abs(value) for value in over.values()), default=0.0)
    if most and (most < 1e-6 or most >= 1e15):
        texts = {value: f"{share:.6g}" for value, share in over.items()}
    else:
        whole = size == 1.0 and all(value == int(value) for value in known)
        decimals = 0 if whole or most >= 100 else 1 if most >= 10 else 2 if most >= 1 else _small(most)
        while True:
            texts = {value: f"{share:,.{decimals}f}" for value, share in over.items()}
            if len(set(texts.values())) == len(texts) or decimals >= MOST_DECIMALS:
                break
            decimals += 1
    return ["" if value is None else f"{texts[value]} {name}".rstrip() for value in values]


def _small(most: float) -> int:
    """Decimals that show three digits of a value below 1.

    >>> _small(0.25), _small(0.025), _small(0.0)
    (3, 4, 0)
    """
    decimals = 3
    while most and most * 10 ** (decimals - 2) < 1:
        decimals += 1
    return decimals if most else 0
