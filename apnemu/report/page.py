# SPDX-License-Identifier: BSD-3-Clause
"""`report.html`: one file, offline for good, that answers the run's question and shows how it was found.

It is a pure function of its inputs: no date, no path and no measure of this machine but what the manifest holds. Names
come from users' files, so jinja2 escapes everything; and a content security policy refuses every request and every
script but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from apnemu.report import headline, language, plant_map, words
from apnemu.report.columns import all_columns, undescribed
from apnemu.report.light_figures import light_figures
from apnemu.report.round_trips import chief
from apnemu.report.shown import PairSaid, Shown
from apnemu.report.svg import element
from apnemu.report.trees import tree_figures

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Run as the page shows it: its document (`apnemu run --json`), its manifest, and how its results are shown.

    `picture` is its plant, which need not be the page's. A run without a manifest, an empty one, is shown as such.
    """

    document: Document
    shown: Shown
    manifest: Mapping[str, Any]
    picture: Mapping[str, Any]


def write_page(folder: Path, parts: Sequence[Part], picture: Mapping[str, Any]) -> Path:
    """Write `report.html` into the folder and return its path; the first part gives the headline.

    `picture` is the plant: `topology source licence inferred sites fibres lightpaths refusals packet`.
    """
    return keep_page(folder, render(parts, picture))


def keep_page(folder: Path, content: str) -> Path:
    """Write what was rendered as `report.html` into the folder and return its path."""
    page = folder / "report.html"
    page.write_text(content, encoding="utf-8", errors="backslashreplace", newline="\n")
    return page


def render(parts: Sequence[Part], picture: Mapping[str, Any]) -> str:
    """The page as text; each part's results and the map have the labels of their own plant."""
    sections = [_section(part) for part in parts]
    with words.labelled(words.names_of(picture)):
        return _rendered(parts, sections, picture)


