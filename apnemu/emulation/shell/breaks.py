# SPDX-License-Identifier: BSD-3-Clause
"""Fibres that are cut and sites that are lost by a person's word, and what is repaired."""

from __future__ import annotations

from collections.abc import Sequence

from apnemu.emulation.loop import now_ns
from apnemu.emulation.play.failures import Failures
from apnemu.emulation.play.playing import Scene
from apnemu.emulation.shell.names import Names
from apnemu.errors import InputError
from apnemu.model.activities import Event, EventKind
from apnemu.model.scenario import Stage
from apnemu.units import VirtualNs


class Breaks:
    """What is cut and lost on a network now."""

    def __init__(self, scene: Scene, names: Names) -> None:
        self._names = names
        first = Event(at_ns=VirtualNs(0), kind="repair", what="")
        self._failures = Failures(scene, Stage(phase="shell", duration_ns=VirtualNs(0), activities=(first,)))
        self._failures.prepare()
        self.fibres: list[str] = []
        """Fibres that are cut."""
        self.sites: list[str] = []
        """Sites that are lost."""

    def cut(self, words: Sequence[str], *, silent: bool = False) -> list[str]:
        """Cut fibres, and lose sites; returns their names. Raises InputError for what is neither, or dark already."""
        fibres, sites = self.meant(words)
        for name in (*fibres, *sites):
            if name in (*self.fibres, *self.sites):
                raise InputError(f"{name} is dark already; repair {name} gives it back")
        self._happens("cut", fibres, sites, silent=silent)
        self.fibres += fibres
        self.sites += sites
        return [*fibres, *sites]

    def repair(self, words: Sequence[str]) -> list[str]:
        """Repair fibres and sites, all without a word; returns their names. Raises InputError for what is whole."""
        fibres, sites = self.meant(words) if words else (list(self.fibres), list(self.sites))
        for name in (*fibres, *sites):
            if name not in (*self.fibres, *self.sites):
                raise InputError(f"{name} is whole; cut {name} makes it dark")
        self._happens("repair", fibres, sites)
        self.fibres = [name for name in self.fibres if name not in fibres]
        self.sites = [name for name in self.sites if name not in sites]
        return [*fibres, *sites]

    def meant(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """Fibres and sites that words mean. Raises InputError for what is neither."""
        if not words:
            raise InputError(f"there is nothing to cut; name a fibre ({', '.join(self._names.ends)}) or a site")
        meant = [self._names.fibre_or_site(word) for word in dict.fromkeys(words)]
        return [fibre for fibre, _ in meant if fibre], [site for _, site in meant if site]

    def _happens(self, kind: EventKind, fibres: list[str], sites: list[str], *, silent: bool = False) -> None:
        what = " ".join((kind, *fibres, *sites))
        self._failures.happens(
            Event(
                at_ns=VirtualNs(now_ns()),
                kind=kind,
                what=what,
                fibres=tuple(fibres),
                sites=tuple(sites),
                silent=silent,
            )
        )
