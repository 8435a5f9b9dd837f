# SPDX-License-Identifier: BSD-3-Clause
"""Zones within which data stay, as topologies and power files declare them."""

from __future__ import annotations

from apnemu.model.zone import Zone
from apnemu.topology.origins import NAME, TITLE
from apnemu.topology.shapes import ListOf, MapOf, Record, may, must

ZONE = Record(
    makes=Zone,
    meaning="Sites within which data stay. Light that ends at a site bound by a zone has both ends, its route and its"
    " fibres in it; where both ends are bound, in both zones.",
    keys={
        "sites": must(
            ListOf(item=NAME, noun="site", most=1_000, or_word="all", hint="name sites, or all"), "those it has"
        ),
        "without_fibres": may(
            ListOf(item=TITLE, noun="fibre", most=10_000, hint="name fibres, for example [tokyo-osaka]"),
            "fibres between its sites that do not lie in it: they leave it on their way, or others own them",
        ),
    },
    hint="write for example kyushu-only: {sites: [hakata, saga]}",
)
ZONES = MapOf(key=NAME, item=ZONE, noun="zone", least=0, most=1_000, hint="say where data may be")
