# SPDX-License-Identifier: BSD-3-Clause
"""Words that can be completed at the shell's prompt: commands, sites, hosts, fibres."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

COMMANDS = """
advance after clock cut dpctl dump events exit fibres help intfs iperf iperfudp light link links load net nodes pingall
pingallfull pingpair ports px py quit repair run sh source switch time unwatch watch
"""
LIGHT = ("move", "release", "request")
REQUEST = ("--name", "--no-wait", "--protection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of one network."""

    sites: Sequence[str]
    hosts: Sequence[str]
    fibres: Sequence[str]

    def following(self, before: Sequence[str], place: str = "") -> Iterator[str]:
        """What may follow the words before, at a prompt in `place` ("": the shell's own).

        >>> words = Words(sites=["a", "b"], hosts=["a-h1"], fibres=["a-b"])
        >>> list(words.following(["cut"])), list(words.following(["light"])), list(words.following(["watch"]))
        (['a-b', 'a', 'b', '--silent'], ['move', 'release', 'request'], ['a', 'b'])
        >>> "a-h1" in list(words.following([])), list(words.following(["after", "2s"]))
        (True, ['cut', 'repair'])
        """
        if place:
            yield from (*self.sites, *self.hosts)
            return
        if not before:
            yield from (*COMMANDS.split(), *self.sites, *self.hosts)
            return
        first, count = before[0], len(before)
        if first == "after":
            yield from ("cut", "repair") if count == 2 else ()
            if count > 2:
                yield from self.following(before[2:])
        elif first in ("cut", "repair"):
            yield from (*self.fibres, *self.sites, *(["--silent"] if first == "cut" else []))
        elif first == "light":
            yield from LIGHT if count == 1 else ()
            if count > 1 and before[1] == "request":
                yield from self.sites if count < 4 else REQUEST
        elif first in ("watch", "unwatch"):
            yield from self.sites if count < 3 else ("every",)
        else:
            yield from (*self.sites, *self.hosts)
