# SPDX-License-Identifier: BSD-3-Clause
"""Marks that follow from what a test does."""

from __future__ import annotations

import inspect

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts apnemu in a process of its own, which takes longer than most tests."""
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item.module, "apnemu") and _starts_it(item):
            item.add_marker(pytest.mark.commands)


def _starts_it(item: pytest.Function) -> bool:
    return getattr(item.module.apnemu, "__module__", "") == "tests.experiments.command" and (
        "apnemu(" in inspect.getsource(item.function)
    )
