# SPDX-License-Identifier: BSD-3-Clause
"""The file for stock Mininet builds the graph that the topology file describes; no network is started."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from apnemu.topology import read_plant

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def test_topo() -> None:
    pytest.importorskip("mininet.topo", reason="stock Mininet is not installed")
    spec = importlib.util.spec_from_file_location("mn_custom", TOPOLOGIES / "mn.py")
    assert spec is not None
    assert spec.loader is not None
    custom = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(custom)
    plant, topo = read_plant(TOPOLOGIES / "tokyo-metro.yaml"), custom.topos["apnemu"]("tokyo-metro")
    assert len(topo.switches()) == len(plant.sites)
    assert len(topo.hosts()) == sum(site.hosts for site in plant.sites) == 15
    fibres = {info["fibre"]: info for _, _, info in topo.links(withInfo=True) if "fibre" in info}
    assert list(fibres) and set(fibres) == set(plant.fibre)
    assert fibres["otemachi-inzai"]["delay"] == "247.774us"
    assert topo.nodeInfo(fibres["otemachi-inzai"]["node1"])["site"] == "otemachi"
