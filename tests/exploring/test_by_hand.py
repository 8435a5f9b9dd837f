# SPDX-License-Identifier: BSD-3-Clause
"""Faults in the controller's source are found by the command, shrunk, and confirmed in the lab."""

from __future__ import annotations

import pytest

from tests.exploring.by_hand import FAULTS, explored, is_well


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_small_and_confirmed(name: str) -> None:
    seen = explored(name)
    assert is_well(seen), seen
