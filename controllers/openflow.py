# SPDX-License-Identifier: BSD-3-Clause
"""Rules and groups as OpenFlow 1.3 messages of either framework, and table entries as rules again."""

from __future__ import annotations

from typing import Any

from apnemu.controllers.rules import Action, Group, Rule


def group_mod(datapath: Any, group: Group) -> Any:
    """Message that gives a switch a splitter."""
    proto, parser = datapath.ofproto, datapath.ofproto_parser
    buckets = [
        parser.OFPBucket(actions=[action for step in bucket for action in _actions(proto, parser, step)])
        for bucket in group.buckets
    ]
    return parser.OFPGroupMod(datapath, proto.OFPGC_ADD, proto.OFPGT_ALL, group.number, buckets)


def flow_mod(datapath: Any, rule: Rule, *, remove: bool = False) -> Any:
    """Message that installs a rule at a switch, or removes it."""
    proto, parser = datapath.ofproto, datapath.ofproto_parser
    match = parser.OFPMatch(**_fields(proto, rule))
    if remove:
        return parser.OFPFlowMod(
            datapath=datapath,
            command=proto.OFPFC_DELETE_STRICT,
            priority=rule.priority,
            match=match,
            out_port=proto.OFPP_ANY,
            out_group=proto.OFPG_ANY,
        )
    actions = [action for step in rule.actions for action in _actions(proto, parser, step)]
    return parser.OFPFlowMod(
        datapath=datapath,
        priority=rule.priority,
        match=match,
        instructions=[parser.OFPInstructionActions(proto.OFPIT_APPLY_ACTIONS, actions)],
    )


def rule_of(proto: Any, entry: Any) -> Rule:
    """Rule of an entry in a switch's table. Actions that none of our rules has are left out; an entry of those alone
    reads as a drop."""
    steps: list[Action] = []
    for action in [action for instruction in entry.instructions for action in instruction.actions]:
        if action.type == proto.OFPAT_SET_FIELD:
            steps.append(("push", action.value & ~proto.OFPVID_PRESENT))
        elif action.type == proto.OFPAT_POP_VLAN:
            steps.append(("pop",))
        elif action.type == proto.OFPAT_OUTPUT:
            steps.append(("output", action.port))
    tag = entry.match.get("vlan_vid")
    return Rule(
        priority=entry.priority,
        port_in=entry.match.get("in_port"),
        tag=None if tag is None else tag & ~proto.OFPVID_PRESENT,
        actions=tuple(steps),
    )


def _fields(proto: Any, rule: Rule) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if rule.port_in is not None:
        fields["in_port"] = rule.port_in
    if rule.tag is not None:
        fields["vlan_vid"] = proto.OFPVID_PRESENT | rule.tag
    if rule.mac_to is not None:
        fields["eth_dst"] = (rule.mac_to, rule.mac_mask) if rule.mac_mask else rule.mac_to
    if rule.address_to is not None:
        fields["eth_type"], fields["ipv4_dst"] = 0x0800, rule.address_to
    if rule.address_from is not None:
        fields["eth_type"], fields["ipv4_src"] = 0x0800, rule.address_from
    if rule.ipv6:
        fields["eth_type"] = 0x86DD
    return fields


def _actions(proto: Any, parser: Any, step: Action) -> list[Any]:
    match step:
        case ("push", tag):
            return [parser.OFPActionPushVlan(0x8100), parser.OFPActionSetField(vlan_vid=proto.OFPVID_PRESENT | tag)]
        case ("pop",):
            return [parser.OFPActionPopVlan()]
        case ("decrement_ttl",):
            return [parser.OFPActionDecNwTtl()]
        case ("group", number):
            return [parser.OFPActionGroup(number)]
        case ("output", port):
            return [parser.OFPActionOutput(port)]
