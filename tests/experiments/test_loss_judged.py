# SPDX-License-Identifier: BSD-3-Clause
"""Loss is judged where there were flows to lose something: none lost of none is not met."""

from __future__ import annotations

from typing import Any

import pytest

from apnemu.experiments.loss import EXPERIMENT

ROW = {"network": "apn", "load": 0.9, "background": "poisson", "flows": 2, "drops": 0, "retransmits": 0}


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"flows": 0}, None),
        ({"flows": 0, "drops": 1}, False),
        ({"retransmits": 1}, False),
        ({"background": "pareto", "drops": 1}, None),
        ({"load": 1.0, "drops": 1}, None),
        ({"load": 1.1, "drops": 1}, False),
        ({"load": 1.1, "drops": 1, "retransmits": 1}, True),
        ({"load": 1.1, "background": "none"}, None),
        ({"network": "packet"}, None),
        ({"network": "packet", "load": 1.1}, False),
        ({"network": "packet", "load": 1.1, "flows": 0}, False),
        ({"network": "packet", "load": 1.1, "drops": 1, "retransmits": 1}, True),
    ],
)
def test_what_is_judged_of_a_load(changed: dict[str, Any], met: bool | None) -> None:
    assert EXPERIMENT.judge([{**ROW, **changed}], EXPERIMENT.settings()).met is met
