# SPDX-License-Identifier: BSD-3-Clause
"""Netlink requests for links, addresses, routes and neighbours, sent in batches, each acknowledged.

pyroute2 gives the form of the messages. They are sent on sockets of our own, many to a system call: one request and one
answer at a time took ten times as long in the lab.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from apnemu.emulation.namespaces import inside
from apnemu.emulation.rtnl import (
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    NLM_F_REPLACE,
    NLM_F_REQUEST,
    RTM_GETLINK,
    RTM_NEWADDR,
    RTM_NEWLINK,
    RTM_NEWNEIGH,
    RTM_NEWROUTE,
    RTM_SETLINK,
    ifaddrmsg,
    ifinfmsg,
    ndmsg,
    rtmsg,
)
from apnemu.errors import LabError

ADD = NLM_F_CREATE | NLM_F_EXCL
NLMSG_ERROR, NLMSG_DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_ERROR = struct.Struct("=i")
_BATCH = 64
"""Most requests in flight: their acknowledgements must fit the socket's receive buffer."""
UP = 1
PERMANENT = 0x80

Request = tuple[str, Any]
"""A netlink message, with what it does in words for an error message before it."""


class Netlink:
    """A netlink socket in one namespace. Requests are queued by `add` and sent by `flush`."""

    def __init__(self, namespace: int | None = None) -> None:
        with inside(namespace):
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind((0, 0))
        self._queue: list[tuple[str, bytes]] = []
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def add(self, what: str, kind: int, flags: int, message: Any) -> None:
        self._sequence += 1
        message["header"]["type"] = kind
        message["header"]["flags"] = NLM_F_REQUEST | NLM_F_ACK | flags
        message["header"]["sequence_number"] = self._sequence
        message.encode()
        self._queue.append((what, bytes(message.data)))

    def flush(self) -> None:
        """Send what is queued and wait until the kernel has done it all. Raises LabError for what it refused."""
        while self._queue:
            batch, self._queue = self._queue[:_BATCH], self._queue[_BATCH:]
            self._socket.send(b"".join(_padded(data) for _, data in batch))
            waiting = {struct.unpack_from("=I", data, 8)[0]: what for what, data in batch}
            while waiting:
                for kind, sequence, payload in self._messages():
                    if kind == NLMSG_ERROR and sequence in waiting:
                        what = waiting.pop(sequence)
                        error = -_ERROR.unpack_from(payload)[0]
                        if error:
                            raise LabError(f"the kernel of the lab refused to {what}: {os.strerror(error)}")

    def dump(self, kind: int, message: Any) -> list[bytes]:
        """Ask for every object of a kind; returns the kernel's messages without their headers."""
        self._sequence += 1
        message["header"]["type"] = kind
        message["header"]["flags"] = NLM_F_REQUEST | NLM_F_DUMP
        message["header"]["sequence_number"] = self._sequence
        message.encode()
        self._socket.send(bytes(message.data))
        objects: list[bytes] = []
        while True:
            for got, _, payload in self._messages():
                if got == NLMSG_DONE:
                    return objects
                objects.append(payload)

    def _messages(self) -> Iterable[tuple[int, int, bytes]]:
        data = self._socket.recv(1 << 20)
        offset = 0
        while offset < len(data):
            length, kind, _, sequence, _ = _HEADER.unpack_from(data, offset)
            yield kind, sequence, data[offset + _HEADER.size : offset + length]
            offset += (length + 3) & ~3


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def veth(near: Mapping[str, Any], far: Mapping[str, Any]) -> Request:
    """Make a veth pair; an end has `name`, `mac`, `mtu` and `namespace` (a descriptor, or None for this one)."""
    message = ifinfmsg()
    message["attrs"] = [
        *_end(near),
        (
            "IFLA_LINKINFO",
            {
                "attrs": [
                    ("IFLA_INFO_KIND", "veth"),
                    ("IFLA_INFO_DATA", {"attrs": [("VETH_INFO_PEER", {"attrs": _end(far)})]}),
                ]
            },
        ),
    ]
    return f"make the veth pair {near['name']} - {far['name']}", message


