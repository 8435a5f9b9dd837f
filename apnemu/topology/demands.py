"""Demands of a topology file: pairs one by one, and meshes that stand for every pair."""

from __future__ import annotations

import difflib
from itertools import combinations

from apnemu.model.demand import Demand, TreeDemand
from apnemu.model.plant import Site
from apnemu.topology.parse import Parser
from apnemu.topology.shapes import Entry


def read_demands(
    entry: Entry, sites: tuple[Site, ...], parser: Parser
) -> tuple[tuple[Demand, ...], tuple[TreeDemand, ...]]:
    """Demands of pairs, and from one to many, both in the file's order.

    A mesh's pairs stand in its place, in the order of the sites in the file.
    """
    demands: dict[str, Demand | TreeDemand] = {}
    for item in entry.entries("demands"):
        for demand in _any(item, sites, parser):
            if demand.name in demands:
                parser.fail(
                    item.line_of("name"),
                    f"demand name {demand.name!r} comes twice; names must differ; give one of them another name",
                )
            demands[demand.name] = demand
    found = tuple(demands.values())
    return (
        tuple(demand for demand in found if isinstance(demand, Demand)),
        tuple(demand for demand in found if isinstance(demand, TreeDemand)),
    )


def _any(item: Entry, sites: tuple[Site, ...], parser: Parser) -> tuple[Demand | TreeDemand, ...]:
    if "to_many" in item:
        return (_tree(item, sites, parser),)
    if "kind" in item:
        parser.fail(
            item.line_of("kind"),
            f"kind of {item.what} is given; only a demand to many has kinds; write to_many, or take it out",
        )
    return _mesh(item, sites, parser) if "among" in item else _single(item, sites, parser)


def _tree(item: Entry, sites: tuple[Site, ...], parser: Parser) -> TreeDemand:
    source = _data_centre(item.text("from"), "from", item, sites, parser)
    leaves = tuple(_data_centre(name, "to_many", item, sites, parser) for name in item.texts("to_many"))
    for index, leaf in enumerate(leaves):
        if leaf == source or leaf in leaves[:index]:
            why = "leads to its own hub" if leaf == source else f"names {leaf} twice"
            parser.fail(
                item.line_of("to_many"),
                f"to_many of {item.what} {why}; leaves are other sites, once each; take {leaf} out",
            )
    return TreeDemand(
        name=item.text("name"),
        source=source,
        leaves=leaves,
        rate_gbps=item.number("rate_gbps"),
        kind=item.text("kind", "tree"),  # type: ignore[arg-type]  # the format allows only the two words
    )


def _single(item: Entry, sites: tuple[Site, ...], parser: Parser) -> tuple[Demand, ...]:
    source, target = (_data_centre(item.text(key), key, item, sites, parser) for key in ("from", "to"))
    if source == target:
        parser.fail(
            item.line_of("to"),
            f"{item.what} ({item.text('name')}) leads from {source} to itself; its two ends must differ; name another"
            " site",
        )
    return (Demand(name=item.text("name"), source=source, target=target, rate_gbps=item.number("rate_gbps")),)


def _mesh(item: Entry, sites: tuple[Site, ...], parser: Parser) -> tuple[Demand, ...]:
    if item.values["among"] == "all":
        members = tuple(site.name for site in sites if site.kind != "exchange")
    else:
        wanted = tuple(_data_centre(name, "among", item, sites, parser) for name in item.texts("among"))
        for index, name in enumerate(wanted):
            if name in wanted[:index]:
                parser.fail(
                    item.line_of("among"),
                    f"among of {item.what} names {name} twice; a mesh joins each site once; take one out",
                )
        members = tuple(site.name for site in sites if site.name in wanted)
    name, rate_gbps = item.text("name"), item.number("rate_gbps")
    return tuple(
        Demand(name=f"{name}/{source}-{target}", source=source, target=target, rate_gbps=rate_gbps)
        for source, target in combinations(members, 2)
    )


def _data_centre(name: str, key: str, item: Entry, sites: tuple[Site, ...], parser: Parser) -> str:
    known = {site.name: site for site in sites if site.kind != "exchange"}
    if name in known:
        return name
    if any(site.name == name for site in sites):
        parser.fail(
            item.line_of(key),
            f"{key} of {item.what} is {name!r}; an exchange has no data centre and cannot ask for light; name an edge,"
            " local or cluster site",
        )
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "add it under sites, or name one of them"
    parser.fail(item.line_of(key), f"{key} of {item.what} is {name!r}; there is no such site; {hint}")
