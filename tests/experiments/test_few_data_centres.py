# SPDX-License-Identifier: BSD-3-Clause
"""Topologies with too few data centres, or without a demand, are bad input of experiments on light: one line, and 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiments.command import apnemu

FILE = """apnemu: 1
name: few
sites:
  a: {{kind: {kind}, lat: 35, lon: 135}}
  b: {{kind: exchange, lat: 35, lon: 135}}
fibres:
  - {{between: [a, b], length_km: 5}}
"""


@pytest.mark.parametrize("kind", ["edge", "exchange"])
@pytest.mark.parametrize("experiment", ["p2mp", "sharing", "provisioning", "failover", "delay_managed"])
def test_it_is_said(tmp_path: Path, experiment: str, kind: str) -> None:
    (tmp_path / "few.yaml").write_text(FILE.format(kind=kind))
    done = apnemu("run", experiment, "--topology", "few.yaml", "--json", folder=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done.err
    count = {"edge": 1, "exchange": 0}[kind]
    wanted = {"failover": "few has no demand", "delay_managed": "no lightpath is lit"}
    assert wanted.get(experiment, f"few has {count} data centre") in done.err
