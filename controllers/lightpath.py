"""The APN's controller: each lightpath of the assignment becomes rules that push, match and pop its tag.

Nothing is learned and nothing is flooded: light that nobody assigned goes nowhere.
"""

from __future__ import annotations

from apnemu.blueprint.document import Blueprint, LitPath
from controllers.rules import Rule

PRIORITY = 100


def rules(blueprint: Blueprint, dpid: int) -> list[Rule]:
    """What one ROADM must have, in the order of the lightpaths."""
    return [rule for path in blueprint.lit_paths for rule in _of_path(path, dpid)]


def _of_path(path: LitPath, dpid: int) -> list[Rule]:
    """Both directions of a lightpath at a ROADM; none where it does not pass."""
    found = []
    for number, hop in enumerate(path.hops):
        if hop.dpid != dpid:
            continue
        added, dropped = number == 0, number == len(path.hops) - 1
        found.append(_direction(path.tag, hop.port_in, hop.port_out, added=added, dropped=dropped))
        found.append(_direction(path.tag, hop.port_out, hop.port_in, added=dropped, dropped=added))
    return found


def _direction(tag: int, port_in: int, port_out: int, *, added: bool, dropped: bool) -> Rule:
    """Light is tagged where it is added, passes by its tag, and loses it where it is dropped."""
    if added:
        return Rule(priority=PRIORITY, port_in=port_in, actions=(("push", tag), ("output", port_out)))
    if dropped:
        return Rule(priority=PRIORITY, port_in=port_in, tag=tag, actions=(("pop",), ("output", port_out)))
    return Rule(priority=PRIORITY, port_in=port_in, tag=tag, actions=(("output", port_out),))
