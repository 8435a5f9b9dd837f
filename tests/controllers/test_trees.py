# SPDX-License-Identifier: BSD-3-Clause
"""A light tree's rules and groups, followed port by port over the blueprint's wires."""

from __future__ import annotations

from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint, End
from apnemu.controllers import lightpath
from apnemu.controllers.rules import Action
from apnemu.model.demand import TreeDemand
from tests.compiled import shipped
from tests.planning.test_trees import leaves, planned


def tree_of(count: int) -> Blueprint:
    assignment = planned(TreeDemand(name="t", source="hub", leaves=leaves(count), rate_gbps=100), gsnr_db=60)
    return blueprint_for("apn", shipped("hub-and-leaves"), assignment, {}, (), seed=1)


def arrivals(blueprint: Blueprint, node: str, port: int, tag: int | None) -> list[tuple[End, int | None]]:
    """Where a frame gets that comes in at a switch's port: (host's end, tag that it still has)."""
    dpid = next(switch.dpid for switch in blueprint.switches if switch.name == node)
    groups = {group.number: group.buckets for group in lightpath.groups(blueprint, dpid)}
    (rule,) = [r for r in lightpath.rules(blueprint, dpid) if r.port_in == port and r.tag == tag]
    found: list[tuple[End, int | None]] = []

    def act(actions: tuple[Action, ...], tagged: int | None) -> None:
        for action in actions:
            if action[0] == "push":
                tagged = action[1]
            elif action[0] == "pop":
                tagged = None
            elif action[0] == "group":
                for bucket in groups[action[1]]:
                    act(bucket, tagged)
            elif action[0] == "output":
                far = ends[node, action[1]]
                if far.node in switches:
                    found.extend(arrivals(blueprint, far.node, far.port, tagged))
                else:
                    found.append((far, tagged))

    switches = {switch.name for switch in blueprint.switches}
    pairs = [pair for wire in blueprint.wires for pair in ((wire.a, wire.b), (wire.b, wire.a))]
    ends = {(near.node, near.port): far for near, far in pairs if near.node in switches}
    act(rule.actions, tag)
    return found


def test_one_frame_in_and_one_at_every_leaf() -> None:
    for count in (1, 2, 9, 16):
        blueprint = tree_of(count)
        (tree,) = blueprint.lit_trees
        (hub,) = [wire.b for wire in blueprint.wires if wire.name == f"t@{tree.source_host}"]
        found = arrivals(blueprint, hub.node, hub.port, None)
        wanted = [(leaf.host, leaf.interface) for leaf in tree.leaves]
        assert sorted((end.node, end.interface) for end, _ in found) == sorted(wanted)
        assert {tag for _, tag in found} == {None}


def test_every_leaf_answers_the_hub_alone() -> None:
    blueprint = tree_of(16)
    (tree,) = blueprint.lit_trees
    for leaf in tree.leaves:
        (port,) = [wire.b for wire in blueprint.wires if wire.name == f"t@{leaf.host}"]
        ((end, tag),) = arrivals(blueprint, port.node, port.port, None)
        assert (end.node, end.interface, tag) == (tree.source_host, tree.source_interface, None)


def test_splitters_stand_where_light_divides() -> None:
    blueprint = tree_of(9)
    sizes = {s.site: [len(g.buckets) for g in lightpath.groups(blueprint, s.dpid)] for s in blueprint.switches}
    assert {site: size for site, size in sizes.items() if size} == {"hub": [8], "splitter-1": [2]}
