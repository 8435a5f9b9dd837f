# SPDX-License-Identifier: BSD-3-Clause
"""Numbers on the wire: each given once, and within what Linux, Ethernet and OpenFlow allow."""

from __future__ import annotations

import pytest

from apnemu.blueprint.addressing import host_address, load_mac, tags
from apnemu.errors import InputError
from apnemu.model.spectrum import Slot
from apnemu.question.context import Network
from tests.compiled import NETWORKS, compiled, ends, shipped

INTERFACE_NAME_LIMIT = 15
"""IFNAMSIZ - 1."""


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("topology", ["jpn12", "jpn48"])
def test_every_number_is_given_once(topology: str, network: Network) -> None:
    plant = shipped(topology)
    blueprint = compiled(plant, network)
    every = ends(blueprint)
    for given in (
        [end.mac for end in every],
        [(end.node, end.interface) for end in every],
        [end.interface for end in every if not end.interface.startswith("eth")],
        [(end.node, end.port) for end in every if end.node],
        [host.address for host in blueprint.hosts],
        [host.name for host in blueprint.hosts],
        [switch.dpid for switch in blueprint.switches],
        [switch.name for switch in blueprint.switches],
        [wire.name for wire in blueprint.wires],
    ):
        assert len(set(given)) == len(given) > 0
    assert len(blueprint.switches) == len(plant.sites)
    assert len(blueprint.hosts) == sum(site.hosts for site in plant.data_centres)


@pytest.mark.parametrize("network", NETWORKS)
def test_names_and_numbers_are_within_their_limits(network: Network) -> None:
    blueprint = compiled(shipped("jpn48"), network)
    for end in ends(blueprint):
        assert 0 < len(end.interface) <= INTERFACE_NAME_LIMIT
        assert int(end.mac[:2], 16) & 0b11 == 0b10, "locally administered and of one receiver (IEEE 802)"
    for switch in blueprint.switches:
        assert 0 < len(switch.name) <= INTERFACE_NAME_LIMIT
        assert 0 < switch.dpid < 2**64
    assert not {end.mac for end in ends(blueprint)} & {load_mac(port) for port in range(1 << 10)}


def test_addresses_differ_and_are_addresses() -> None:
    given = [host_address(site, host) for site in range(1, 600) for host in (1, 2, 250)]
    assert len(set(given)) == len(given)
    assert all(0 <= int(part) <= 255 for address in given for part in address.split("."))


def test_on_a_fibre_no_two_lightpaths_have_a_tag_in_common() -> None:
    """Tags are slots: what the plan keeps apart in the spectrum, the wire keeps apart."""
    blueprint = compiled(shipped("jpn48"), "apn")
    seen = [
        (hop.dpid, port, path.tag) for path in blueprint.lit_paths for hop in path.hops[1:] for port in [hop.port_in]
    ]
    assert len(set(seen)) == len(seen) > 0
    slot_of = {path.tag: (path.slot_n, path.slot_m) for path in blueprint.lit_paths}
    assert len(set(slot_of.values())) == len(slot_of)
    assert all(slot_of[path.tag] == (path.slot_n, path.slot_m) for path in blueprint.lit_paths)


def test_more_slots_than_tags_are_refused() -> None:
    assert sorted(tags(Slot(n=n, m=1) for n in range(4094)).values()) == list(range(1, 4095))
    with pytest.raises(InputError, match=r"lights 4095 different slots; a wire can tell 4094 apart; use fewer"):
        tags(Slot(n=n, m=1) for n in range(4095))
