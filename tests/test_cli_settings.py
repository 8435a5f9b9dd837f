# SPDX-License-Identifier: BSD-3-Clause
"""Settings on a command line: several behind one `--set`, and what is left for an application of one's own."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from apnemu.cli import app
from apnemu.errors import InputError


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_every_setting_behind_one_set_is_heard(command: str) -> None:
    words = [command, "latency", "--topology", "three-sites", "--set", "load=idle", "probes=none"]
    with pytest.raises(InputError, match="probes"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_a_setting_without_set_is_told_how() -> None:
    with pytest.raises(InputError, match="write --set probes=5"):
        CliRunner().invoke(app, ["run", "latency", "probes=5"], catch_exceptions=False)
