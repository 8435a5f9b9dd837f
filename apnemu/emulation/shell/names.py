# SPDX-License-Identifier: BSD-3-Clause
"""Names of sites and fibres in place of the switches' and ports', in what a person writes and in what is shown.

A site's switch is shown as `tokyo-roadm` or `tokyo-router`, its port on a fibre as `tokyo:nagoya-tokyo`, its port to a
host as `tokyo:tokyo-h1/eth0`. A person writes a site for its first host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from apnemu.blueprint.document import Blueprint
from apnemu.errors import InputError
from apnemu.model.naming import ids_of

INTERNAL = re.compile(r"(?<![\w.-])(?:c\d+|s\d+(?:-eth\d+|-load)?)(?![\w-])")


class Names:
    """Names of one network. `labels`: id -> label, of all that have one."""

    def __init__(self, blueprint: Blueprint, labels: Mapping[str, str]) -> None:
        kind = "roadm" if blueprint.network == "apn" else "router"
        site = {switch.name: switch.site for switch in blueprint.switches}
        self.hosts: dict[str, list[str]] = {}
        """Site -> its hosts."""
        for host in blueprint.hosts:
            self.hosts.setdefault(host.site, []).append(host.name)
        self.address = {host.name: host.address for host in blueprint.hosts}
        sites = dict.fromkeys((*site.values(), *self.hosts))
        self._sites = {name: labels.get(name, "") for name in sites}
        self.switch = {f"{of}-{kind}": name for name, of in site.items()}
        """Name for people of a switch -> Mininet's."""
        self._shown = {name: shown for shown, name in self.switch.items()}
        self._shown |= {f"c{number}": f"{switch.site}-controller" for number, switch in enumerate(blueprint.switches)}
        self.ends: dict[str, tuple[str, str]] = {}
        """Fibre -> the sites that it joins."""
        for wire in blueprint.wires:
            for near, far in ((wire.a, wire.b), (wire.b, wire.a)):
                if near.node in site and wire.kind == "fibre":
                    self._shown[near.interface] = f"{site[near.node]}:{wire.name}"
                    self.ends[wire.name] = (site[wire.a.node], site[wire.b.node])
                elif near.node in site and wire.kind == "access":
                    self._shown[near.interface] = f"{site[near.node]}:{far.node}/{far.interface}"
                elif wire.kind == "load":
                    self._shown[near.interface] = f"{wire.site}:load" + ("" if near.node else "-in")
        self._fibres = {name: labels.get(name, "") for name in self.ends}

    def shown(self, text: str) -> str:
        """The text with names for people."""
        return INTERNAL.sub(lambda found: self._shown.get(found[0], found[0]), text)

    def node(self, word: str) -> str | None:
        """Mininet's name of what a word means: a host, a site's first host, a switch; None where it means nothing."""
        if word in self.address:
            return word
        if word in self.switch:
            return self.switch[word]
        sites = ids_of(word, self._sites)
        return self.hosts[sites[0]][0] if len(sites) == 1 and sites[0] in self.hosts else None

    def resolved(self, word: str) -> str:
        """The address of the host that a word means, or else the word."""
        return self.address.get(self.node(word) or "", word)

    def site(self, word: str) -> str:
        """The id of the site that a word means. Raises InputError where it means none, or several."""
        found = ids_of(word, self._sites)
        if len(found) == 1:
            return found[0]
        raise InputError(f"'{word}' is {_many(found, 'site')}; there are {', '.join(self._sites)}; name one of them")

    def data_centre(self, word: str) -> str:
        """The id of a site that has hosts. Raises InputError for any other word."""
        found = self.site(word)
        if found not in self.hosts:
            raise InputError(f"{found} has no data centre; {', '.join(self.hosts)} have one; name one of them")
        return found

    def switch_of(self, word: str) -> str:
        """Mininet's name of a switch, or of a site's. Raises InputError for any other word."""
        if word in self.switch:
            return self.switch[word]
        site = self.site(word)
        return next(name for shown, name in self.switch.items() if shown.rpartition("-")[0] == site)

    def fibre_or_site(self, word: str) -> tuple[str, str]:
        """The fibre that a word means, or else the site; the other of both is "".

        Two sites with - between mean the fibre that joins them. Raises InputError where a word means nothing, or
        several.
        """
        found = ids_of(word, self._fibres) or tuple(name for name, ends in self.ends.items() if _joined(word, ends))
        if len(found) == 1:
            return found[0], ""
        if not found and len(sites := ids_of(word, self._sites)) == 1:
            return "", sites[0]
        known = ", ".join(found or self._fibres)
        raise InputError(f"'{word}' is {_many(found, 'fibre')} and no site; there are {known}; name one of them")


def _joined(word: str, ends: tuple[str, str]) -> bool:
    return word in ("-".join(ends), "-".join(ends[::-1]))


def _many(found: tuple[str, ...], kind: str) -> str:
    return f"the name of {len(found)} {kind}s" if found else f"no {kind}"
