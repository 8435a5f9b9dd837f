# SPDX-License-Identifier: BSD-3-Clause
"""Constants of nature and conversions between units: every one of them, and nothing else.

Units in names: `_ns _s _km _gbps _bps _db _ghz _thz _bytes _mw`. Durations are whole nanoseconds.
"""

from __future__ import annotations

import re
from math import sqrt
from typing import Final, NewType

VirtualNs = NewType("VirtualNs", int)
"""An instant or a duration of virtual time, in ns."""

SPEED_OF_LIGHT_M_PER_S = 299_792_458
"""Speed of light in vacuum; exact by the definition of the metre (SI, 1983)."""
NS_PER_S = 1_000_000_000
GROUP_INDEX = 1.468
"""Group index of standard single-mode fibre at 1550 nm, as GNPy takes it (`gnpy/core/parameters.py`): 4.8967 us/km."""


S_PER_DAY = 86_400
S_PER_H = 3_600
NS_PER_H = S_PER_H * NS_PER_S


def fibre_delay_ns(length_km: float, group_index: float = GROUP_INDEX) -> int:
    """Time that light takes through a fibre, to the nearest nanosecond.

    >>> fibre_delay_ns(100.0)
    489672
    >>> fibre_delay_ns(0.0)
    0
    """
    return round(length_km * 1e3 * group_index / SPEED_OF_LIGHT_M_PER_S * NS_PER_S)


def fibre_km(delay_ns: int, group_index: float = GROUP_INDEX) -> float:
    """Length of the fibre that light takes so long to pass, to the millimetre.

    >>> fibre_km(489_672), fibre_km(0)
    (99.999981, 0.0)
    """
    return round(delay_ns / NS_PER_S * SPEED_OF_LIGHT_M_PER_S / group_index / 1e3, 6)


def serialisation_ns(frame_bytes: int, rate_gbps: float) -> int:
    """Time that a frame takes to pass a transmitter, rounded down as the kernel's netem does.

    >>> serialisation_ns(1500, 10.0)
    1200
    >>> serialisation_ns(98, 100.0)
    7
    """
    return frame_bytes * NS_PER_S // gbps_to_bytes_per_s(rate_gbps)


def gbps_to_bytes_per_s(rate_gbps: float) -> int:
    """Convert Gbit/s to whole bytes per second.

    >>> gbps_to_bytes_per_s(100.0)
    12500000000
    """
    return round(rate_gbps * 1e9 / 8)


def bytes_per_s_to_gbps(bytes_per_s: float) -> float:
    """Convert bytes per second to Gbit/s.

    >>> bytes_per_s_to_gbps(12_500_000_000)
    100.0
    """
    return bytes_per_s * 8 / 1e9


def ms_to_ns(milliseconds: float) -> int:
    """Convert milliseconds to whole nanoseconds.

    >>> ms_to_ns(0.5), ms_to_ns(137_000)
    (500000, 137000000000)
    """
    return round(milliseconds * 1e6)


def s_to_ns(seconds: float) -> int:
    """Convert seconds to whole nanoseconds.

    >>> s_to_ns(0.25)
    250000000
    """
    return round(seconds * NS_PER_S)


def us_to_ns(us: float) -> int:
    """Convert microseconds to whole nanoseconds.

    >>> us_to_ns(0.125)
    125
    """
    return round(us * 1_000)


def ns_to_s(ns: int) -> float:
    """Convert nanoseconds to seconds.

    >>> ns_to_s(1_500_000_000)
    1.5
    """
    return ns / NS_PER_S


def ns_to_ms(ns: float) -> float:
    """Convert nanoseconds to milliseconds.

    >>> ns_to_ms(5_000_000)
    5.0
    """
    return ns / 1e6


def ns_to_us(ns: float) -> float:
    """Convert nanoseconds to microseconds.

    >>> ns_to_us(1_500)
    1.5
    """
    return ns / 1e3


def ghz_to_hz(ghz: float) -> float:
    """Convert GHz to Hz.

    >>> ghz_to_hz(6.25)
    6250000000.0
    """
    return ghz * 1e9


