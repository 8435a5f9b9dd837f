# SPDX-License-Identifier: BSD-3-Clause
"""Tests of networks by pytest, each with a lab of its own in virtual time.

    pytest examples/test_network.py

docs/pytest.md explains what `lab` can do. Copy the file, and name a topology and a controller of your own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from apnemu import Lab

CLIENT = """
import errno, socket, sys
client = socket.create_connection((sys.argv[1], 7000))
client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 300)
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
try:
    client.recv(1)
except OSError as error:
    sys.exit(errno.errorcode[error.errno])
"""
SERVER = "import socket; client, _ = socket.create_server(('', 7000)).accept(); client.recv(1)"


@pytest.mark.apnemu(topology="three-sites")
def test_light_has_the_delay_of_its_fibres(lab: Lab) -> None:
    light = lab.request("tokyo", "osaka", 100)
    assert light.route == ("tokyo", "nagoya", "osaka")
    lab.assert_delay("tokyo", "osaka", within_us=0.1)


@pytest.mark.apnemu(topology="three-sites", network="packet", controller="own_controller.py")
def test_a_switch_learns(lab: Lab) -> None:
    lab.ping("tokyo", "osaka", count=5, every="500ms")
    lab.assert_flow("nagoya", dl_src=lab.mac("tokyo"), actions="nagoya:nagoya-osaka")
    lab.assert_delay("tokyo", "osaka")


@pytest.mark.apnemu(topology="three-sites", network="packet", pcap=False)
def test_a_dead_peer_is_noticed_after_five_minutes(lab: Lab) -> None:
    lab.start("osaka", "python3", "-c", SERVER)
    lab.advance("1s")
    client = lab.start("tokyo", "python3", "-c", CLIENT, "osaka")
    lab.advance("1s")
    lab.cut("tokyo-nagoya", silent=True)
    lab.advance("5min")  # of nothing: milliseconds
    assert client.is_running
    assert client.wait("1min").err.strip() == "ETIMEDOUT"  # three probes of 10 s, by the kernel's coarse timers
