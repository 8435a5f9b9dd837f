# SPDX-License-Identifier: BSD-3-Clause
"""Light on its routes as it is judged: the margin of what is lit, less GSNR over more fibre, with both figures."""

from __future__ import annotations

from typing import Any

import pytest

from apnemu.experiments.quality import EXPERIMENT

SHORT = {
    **{"demand": "a-b", "rank": 1, "mode": "400zr", "route": "a > b", "gsnr_db": 21.5},
    **{"planned": True, "closes": True, "margin_db": 2.5, "wanted_db": 2.0, "end_to_end_gsnr_db": None},
}
LONG = {**SHORT, "demand": "a-c", "route": "a > b > c", "gsnr_db": 20.0, "planned": False}


@pytest.mark.parametrize(
    ("short", "long", "why"),
    [
        ({"margin_db": 1.9999999, "closes": False}, {}, "margin 1.9999999 dB, expected at least 2 dB"),
        ({"margin_db": 1.5}, {}, "margin 1.5 dB, expected at least 2 dB"),
        ({"margin_db": None, "closes": False}, {}, "light that closes no, expected yes"),
        (
            {},
            {"gsnr_db": 21.5000001},
            "GSNR 21.5000001 dB, expected less than the 21.5 dB of a route that it begins with",
        ),
        ({}, {"gsnr_db": 21.5}, "GSNR 21.5 dB, expected less than the 21.5 dB of a route that it begins with"),
    ],
)
def test_the_figure_that_fails_is_told(short: dict[str, Any], long: dict[str, Any], why: str) -> None:
    verdict = EXPERIMENT.judge([{**SHORT, **short}, {**LONG, **long}], EXPERIMENT.settings())
    failed = (SHORT if short else LONG)["demand"]
    assert [key["demand"] for key in verdict.failed] == [failed]
    assert verdict.why == f"1 of 2 rows judged; the worst (demand {failed}, rank 1, mode 400zr): {why}"
    assert EXPERIMENT.judge([SHORT, LONG], EXPERIMENT.settings()).met is True