def thz_to_hz(thz: float) -> float:
    """Convert THz to whole Hz: centres and edges on the grid are multiples of 6.25 GHz.

    >>> thz_to_hz(191.35)
    191350000000000.0
    """
    return float(round(thz * 1e12))


def hz_to_thz(hz: float) -> float:
    """Hertz to terahertz.

    >>> hz_to_thz(193.1e12)
    193.1
    """
    return hz / 1e12


def dispersion_to_si(ps_per_nm_km: float) -> float:
    """Convert chromatic dispersion from ps/(nm km) to s/m2.

    >>> round(dispersion_to_si(16.7), 12)
    1.67e-05
    """
    return ps_per_nm_km * 1e-6


def pmd_to_si(ps_per_sqrt_km: float) -> float:
    """Convert polarisation mode dispersion from ps/sqrt(km) to s/sqrt(m).

    >>> round(pmd_to_si(0.04), 18)
    1.265e-15
    """
    return ps_per_sqrt_km * 1e-12 / sqrt(1e3)


def um2_to_m2(um2: float) -> float:
    """Convert square micrometres to square metres.

    >>> um2_to_m2(80.0)
    8e-11
    """
    return um2 * 1e-12


def ps_to_s(ps: float) -> float:
    """Convert picoseconds to seconds.

    >>> ps_to_s(3.0)
    3e-12
    """
    return ps * 1e-12


def gbps_to_bps(rate_gbps: float) -> float:
    """Convert Gbit/s to bit/s.

    >>> gbps_to_bps(400.0)
    400000000000.0
    """
    return rate_gbps * 1e9


def bps_to_gbps(rate_bps: float) -> float:
    """Bit/s to Gbit/s.

    >>> bps_to_gbps(100e9)
    100.0
    """
    return rate_bps / 1e9


def carried_gbps(count_bytes: int, duration_ns: int) -> float:
    """The rate at which bytes were carried, to the kbit/s: bits per ns are Gbit/s. No time, no rate.

    >>> carried_gbps(50_000_000, 1_000_000)
    400.0
    """
    return round(8 * count_bytes / duration_ns, 6) if duration_ns else 0.0


def s_to_h(seconds: float) -> float:
    """Convert seconds to hours.

    >>> s_to_h(1800)
    0.5
    """
    return seconds / 3600


def joules_to_mwh(joules: float) -> float:
    """Convert joules to MWh.

    >>> joules_to_mwh(3.6e9)
    1.0
    """
    return joules / 3.6e9


def clock_to_s(clock: str) -> int:
    """Convert hours and minutes after midnight to seconds; the hours may go on into the next day.

    >>> clock_to_s("09:30"), clock_to_s("33:00")
    (34200, 118800)
    """
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def kg_to_t(kilograms: float) -> float:
    """Convert kilograms to tonnes.

    >>> kg_to_t(1500)
    1.5
    """
    return kilograms / 1e3


UNITS_S: Final = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
LONGEST_S: Final = 10 * 365 * 86_400
"""Longest duration that is read."""
_DURATION: Final = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)\s*([a-z]*)", re.ASCII)


def duration_ns(text: str) -> int:
    """Read a duration, such as `10s`, `5min`, `200ms`, or a number of seconds. Raises ValueError for any other text.

    >>> duration_ns("10s"), duration_ns("1.5 ms"), duration_ns("2"), duration_ns("12345678901234567 ns")
    (10000000000, 1500000, 2000000000, 12345678901234567)
    """
    found = _DURATION.fullmatch(text.strip())
    if found and (found[2] or "s") in UNITS_S:
        length_s = float(found[1]) * UNITS_S[found[2] or "s"]
        if length_s <= LONGEST_S:
            return int(found[1]) if found[2] == "ns" and found[1].isdecimal() else s_to_ns(length_s)
    raise ValueError(f"'{text}' is no duration; it must be a number with one of {', '.join(UNITS_S)}, for example 10s")
