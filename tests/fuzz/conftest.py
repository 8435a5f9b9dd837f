# SPDX-License-Identifier: BSD-3-Clause
"""Collection of the tests alone: a file of an input, once imported, makes its process one that is forked for cases."""

from __future__ import annotations

from pathlib import Path

collect_ignore = [file.name for file in Path(__file__).parent.glob("*.py") if not file.name.startswith("test_")]