def _rendered(parts: Sequence[Part], sections: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    script = asset("page.js")
    said = _said_of_pairs(parts, picture)
    ends = chief([pair.ends for pair in said], picture) or _first_light(picture)
    details = [
        {**pair, "lines": [(language.heard(term), language.heard(text)) for term, text in pair["lines"]]}
        for pair in pair_details(said, picture)
    ]
    return template("page.html.j2").render(
        picture=picture,
        style=asset("page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        sections=sections,
        chosen=_index(details, ends),
        details=details,
        ends=list(ends or ()),
        labels=[words.site(site["name"]) for site in picture["sites"]],
        map=plant_map.draw(picture, _route(details, ends)) if picture["sites"] else Markup(""),
        map_text=plant_map.describe(picture),
        light=light_figures(picture),
        kinds=[(kind, _kind_mark(kind)) for kind in _kinds(picture)],
        packet=[_of_packet(name, value) for name, value in picture["packet"].items()],
        words=words,
    )


def _of_packet(name: str, value: Any) -> tuple[str, str, bool]:
    """A figure of the packet network: its heading with the unit, its value, and whether it is a text of others."""
    column = undescribed(name, [{name: value}])
    return column.heading, column.cell({name: value}), isinstance(value, str)


def _said_of_pairs(parts: Sequence[Part], picture: Mapping[str, Any]) -> Sequence[PairSaid]:
    """Texts about pairs of sites, by the first experiment over the page's plant that has any."""
    for part in parts:
        rows = part.document["results"]
        if part.shown.pairs is not None and rows and part.picture == picture:
            return part.shown.pairs(rows, picture)
    return ()


def pair_details(said: Sequence[PairSaid], picture: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the page says of each pair with light or a measurement: ends, route, and lines of (term, text)."""
    measured = {pair.ends: pair.lines for pair in said}
    paths = {(path["from"], path["to"]): path for path in reversed(picture["lightpaths"])}
    branches = _branches(picture)
    details: list[dict[str, Any]] = []
    for ends in dict.fromkeys([*measured, *paths, *branches]):
        back = (ends[1], ends[0])
        path = paths.get(ends) or paths.get(back)
        of_trees = branches.get(ends) or branches.get(back) or []
        if ends not in measured and (back in measured or (ends not in paths and back in paths)):
            continue
        lines: list[tuple[str, str]] = [*measured.get(ends, ())]
        lines += _light(path) if path or not of_trees else []
        lines += [_branch(tree, branch) for tree, branch in of_trees]
        shown = path or (of_trees[0][1] if of_trees else {"route": []})
        details.append({"ends": list(ends), "route": shown["route"], "lines": lines})
    return details


def _branches(picture: Mapping[str, Any]) -> dict[tuple[str, str], list[tuple[Document, Document]]]:
    """(hub, leaf) -> the trees that reach it, each with its branch there."""
    found: dict[tuple[str, str], list[tuple[Document, Document]]] = {}
    for tree in picture.get("trees", ()):
        for branch in tree["branches"]:
            found.setdefault((tree["from"], branch["to"]), []).append((tree, branch))
    return found


def _branch(tree: Document, branch: Document) -> tuple[str, str]:
    """Text on what a leaf gets of a tree."""
    shared = "shared by subcarriers " if tree["kind"] == "subcarriers" else ""
    slot = tree["slot"]
    return (
        f"Light tree {shared}{words.spelled(tree['name'])}",
        f"{tree['mode']}, {words.gbps(tree['rate_gbps'])} Gbit/s, slot {words.slot(slot['n'], slot['m'])},"
        f" {words.both_ways(branch['delay_ns'], branch.get('return_delay_ns'))} one way,"
        f" margin {branch['margin_db']:.1f} dB over a GSNR of {branch['gsnr_db'] - branch['margin_db']:.1f} dB",
    )


def _light(path: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if path is None:
        return [("Lightpath", "none")]
    lines = [
        ("Lightpath", " → ".join(words.site(name) for name in path["route"])),
        (
            "Light",
            f"{path['mode']}, {words.gbps(path['rate_gbps'])} Gbit/s, "
            f"slot {words.slot(path['slot']['n'], path['slot']['m'])}",
        ),
        ("Delay one way", words.both_ways(path["delay_ns"], path.get("return_delay_ns"))),
    ]
    if path.get("margin_db") is not None:
        lines.append(
            ("Margin", f"{path['margin_db']:.1f} dB over a GSNR of {path['gsnr_db'] - path['margin_db']:.1f} dB")
        )
    return lines


def _section(part: Part) -> dict[str, Any]:
    with words.labelled(words.names_of(part.picture)):
        return _told(part)


def _told(part: Part) -> dict[str, Any]:
    document, rows, picture = part.document, part.document["results"], part.picture
    table = all_columns(rows, part.shown.columns)
    return {
        "document": document,
        "headline": part.shown.answer(rows, picture),
        "expectation": headline.expectation(document),
        "figures": [*part.shown.groups(rows, picture), *_trees(picture)],
        "headings": [(column.heading, column.number) for column in table],
        "rows": [[column.cell(row) for column in table] for row in rows],
        "numbers": [column.number for column in table],
        "command": _command(document, part.manifest),
        "manifest": part.manifest,
    }


def _trees(picture: Mapping[str, Any]) -> list[tuple[str, list[Markup]]]:
    drawn = tree_figures(picture)
    return [("", drawn)] if drawn else []


def _command(document: Document, manifest: Mapping[str, Any]) -> str:
    """The command line that gives this run again."""
    command = manifest.get("command")
    if isinstance(command, list):
        return shlex.join(command) or "no command: the experiment was given as a value from Python (apnemu.run)"
    return str(command or f"apnemu run {document['experiment']} --seed {document['seed']} --time {document['time']}")


def _first_light(picture: Mapping[str, Any]) -> tuple[str, str] | None:
    """Ends of the first lightpath, or hub and first leaf of the first tree."""
    paths = ((path["from"], path["to"]) for path in picture["lightpaths"])
    return next(paths, next(iter(_branches(picture)), None))


def _route(details: Sequence[Mapping[str, Any]], ends: tuple[str, str] | None) -> Sequence[str]:
    return next((one["route"] for one in details if ends and {*one["ends"]} == {*ends}), ())


def _index(details: Sequence[Mapping[str, Any]], ends: tuple[str, str] | None) -> int | None:
    return next((index for index, detail in enumerate(details) if ends and detail["ends"] == list(ends)), None)


def _kinds(picture: Mapping[str, Any]) -> list[str]:
    order = {"cluster": 0, "local": 1, "edge": 2, "exchange": 3}
    return sorted({site["kind"] for site in picture["sites"]}, key=lambda kind: (order.get(kind, 4), kind))


def _kind_mark(kind: str) -> Markup:
    return element("svg", *plant_map.shape(kind, 10, 10), width=20, height=20, class_="key", aria_hidden="true")


def template(name: str) -> jinja2.Template:
    """A template of this room: what is put into it is escaped, and a missing name is an error."""
    return _templates(language.current()).get_template(name)


@lru_cache
def _templates(spoken: str) -> jinja2.Environment:
    """The templates of this room in a language, each compiled once."""
    rooms = jinja2.Environment(
        loader=jinja2.PackageLoader("apnemu.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    rooms.globals |= {"_": language.heard, "language": spoken}
    return rooms


def asset(name: str) -> Markup:
    """A file of this room that stands in the page as it is."""
    return Markup((Path(__file__).parent / "templates" / name).read_text(encoding="utf-8"))
