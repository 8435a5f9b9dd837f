# SPDX-License-Identifier: BSD-3-Clause
"""The page: its text with the map, and the files that it loads. Names come from users' files: jinja2 escapes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from apnemu.blueprint.requests import PROTECTIONS
from apnemu.live.words import STATES, WORDS
from apnemu.report import words
from apnemu.report.language import current, heard
from apnemu.report.maps import Ground
from apnemu.report.plant_map import mean_km, names_placed, shape
from apnemu.report.svg import element

FILES: Final = Path(__file__).with_name("files")
MOST_PAGE_BYTES: Final = 300_000
"""Most bytes of the page with all that it loads; a great plant has a map without names and land."""
HTML, CSS, SCRIPT = "text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8"


def files(
    picture: Mapping[str, Any], *, networks: Sequence[str], title: str, centres: Sequence[str], is_shell: bool
) -> dict[str, tuple[str, bytes]]:
    """The page and what it loads: name -> type and content; the page's name is "".

    `networks` are what its tabs are of, `centres` the sites with hosts, `is_shell` is whether lines can be typed.
    Texts are in the language that is spoken.
    """
    light = "apn" in networks
    with words.labelled(words.names_of(picture)):
        facts = _facts(picture, networks, is_shell, light)
        page = _template().render(
            title=title,
            topology=picture["topology"],
            language=current(),
            map=drawn(picture),
            facts=Markup(json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")),
            networks=[(network, words.network(network)) for network in networks],
            centres=[(site, words.site(site)) for site in centres],
            protections=list(PROTECTIONS),
            paces=PACES,
            states=STATES,
            is_shell=is_shell,
            light=light,
            _=heard,
        )
    return {
        "": (HTML, page.encode()),
        "live.css": (CSS, (FILES / "live.css").read_bytes()),
        "live.js": (SCRIPT, (FILES / "live.js").read_bytes()),
    }


PACES: Final = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 0.0)
"""Virtual seconds in one of the wall's; 0 is as fast as the machine can."""


def drawn(picture: Mapping[str, Any]) -> Markup:
    """The map: each site and each fibre is a button, and what light there is comes over the fibres."""
    ground = Ground(picture)
    at = ground.at
    lines = [(at[fibre["a"]], at[fibre["b"]]) for fibre in picture["fibres"]]
    svg = ground.drawn(
        element("g", *(_fibre(fibre, ground) for fibre in picture["fibres"]), class_="fibres"),
        element("g", *(_site(site, *at[site["name"]]) for site in picture["sites"]), class_="sites"),
        element("g", *names_placed(picture["sites"], at, lines), class_="labels"),
        label=f"Map of {picture['topology']}",
    )
    return Markup(svg.replace(' role="img"', ' role="group"', 1))  # what is in an image is no button


def _fibre(fibre: Mapping[str, Any], ground: Ground) -> Markup:
    name = f"{words.pair(fibre['a'], fibre['b'])}, {mean_km(fibre):,.1f} km"
    return element(
        "g",
        element("title", name),
        ground.fibre(fibre, class_="hit"),
        ground.fibre(fibre, class_="fibre"),
        ground.fibre(fibre, class_="glow"),
        class_="fibre-button",
        data_fibre=fibre["name"],
        tabindex=0,
        role="button",
        aria_pressed="false",
        aria_label=name,
    )


def _site(site: Mapping[str, Any], x: float, y: float) -> Markup:
    name = words.site(site["name"])
    return element(
        "g",
        element("title", name),
        element("circle", class_="hit", cx=x, cy=y, r=13),
        *shape(site["kind"], x, y),
        class_="site",
        data_site=site["name"],
        tabindex=0,
        role="button",
        aria_pressed="false",
        aria_label=name,
    )


def _facts(picture: Mapping[str, Any], networks: Sequence[str], is_shell: bool, light: bool) -> dict[str, Any]:
    """What the script must know."""
    return {
        "words": {key: heard(text) for key, text in WORDS.items()},
        "states": {key: heard(text) for key, text in STATES.items()},
        "networks": list(networks),
        "isShell": is_shell,
        "light": light,
        "band": picture["band"],
        "sites": {site["name"]: words.site(site["name"]) for site in picture["sites"]},
        "fibres": [
            {
                "name": fibre["name"],
                "shown": words.named(fibre["name"]),
                "a": fibre["a"],
                "b": fibre["b"],
            }
            for fibre in picture["fibres"]
        ],
    }


@cache
def _template() -> jinja2.Template:
    rooms = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FILES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return rooms.get_template("live.html.j2")
