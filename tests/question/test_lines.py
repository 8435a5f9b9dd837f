# SPDX-License-Identifier: BSD-3-Clause
"""What a run says of lines on which a comparison would mislead."""

from __future__ import annotations

import pytest

from apnemu.question.context import Network
from apnemu.question.discovery import load_experiment, shipped_topology
from apnemu.running.asked import resolve
from apnemu.running.request import Request


@pytest.mark.parametrize(
    ("experiment", "networks", "control", "is_said"),
    [
        ("throughput", ("apn", "packet"), "dctcp", True),
        ("throughput", ("apn",), "cubic,dctcp", True),
        ("throughput", ("packet",), "dctcp", False),
        ("throughput", ("apn", "packet"), "cubic", False),
        ("marking", ("apn",), "dctcp", False),
    ],
)
def test_dctcp_on_light_without_a_queue_is_said(
    experiment: str, networks: tuple[Network, ...], control: str, is_said: bool
) -> None:
    asked = resolve(
        Request(
            experiment=load_experiment(experiment),
            topology=shipped_topology("tokyo-metro"),
            given=(f"congestion_control={control}", "mark_us=50"),
            networks=networks,
        )
    )
    said = [note for note in asked.notes if "no frame of dctcp is marked" in note]
    assert bool(said) == is_said
    assert set(said) <= set(asked.warnings)
