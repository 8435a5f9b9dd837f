# SPDX-License-Identifier: BSD-3-Clause
"""The formula of topologies/power/japan-day.csv; `python -m tests.power.japan_day` writes the file again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import cos, pi, sin
from pathlib import Path

FILE = Path(__file__).parents[2] / "topologies" / "power" / "japan-day.csv"
SLOTS = 48
AREAS: dict[str, tuple[float, float, float, float, float]] = {
    # mean demand MW, sun at noon MW, wind MW, price beside Tokyo's, share of what is thrown away
    "hokkaido": (3300, 1200, 500, 0.98, 0.03),
    "tohoku": (9000, 4500, 1200, 0.94, 0.12),
    "tokyo": (32000, 11000, 300, 1.00, 0.0),
    "chubu": (14800, 6500, 200, 0.95, 0.02),
    "hokuriku": (3300, 700, 150, 0.93, 0.01),
    "kansai": (16000, 4200, 100, 0.93, 0.0),
    "chugoku": (6800, 4000, 200, 0.91, 0.11),
    "shikoku": (3000, 2000, 150, 0.90, 0.06),
    "kyushu": (9600, 8000, 300, 0.86, 0.65),
    "okinawa": (900, 250, 20, 1.10, 0.0),
}
CLOUDLESS = (0.85, 1.0, 0.9)
THROWN_AWAY_MWH = 1.9e6 / 365
"""Curtailment of sun and wind of a mean day: 1.9 TWh in fiscal 2023."""
TOKYO_YEN_PER_MWH = 12_260
"""Mean price of Tokyo in fiscal 2025."""
LEAST_YEN_PER_MWH = 10
"""The least price that the market knows, 0.01 yen/kWh; it holds where power is thrown away."""
HEAD = """\
# Three made-up days of Japan's ten areas in half hours; no measured row is in it. Of each slot, h hours after midnight:
#   sun = max(0, sin(pi (h - 6) / 12)) x day, where day is 0.85, 1 and 0.9
#   demand = mean x (1 + 0.18 cos(2 pi (h - 15) / 24)); solar = noon x sun; wind as it is
#   thrown away = share x c x max(0, sun - 0.7); c such that the second day's sum is 1.9 TWh / 365 (fiscal 2023)
#   price = p x price beside Tokyo's x (1 + 0.3 cos(2 pi (h - 19) / 24) - 0.45 sun), 10 where power is thrown away;
#     p such that Tokyo's mean of the second day is 12,260 yen/MWh (fiscal 2025)
#   CO2 = 450 x (1 - 0.45 sun) kg/MWh
# Area: mean demand MW, noon MW, wind MW, price beside Tokyo's, share: all made up, near what each area is like.
"""


def _sun(slot: int) -> float:
    return max(0.0, sin(pi * (slot % SLOTS / 2 + 0.25 - 6) / 12)) * CLOUDLESS[slot // SLOTS]


def _price(slot: int) -> float:
    return 1 + 0.3 * cos(2 * pi * (slot % SLOTS / 2 + 0.25 - 19) / 24) - 0.45 * _sun(slot)


def lines() -> Iterator[str]:
    """The rows of the file."""
    begin = datetime.fromisoformat("2030-04-13T00:00:00+09:00")
    run = range(SLOTS, 2 * SLOTS)
    scale_mw = THROWN_AWAY_MWH / (sum(max(0.0, _sun(slot) - 0.7) for slot in run) / 2)
    tokyo = TOKYO_YEN_PER_MWH / (sum(_price(slot) for slot in run) / SLOTS)
    yield "area,from,slot_s,demand_mw,solar_mw,wind_mw,curtailed_mw,price_yen_per_mwh,kgco2_per_mwh"
    for area, (mean, noon, wind, beside, share) in AREAS.items():
        for slot in range(3 * SLOTS):
            h, sun = slot % SLOTS / 2 + 0.25, _sun(slot)
            demand = mean * (1 + 0.18 * cos(2 * pi * (h - 15) / 24))
            thrown = share * scale_mw * max(0.0, sun - 0.7)
            price = LEAST_YEN_PER_MWH if thrown > 0 else tokyo * beside * _price(slot)
            figures = (
                round(demand),
                round(noon * sun),
                wind,
                round(thrown, 1),
                round(price),
                round(450 * (1 - 0.45 * sun)),
            )
            at = begin + timedelta(minutes=30 * slot)
            yield f"{area},{at.isoformat()},1800,{','.join(f'{figure:g}' for figure in figures)}"


def text() -> str:
    """The whole file."""
    return HEAD + "\n".join(lines()) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
