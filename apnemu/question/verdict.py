# SPDX-License-Identifier: BSD-3-Clause
"""Whether what was expected before the run came true: what was judged, what failed, and the worst of it.

A verdict over nothing is neither true nor false. An experiment states for each row what it claims of it (`Claim`); a
row of which nothing was expected, such as the packet network's where the expectation is about the APN, is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apnemu.errors import InputError
from apnemu.report import words

Row = Mapping[str, Any]
MANY = 1e6
"""Figures from which on all digits before the point are told: money, bytes."""
RARE = 1e-6
"""Probability with which what is as declared is taken for something else, in one row: a run has hundreds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Figure of a row beside what was expected of it.

    `measured` and `expected` are words for a person. `excess` tells how far beyond its limit the figure lies, in
    tolerances: the greatest names the worst row.
    """

    what: str
    measured: str
    expected: str
    held: bool
    excess: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Verdict over results: the number of rows judged, the keys of those that failed, and why, in a sentence."""

    judged: int
    failed: tuple[Mapping[str, Any], ...] = ()
    why: str = ""

    @property
    def met(self) -> bool | None:
        """True if everything judged held, False if not, None where nothing was judged."""
        return None if self.judged == 0 else not self.failed

    def to_json(self) -> dict[str, Any]:
        """The part of a run's document that says whether the expectation came true."""
        return {
            "met": self.met,
            "judged": self.judged,
            "failed": [dict(key) for key in self.failed],
            "why": self.why,
        }


def judge_rows(
    rows: Sequence[Row],
    claims_of: Callable[[Row], Iterable[Claim] | Claim | None],
    key: Sequence[str],
    *,
    about: str = "",
) -> Verdict:
    """The verdict over rows, each judged by its own claims; `key` are the columns that identify a row.

    `about` says which rows the expectation is about, for the case that there are none.

    >>> def claims(row):
    ...     return [at_most("jitter", row["jitter_ns"], 50, "ns")] if row["network"] == "apn" else []
    >>> rows = [{"network": "apn", "jitter_ns": 4}, {"network": "apn", "jitter_ns": 75}, {"network": "packet"}]
    >>> judge_rows(rows, claims, ("network", "jitter_ns")).why
    '1 of 2 rows judged; the worst (APN, jitter_ns 75): jitter 75 ns, expected at most 50 ns'
    >>> judge_rows(rows[2:], claims, ("network",), about="the APN").why
    'nothing to judge: none of 1 row is about the APN'
    """
    judged = [(row, _claims(claims_of(row))) for row in rows]
    return verdict_of([(row, claims) for row, claims in judged if claims], key, rows=len(rows), about=about)


def _claims(made: Iterable[Claim] | Claim | None) -> list[Claim]:
    """The claims about a row, as functions of different people return none, one or several."""
    claims = [made] if isinstance(made, Claim) else list(made or ())
    for claim in claims:
        if not isinstance(claim, Claim):
            raise InputError(f"a claim is {claim!r:.60}; it must be a Claim, such as at_most(what, measured, limit)")
    return claims


def verdict_of(
    judged: Sequence[tuple[Row, Sequence[Claim]]], key: Sequence[str], *, rows: int, about: str = ""
) -> Verdict:
    """The verdict over rows with their claims; `rows` is how many results there are in all."""
    if not judged:
        whose = f"none of {words.count(rows, 'row')} is about {about or 'what was expected'}" if rows else "no rows"
        return Verdict(judged=0, why=f"nothing to judge: {whose}")
    broken = [(row, claim) for row, claims in judged for claim in claims if not claim.held]
    failed = {id(row): row for row, _ in broken}
    if not broken:
        return Verdict(judged=len(judged), why=f"{words.count(len(judged), 'row')} judged, all as expected")
    row, claim = max(broken, key=lambda pair: pair[1].excess)
    worst = f"{claim.what} {claim.measured}, expected {claim.expected}"
    place = named(row, key)
    where = f" ({place})" if place else ""
    return Verdict(
        judged=len(judged),
        failed=tuple({name: row.get(name) for name in key} for row in failed.values()),
        why=f"{len(failed)} of {words.count(len(judged), 'row')} judged; the worst{where}: {worst}",
    )


def named(row: Row, key: Sequence[str]) -> str:
    """The values that identify a row, in words.

    >>> named({"from": "tokyo", "to": "osaka", "network": "apn", "load": 0.5}, ("from", "to", "network", "load"))
    'Tokyo–Osaka, APN, load 0.5'
    """
    parts = []
    if {"from", "to"} <= {*key} and row.get("from") and row.get("to"):
        parts.append(words.pair(row["from"], row["to"]))
    for name in key:
        if name == "network":
            parts.append(words.network(words.plain(row.get(name))))
        elif name not in ("from", "to") or not parts:
            parts.append(f"{name} {words.plain(row.get(name))}")
    return ", ".join(parts)


def near(what: str, measured: float | None, expected: float | None, within: float, unit: str = "") -> Claim:
    """Claim that a figure lies within `within` of what was expected."""
    if measured is None or expected is None:
        return _missing(what, measured, unit)
    off = abs(measured - expected)
    told, wanted = told_apart(measured, expected, unit)
    return Claim(
        what=what,
        measured=told,
        expected=f"{wanted} within {quantity(within, unit)}",
        held=off <= within,
        excess=off / within if within else off,
    )


