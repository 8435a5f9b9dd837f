# SPDX-License-Identifier: BSD-3-Clause
"""The APN's controller: each lightpath of the assignment becomes rules that push, match and pop its tag.

Nothing is learned and nothing is flooded: light that nobody assigned goes nowhere.
"""

from __future__ import annotations

from apnemu.blueprint.document import Blueprint, LitPath, LitTree, TreeNode
from apnemu.controllers.rules import Action, Group, Rule

PRIORITY = 100


def rules(blueprint: Blueprint, dpid: int) -> list[Rule]:
    """Rules that one ROADM must have, in the order of the lightpaths."""
    paths = [rule for path in blueprint.lit_paths for rule in _of_path(path, dpid)]
    trees = [rule for number, tree in enumerate(blueprint.lit_trees, 1) for rule in _of_tree(tree, number, dpid)]
    return [*paths, *trees]


def groups(blueprint: Blueprint, dpid: int) -> list[Group]:
    """Splitters of one ROADM, one for each tree that it divides. They must be installed before the rules."""
    return [
        Group(number=number, buckets=_ways(node))
        for number, tree in enumerate(blueprint.lit_trees, 1)
        for node in tree.nodes
        if node.dpid == dpid and len(_ways(node)) > 1
    ]


def _ways(node: TreeNode) -> tuple[tuple[Action, ...], ...]:
    """Ways on which a node sends a tree's light: on to fibres, and dropped to transceivers."""
    onward: list[tuple[Action, ...]] = [(("output", port),) for port in node.ports_onward]
    return (*onward, *((("pop",), ("output", port)) for port in node.ports_dropped))


def _of_tree(tree: LitTree, number: int, dpid: int) -> list[Rule]:
    """Rules of a tree at a ROADM: light goes down all its ways; the leaves' answers come up by their own tags."""
    rules = []
    for node in tree.nodes:
        if node.dpid == dpid:
            ways = _ways(node)
            split: tuple[Action, ...] = (("group", number),) if len(ways) > 1 else ways[0]
            tagged: tuple[Action, ...] = (("push", tree.tag),) if node.added else ()
            tag = None if node.added else tree.tag
            rules.append(Rule(priority=PRIORITY, port_in=node.port_in, tag=tag, actions=(*tagged, *split)))
    for leaf in tree.leaves:
        last = len(leaf.hops) - 1
        rules += [
            _direction(leaf.return_tag, hop.port_in, hop.port_out, added=place == 0, dropped=place == last)
            for place, hop in enumerate(leaf.hops)
            if hop.dpid == dpid
        ]
    return rules


def _of_path(path: LitPath, dpid: int) -> list[Rule]:
    """Rules for both directions of a lightpath at a ROADM; none where it does not pass."""
    rules = []
    for number, hop in enumerate(path.hops):
        if hop.dpid != dpid:
            continue
        added, dropped = number == 0, number == len(path.hops) - 1
        rules.append(_direction(path.tag, hop.port_in, hop.port_out, added=added, dropped=dropped))
        rules.append(_direction(path.tag, hop.port_out, hop.port_in, added=dropped, dropped=added))
    return rules


def _direction(tag: int, port_in: int, port_out: int, *, added: bool, dropped: bool) -> Rule:
    """Rule for one direction: light gets its tag where it is added, passes by it, and loses it where it is dropped."""
    if added:
        return Rule(priority=PRIORITY, port_in=port_in, actions=(("push", tag), ("output", port_out)))
    if dropped:
        return Rule(priority=PRIORITY, port_in=port_in, tag=tag, actions=(("pop",), ("output", port_out)))
    return Rule(priority=PRIORITY, port_in=port_in, tag=tag, actions=(("output", port_out),))
