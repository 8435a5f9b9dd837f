# SPDX-License-Identifier: BSD-3-Clause
"""What a capture says of each interface: where it is, and what it leads to."""

from __future__ import annotations

from apnemu.blueprint.captured import captured
from apnemu.emulation.shell.names import Names
from apnemu.question.context import Network
from tests.compiled import compiled, shipped

LABELS = {"tokyo": "東京", "tokyo-nagoya": "東名"}


def test_every_port_of_a_switch_is_named_with_labels() -> None:
    """Captures call a port as the shell does."""
    networks: tuple[Network, ...] = ("apn", "packet")
    for network in networks:
        blueprint = compiled(shipped("three-sites"), network)
        said = captured(blueprint, LABELS)
        ports = {
            end.interface for wire in blueprint.wires for end in (wire.a, wire.b) if end.node in ("s1", "s2", "s3")
        }
        assert ports <= said.interfaces.keys()
        assert said.interfaces["s1-eth1"] == "tokyo (東京) to nagoya, fibre tokyo-nagoya (東名)"
        assert said.interfaces["s2-eth1"] == "nagoya to tokyo (東京), fibre tokyo-nagoya (東名)"
        shown = Names(blueprint, LABELS)
        assert ports <= said.names.keys()
        assert {interface: shown.shown(interface) for interface in ports} == {port: said.names[port] for port in ports}
        assert said.names["s1-eth1"] == "tokyo:tokyo-nagoya"
        assert "tokyo (東京) to tokyo-h1" in said.interfaces.values()
        assert said.comment.endswith("s1 tokyo (東京), s2 nagoya, s3 osaka")
    assert said.interfaces["s1-load"] == "others' traffic at tokyo (東京)"