def _end(end: Mapping[str, Any]) -> list[tuple[str, Any]]:
    attributes = [("IFLA_IFNAME", end["name"]), ("IFLA_ADDRESS", end["mac"]), ("IFLA_MTU", end["mtu"])]
    if end.get("namespace") is not None:
        attributes.append(("IFLA_NET_NS_FD", end["namespace"]))
    return attributes


def link_up(index: int, *, segments: int | None = None) -> Request:
    """Switch an interface on; `segments` bounds how many frames TCP may hand over as one."""
    message = ifinfmsg()
    message["index"] = index
    message["flags"] = UP
    message["change"] = UP
    if segments is not None:
        message["attrs"] = [("IFLA_GSO_MAX_SEGS", segments)]
    return f"switch on interface {index}", message


def link_down(index: int) -> Request:
    message = ifinfmsg()
    message["index"] = index
    message["flags"] = 0
    message["change"] = UP
    return f"switch off interface {index}", message


def address(index: int, ip: str, prefix: int) -> Request:
    message = ifaddrmsg()
    message["family"] = socket.AF_INET
    message["prefixlen"] = prefix
    message["index"] = index
    message["attrs"] = [("IFA_LOCAL", ip), ("IFA_ADDRESS", ip)]
    return f"give interface {index} the address {ip}/{prefix}", message


def host_route(index: int, ip: str, source: str, *, window_bytes: int = 0) -> Request:
    """Make a route to a host. `window_bytes` is TCP's window of connections over it; 0 is no bound.

    A connection takes the scale of its window from the window of its route.
    """
    message = rtmsg()
    message["family"] = socket.AF_INET
    message["dst_len"] = 32
    message["table"] = 254
    message["proto"] = 4
    message["scope"] = 253
    message["type"] = 1
    message["attrs"] = [("RTA_DST", ip), ("RTA_OIF", index), ("RTA_PREFSRC", source)]
    if window_bytes:
        message["attrs"].append(("RTA_METRICS", {"attrs": [("RTAX_WINDOW", window_bytes)]}))
    return f"route {ip} by interface {index}", message


def neighbour(index: int, ip: str, mac: str) -> Request:
    message = ndmsg()
    message["family"] = socket.AF_INET
    message["ifindex"] = index
    message["state"] = PERMANENT
    message["attrs"] = [("NDA_DST", ip), ("NDA_LLADDR", mac)]
    return f"say that {ip} is at {mac}", message


KIND = {
    veth: (RTM_NEWLINK, ADD),
    link_up: (RTM_SETLINK, 0),
    link_down: (RTM_SETLINK, 0),
    address: (RTM_NEWADDR, ADD),
    host_route: (RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE),
    neighbour: (RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE),
}
"""Message type and flags of each request."""


def ask(netlink: Netlink, request: Any, *arguments: Any, **options: Any) -> None:
    """Queue one of the requests above."""
    what, message = request(*arguments, **options)
    kind, flags = KIND[request]
    netlink.add(what, kind, flags, message)


def interfaces(netlink: Netlink) -> dict[str, int]:
    """Interface name -> index, in a namespace."""
    indices = {}
    for payload in netlink.dump(RTM_GETLINK, ifinfmsg()):
        index = struct.unpack_from("=i", payload, 4)[0]
        for kind, value in attributes(payload, 16):
            if kind == 3:
                indices[value.rstrip(b"\0").decode()] = index
    return indices


def attributes(data: bytes, offset: int) -> Iterable[tuple[int, bytes]]:
    """Read the netlink attributes behind a fixed part of `offset` bytes: (type, value)."""
    while offset + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, offset)
        if length < 4:
            return
        yield kind & 0x3FFF, data[offset + 4 : offset + length]
        offset += (length + 3) & ~3
