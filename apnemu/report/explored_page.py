# SPDX-License-Identifier: BSD-3-Clause
"""Page of an exploration: how much was played and met, and each failure as a timeline of maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from apnemu.report import words
from apnemu.report.maps import Ground
from apnemu.report.page import asset, template
from apnemu.report.plant_map import names_placed, points, shape
from apnemu.report.svg import element

Document = Mapping[str, Any]
COLOURS = 6
APART = 5
"""Distance between lines of light over one fibre, in the map's own pixels."""


def explored_page(document: Document, picture: Document) -> str:
    """The page as text; `picture` is the plant's (`report.picture`)."""
    ground = Ground(picture)
    failures = [
        {
            **failure,
            "maps": _moments(failure["moments"], picture, ground),
            "counted": words.count(failure["times"], "scenario"),
        }
        for failure in document["failures"]
    ]
    return template("explored.html.j2").render(
        document=document,
        style=asset("page.css"),
        headline=headline(document),
        failures=failures,
        met=sorted(document["met"].items(), key=lambda each: -each[1]),
    )


def headline(document: Document) -> str:
    """What came of it, in a sentence.

    >>> headline({"scenarios": 1000, "failures": []})
    '1,000 scenarios were played, and every invariant held.'
    """
    played = words.count(document["scenarios"], "scenario")
    if not document["failures"]:
        return f"{played} were played, and every invariant held."
    ways = words.count(len(document["failures"]), "way")
    return f"{played} were played; {document['failed']:,} failed, in {ways}."


def _moments(moments: Sequence[Document], picture: Document, ground: Ground) -> list[dict[str, Any]]:
    """All maps of a failure; a service has one colour in all of them."""
    names = dict.fromkeys(service["name"] for one in moments for service in one.get("services", ()))
    colours = {name: place % COLOURS for place, name in enumerate(names)}
    return [_moment(one, picture, ground, colours) for one in moments]


def _moment(moment: Document, picture: Document, ground: Ground, colours: Mapping[str, int]) -> dict[str, Any]:
    seconds = moment["at_ns"] / 1e9
    heading = "; ".join(moment["steps"]) or "at the begin"
    if "broken" in moment:
        return {"at": f"{seconds:.9f} s", "heading": heading, "broken": moment["broken"], "map": "", "services": []}
    return {
        "at": f"{seconds:.9f} s",
        "heading": heading,
        "broken": "",
        "map": _map(moment, picture, ground, heading, colours),
        "services": _services(moment),
        "controller": moment["controller"],
    }


def _services(moment: Document) -> list[str]:
    return [
        f"{service['name']}: {' > '.join(service['route'])}{'' if service['carries'] else ' (does not carry)'}"
        for service in moment["services"]
    ]


def _map(moment: Document, picture: Document, ground: Ground, heading: str, colours: Mapping[str, int]) -> Markup:
    """Fibres, dark ones broken, lost sites crossed out, and each service's light as a line beside its fibres."""
    dark = set(moment["dark"])
    fibres = [
        ground.fibre(fibre, f"{fibre['name']} is dark", class_="fibre cut")
        if fibre["name"] in dark
        else ground.fibre(fibre)
        for fibre in picture["fibres"]
    ]
    lines = [(ground.at[fibre["a"]], ground.at[fibre["b"]]) for fibre in picture["fibres"]]
    sites = [
        element(
            "g",
            *shape(site["kind"], *ground.at[site["name"]]),
            class_="site gone" if site["name"] in moment["lost"] else "site",
        )
        for site in picture["sites"]
    ]
    label = f"{heading}: dark {', '.join(moment['dark']) or 'nothing'}"
    return ground.drawn(
        element("g", *fibres, class_="fibres"),
        *_light(moment["services"], ground, colours),
        element("g", *sites, class_="sites"),
        element("g", *names_placed(picture["sites"], ground.at, lines), class_="labels"),
        label=label,
    )


def _light(services: Sequence[Document], ground: Ground, colours: Mapping[str, int]) -> list[Markup]:
    """Light of each service; that which shares a fibre with another's lies beside it."""
    beside: dict[frozenset[str], int] = {}
    drawn = []
    for service in services:
        hops = [frozenset(hop) for hop in pairwise(service["route"])]
        place = max((beside.get(hop, 0) for hop in hops), default=0)
        beside.update(dict.fromkeys(hops, place + 1))
        note = element("title", f"{service['name']}: {' > '.join(service['route'])}")
        look = f"run-line run-{colours[service['name']]}{'' if service['carries'] else ' waits'}"
        drawn.append(
            element(
                "polyline",
                note,
                class_=look,
                points=points(service["route"], ground.at),
                fill="none",
                transform=f"translate({place * APART} {place * APART})",
            )
        )
    return drawn
