# SPDX-License-Identifier: BSD-3-Clause
"""Demands of a topology file: pairs one by one, and meshes that stand for every pair."""

from __future__ import annotations

from itertools import combinations

from apnemu.model.demand import Demand, TreeDemand
from apnemu.model.plant import Site
from apnemu.topology.entry import Entry
from apnemu.topology.parse import nearest


def read_demands(entry: Entry, sites: tuple[Site, ...]) -> tuple[tuple[Demand, ...], tuple[TreeDemand, ...]]:
    """Demands of pairs, and from one to many, both in the file's order.

    A mesh's pairs stand in its place, in the order of the sites in the file.
    """
    demands: dict[str, Demand | TreeDemand] = {}
    for item in entry.entries("demands"):
        for demand in _demands(item, sites):
            if demand.name in demands:
                item.fail(
                    "name",
                    f"demand name {demand.name!r} comes twice; names must differ; give one of them another name",
                )
            demands[demand.name] = demand
    return (
        tuple(demand for demand in demands.values() if isinstance(demand, Demand)),
        tuple(demand for demand in demands.values() if isinstance(demand, TreeDemand)),
    )


def _demands(item: Entry, sites: tuple[Site, ...]) -> tuple[Demand | TreeDemand, ...]:
    if "to_many" in item:
        return (_tree(item, sites),)
    if "kind" in item:
        item.fail(
            "kind", f"kind of {item.what} is given; only a demand to many has kinds; write to_many, or take it out"
        )
    return _mesh(item, sites) if "among" in item else (_single(item, sites),)


def _tree(item: Entry, sites: tuple[Site, ...]) -> TreeDemand:
    source = _data_centre(item.text("from"), "from", item, sites)
    leaves = tuple(_data_centre(name, "to_many", item, sites) for name in item.texts("to_many"))
    for index, leaf in enumerate(leaves):
        if leaf == source or leaf in leaves[:index]:
            why = "leads to its own hub" if leaf == source else f"names {leaf} twice"
            item.fail("to_many", f"to_many of {item.what} {why}; leaves are other sites, once each; take {leaf} out")
    return item.made(TreeDemand)


def _single(item: Entry, sites: tuple[Site, ...]) -> Demand:
    source, target = (_data_centre(item.text(key), key, item, sites) for key in ("from", "to"))
    if source == target:
        what = f"{item.what} ({item.text('name')})"
        item.fail("to", f"{what} leads from {source} to itself; its two ends must differ; name another site")
    return item.made(Demand)


def _mesh(item: Entry, sites: tuple[Site, ...]) -> tuple[Demand, ...]:
    if item.values["among"] == "all":
        members = tuple(site.name for site in sites if site.kind != "exchange")
    else:
        wanted = tuple(_data_centre(name, "among", item, sites) for name in item.texts("among"))
        for index, name in enumerate(wanted):
            if name in wanted[:index]:
                item.fail(
                    "among", f"among of {item.what} names {name} twice; a mesh joins each site once; take one out"
                )
        members = tuple(site.name for site in sites if site.name in wanted)
    values = item.filled()
    return tuple(
        Demand(**values | {"name": f"{values['name']}/{source}-{target}", "source": source, "target": target})
        for source, target in combinations(members, 2)
    )


def _data_centre(name: str, key: str, item: Entry, sites: tuple[Site, ...]) -> str:
    known = {site.name: site.kind for site in sites}
    if known.get(name, "exchange") != "exchange":
        return name
    if name in known:
        item.fail(
            key,
            f"{key} of {item.what} is {name!r}; an exchange has no data centre and cannot ask for light; name an edge,"
            " local or cluster site",
        )
    hint = nearest(
        name,
        (site.name for site in sites if site.kind != "exchange"),
        "add it under sites, or name one of them",
    )
    item.fail(key, f"{key} of {item.what} is {name!r}; there is no such site; {hint}")