def near_share(what: str, measured: float | None, expected: float | None, share: float, unit: str = "") -> Claim:
    """Claim that a figure lies within a share of what was expected."""
    if measured is None or expected is None:
        return _missing(what, measured, unit)
    off = abs(measured / expected - 1) if expected else float(measured != expected)
    return Claim(
        what=what,
        measured=quantity(measured, unit),
        expected=f"{quantity(expected, unit)} within {100 * share:g} %",
        held=off <= share,
        excess=off / share if share else off,
    )


def at_most(what: str, measured: float | None, limit: float | None, unit: str = "") -> Claim:
    """Claim that a figure is not above a limit."""
    if measured is None or limit is None:
        return _missing(what, measured, unit)
    told, most = told_apart(measured, limit, unit)
    return Claim(
        what=what,
        measured=told,
        expected=f"at most {most}" if limit else quantity(0, unit),
        held=measured <= limit,
        excess=measured / limit if limit > 0 else max(0.0, measured - limit) + 1,
    )


def at_least(what: str, measured: float | None, limit: float | None, unit: str = "") -> Claim:
    """Claim that a figure is not below a limit."""
    if measured is None or limit is None:
        return _missing(what, measured, unit)
    told, least = told_apart(measured, limit, unit)
    return Claim(
        what=what,
        measured=told,
        expected=f"at least {least}",
        held=measured >= limit,
        excess=limit / measured if measured > 0 else float("inf"),
    )


def by_chance(what: str, measured: int, trials: int, probability: float) -> Claim:
    """Claim that so many of independent trials came out as chance allows: within the binomial distribution's middle
    1 - 1e-6.

    >>> by_chance("probes lost", 9, 1000, 0.01).held, by_chance("probes lost", 40, 1000, 0.01).expected
    (True, '0 to 29 of 1,000')
    """
    from scipy.stats import binom  # type: ignore[import-untyped]  # half a second, and most runs have no chance in them

    low, high = (int(binom.ppf(share, trials, probability)) for share in (RARE / 2, 1 - RARE / 2))
    off = max(low - measured, measured - high, 0)
    return Claim(
        what=what,
        measured=f"{measured:,}",
        expected=f"{low:,} to {high:,} of {trials:,}",
        held=not off,
        excess=1 + off / max(1, high - low) if off else 0.0,
    )


def same(what: str, measured: Any, expected: Any) -> Claim:
    """Claim that a value is equal to what was expected."""
    held = bool(measured == expected)
    return Claim(
        what=what,
        measured=words.plain(measured),
        expected=words.plain(expected),
        held=held,
        excess=0.0 if held else float("inf"),
    )


def missing(what: str) -> Claim:
    """Claim on a figure that was not measured: it never holds."""
    return Claim(what=what, measured="was not measured", expected="a value", held=False, excess=float("inf"))


def _missing(what: str, measured: float | None, unit: str) -> Claim:
    """Claim on a figure that has no value, or nothing to be held against: it never holds."""
    if measured is None:
        return missing(what)
    told = quantity(measured, unit)
    return Claim(what=what, measured=told, expected="a value that is not known", held=False, excess=float("inf"))


def told_apart(measured: float, expected: float, unit: str) -> tuple[str, str]:
    """Two values in their unit; exact where few digits would make both read alike.

    >>> told_apart(5_443_210, 5_442_210, "ns"), told_apart(6_080_000, 5_440_000, "ns"), told_apart(5, 5, "ns")
    (('5,443,210 ns', '5,442,210 ns'), ('6.08 ms', '5.44 ms'), ('5 ns', '5 ns'))
    >>> told_apart(0.87996, 0.88, "share"), told_apart(21.7183001, 21.7183, "dB")
    (('87.996 %', '88 %'), ('21.7183001 dB', '21.7183 dB'))
    """
    few = quantity(measured, unit), quantity(expected, unit)
    if measured == expected or few[0] != few[1]:
        return few
    if unit == "ns":
        return f"{measured:,} ns", f"{expected:,} ns"
    times, sign = (100, "%") if unit == "share" else (1, unit)
    return f"{times * measured:.12g} {sign}".rstrip(), f"{times * expected:.12g} {sign}".rstrip()


def quantity(value: float, unit: str) -> str:
    """A value in its unit; "ns" is a duration, "share" a percentage.

    >>> quantity(1_500, "ns"), quantity(0.05, "share"), quantity(95.5, "Gbit/s"), quantity(12, "frames")
    ('1.50 µs', '5.0 %', '95.5 Gbit/s', '12 frames')
    >>> quantity(126_412_345.6, "yen")
    '126,412,346 yen'
    """
    if unit == "ns":
        return words.duration(round(value))
    if unit == "share":
        return words.percent(value)
    if MANY <= abs(value) < float("inf"):
        return f"{value:,.0f} {unit}".rstrip()
    return f"{value:,.6g} {unit}".rstrip()
