# SPDX-License-Identifier: BSD-3-Clause
"""The forms of netlink messages, which are pyroute2's, and nothing else of it."""

from __future__ import annotations

from apnemu.emulation.bare import bare

with bare("pyroute2"):
    from pyroute2.netlink import (
        NLM_F_ACK,
        NLM_F_CREATE,
        NLM_F_DUMP,
        NLM_F_EXCL,
        NLM_F_REPLACE,
        NLM_F_REQUEST,
        nla,
    )
    from pyroute2.netlink.rtnl import (
        RTM_DELNEIGH,
        RTM_DELQDISC,
        RTM_DELROUTE,
        RTM_GETLINK,
        RTM_GETQDISC,
        RTM_GETROUTE,
        RTM_NEWADDR,
        RTM_NEWLINK,
        RTM_NEWNEIGH,
        RTM_NEWQDISC,
        RTM_NEWROUTE,
        RTM_NEWTFILTER,
        RTM_SETLINK,
    )
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
    from pyroute2.netlink.rtnl.ndmsg import ndmsg
    from pyroute2.netlink.rtnl.rtmsg import rtmsg
    from pyroute2.netlink.rtnl.tcmsg import cls_matchall, cls_u32, tcmsg
    from pyroute2.netlink.rtnl.tcmsg.sched_netem import options as netem_options

__all__ = [
    "NLM_F_ACK",
    "NLM_F_CREATE",
    "NLM_F_DUMP",
    "NLM_F_EXCL",
    "NLM_F_REPLACE",
    "NLM_F_REQUEST",
    "RTM_DELNEIGH",
    "RTM_DELQDISC",
    "RTM_DELROUTE",
    "RTM_GETLINK",
    "RTM_GETQDISC",
    "RTM_GETROUTE",
    "RTM_NEWADDR",
    "RTM_NEWLINK",
    "RTM_NEWNEIGH",
    "RTM_NEWQDISC",
    "RTM_NEWROUTE",
    "RTM_NEWTFILTER",
    "RTM_SETLINK",
    "cls_matchall",
    "cls_u32",
    "ifaddrmsg",
    "ifinfmsg",
    "ndmsg",
    "netem_options",
    "nla",
    "rtmsg",
    "tcmsg",
]
