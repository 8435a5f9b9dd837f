"""`report.html`: one file, offline for good, that answers the run's question and shows how it was found.

It is a pure function of its inputs: no date, no path and no measure of this machine but what the manifest holds. Names
come from users' files, so jinja2 escapes everything; and a content security policy refuses every request and every
script but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import jinja2
from markupsafe import Markup

from apnemu.errors import InputError
from apnemu.report import headline, latency_charts, load_charts, plant_map, results, words
from apnemu.report.curves import curves_of
from apnemu.report.svg import element
from apnemu.report.light_figures import light_figures
from apnemu.report.outage_figure import outage_figure
from apnemu.report.round_trips import chief, networks, pairs, phases
from apnemu.report.quality_figures import quality_figures
from apnemu.report.reach_map import reach_figures
from apnemu.report.rows import LatencyRow, LossRow, ThroughputRow
from apnemu.report.service_figure import service_figure
from apnemu.report.sharing_charts import sharing_figures
from apnemu.report.training_charts import training_figures
from apnemu.report.trees import tree_figures

Document = Mapping[str, Any]


def write_page(run_dir: Path, documents: Sequence[Document], picture: Mapping[str, Any]) -> Path:
    """Write `report.html` into `run_dir` and return its path.

    `documents` are what `apnemu run --json` printed, one for each run that the page shows; the first gives the
    headline. `picture` is the plant: `topology source licence inferred sites fibres lightpaths refusals packet`.
    Each run's `manifest.json` is read from `run_dir` if there is one run, else from each document's `run_dir`; a run
    without one is shown as such.
    """
    only = len(documents) == 1
    manifests = [_manifest(run_dir if only else Path(document["run_dir"])) for document in documents]
    page = run_dir / "report.html"
    page.write_text(render(documents, picture, manifests), encoding="utf-8", newline="\n")
    return page


def render(documents: Sequence[Document], picture: Mapping[str, Any], manifests: Sequence[Mapping[str, Any]]) -> str:
    """The page as text; `manifests` in the documents' order, empty where there is none."""
    script = asset("page.js")
    latency = _latency(documents)
    ends = chief(latency, picture) or _first_light(picture)
    details = pair_details(latency, picture)
    return template("page.html.j2").render(
        picture=picture,
        style=asset("page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        sections=[
            _section(document, picture, manifest) for document, manifest in zip(documents, manifests, strict=True)
        ],
        chosen=_index(details, ends),
        details=details,
        ends=list(ends or ()),
        labels=[words.site(site["name"]) for site in picture["sites"]],
        map=plant_map.draw(picture, _route(details, ends)) if picture["sites"] else Markup(""),
        map_text=plant_map.describe(picture),
        light=light_figures(picture),
        kinds=[(kind, _kind_mark(kind)) for kind in _kinds(picture)],
        words=words,
    )


def pair_details(rows: Sequence[LatencyRow], picture: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the page says of each pair with light or a measurement: ends, route, and lines of (term, text)."""
    last = phases(rows)[-1] if rows else ""
    measured = {(pair.source, pair.target): pair for pair in pairs(rows, picture, last)}
    paths = {(path["from"], path["to"]): path for path in reversed(picture["lightpaths"])}
    branches = _branches(picture)
    found: list[dict[str, Any]] = []
    for ends in dict.fromkeys([*measured, *paths, *branches]):
        back = (ends[1], ends[0])
        path = paths.get(ends) or paths.get(back)
        of_trees = branches.get(ends) or branches.get(back) or []
        if ends not in measured and (back in measured or (ends not in paths and back in paths)):
            continue
        lines: list[tuple[str, str]] = []
        pair = measured.get(ends)
        if pair is not None:
            for name in networks(list(pair.rows.values())):
                row = pair.rows[name]
                text = f"{words.duration(row['rtt_ns_p50'])}, jitter {words.duration(row['jitter_ns'])}"
                lines.append((f"Round trip, {words.network(name)}", text))
            if pair.floor_ns is not None:
                lines.append(("Light in the fibre alone", words.duration(pair.floor_ns)))
            if pair.length_km is not None:
                lines.append(("Shortest fibre route", f"{pair.length_km:,.1f} km"))
        lines += _light(path) if path or not of_trees else []
        lines += [_branch(tree, branch) for tree, branch in of_trees]
        shown = path or (of_trees[0][1] if of_trees else {"route": []})
        found.append({"ends": list(ends), "route": shown["route"], "lines": lines})
    return found


def _branches(picture: Mapping[str, Any]) -> dict[tuple[str, str], list[tuple[Document, Document]]]:
    """(hub, leaf) -> the trees that reach it, each with its branch there."""
    found: dict[tuple[str, str], list[tuple[Document, Document]]] = {}
    for tree in picture.get("trees", ()):
        for branch in tree["branches"]:
            found.setdefault((tree["from"], branch["to"]), []).append((tree, branch))
    return found


def _branch(tree: Document, branch: Document) -> tuple[str, str]:
    """What a leaf gets of a tree."""
    shared = "shared by subcarriers " if tree["kind"] == "subcarriers" else ""
    slot = tree["slot"]
    return (
        f"Light tree {shared}{tree['name']}",
        f"{tree['mode']}, {words.gbps(tree['rate_gbps'])} Gbit/s, slot n = {slot['n']}, m = {slot['m']},"
        f" {words.duration(branch['delay_ns'])} one way, margin {branch['margin_db']:.1f} dB over a GSNR of"
        f" {branch['gsnr_db'] - branch['margin_db']:.1f} dB",
    )


def _light(path: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if path is None:
        return [("Lightpath", "none")]
    lines = [
        ("Lightpath", " → ".join(words.site(name) for name in path["route"])),
        (
            "Light",
            f"{path['mode']}, {words.gbps(path['rate_gbps'])} Gbit/s, "
            f"slot n = {path['slot']['n']}, m = {path['slot']['m']}",
        ),
        ("Delay one way", words.duration(path["delay_ns"])),
    ]
    if path.get("margin_db") is not None:
        lines.append(
            ("Margin", f"{path['margin_db']:.1f} dB over a GSNR of {path['gsnr_db'] - path['margin_db']:.1f} dB")
        )
    return lines


def _section(document: Document, picture: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    rows = document["results"]
    table = results.columns(rows)
    return {
        "document": document,
        "headline": headline.sentence(rows, picture),
        "expectation": headline.expectation(document),
        "figures": [*_figures(rows, picture), *_trees(picture)],
        "headings": [(column.heading, column.number) for column in table],
        "rows": [[column.text(row) for column in table] for row in rows],
        "numbers": [column.number for column in table],
        "command": _command(document, manifest),
        "manifest": manifest,
    }


def _figures(rows: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> list[tuple[str, list[Markup]]]:
    """(heading, figures): for latency one such for the first and the last phase."""
    kind = results.kind_of(rows)
    if kind == "loss":
        return [("", load_charts.loss_figures(cast(Sequence[LossRow], rows)))]
    if kind == "throughput":
        return [("", [load_charts.throughput_figure(cast(Sequence[ThroughputRow], rows))])]
    if kind == "reach":
        return [("", reach_figures(rows, picture))]
    if kind == "sharing":
        return [("", sharing_figures(rows))]
    if kind == "quality":
        return [("", quality_figures(rows))]
    if kind == "services":
        return [("", [service_figure(rows)])]
    if rows and "predicted_outage_ns" in rows[0]:
        return [("", [outage_figure(rows)])]
    if rows and "one_dc_step_s" in rows[0]:
        return [("", training_figures(rows))]
    if kind == "other":
        drawn = curves_of(rows)
        return [("", drawn)] if drawn else []
    latency = cast(Sequence[LatencyRow], rows)
    names, found = networks(rows), phases(latency)
    shown = list(dict.fromkeys([found[0], found[-1]]))
    groups = []
    for phase in shown:
        of_phase = pairs(latency, picture, phase)
        draw = (latency_charts.distance_figure, latency_charts.added_figure, latency_charts.jitter_figure)
        groups.append((phase if len(found) > 1 else "", [one(of_phase, names) for one in draw]))
    return groups


def _trees(picture: Mapping[str, Any]) -> list[tuple[str, list[Markup]]]:
    drawn = tree_figures(picture)
    return [("", drawn)] if drawn else []


def _latency(documents: Sequence[Document]) -> list[LatencyRow]:
    """Of the first document that has latencies."""
    found = (document["results"] for document in documents if results.kind_of(document["results"]) == "latency")
    return next(found, [])


def _manifest(run_dir: Path) -> dict[str, Any]:
    path = run_dir / "manifest.json"
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"not JSON ({error}); run again", file=str(path)) from error
    if not isinstance(found, dict):
        raise InputError("not a JSON object; run again", file=str(path))
    return found


def _command(document: Document, manifest: Mapping[str, Any]) -> str:
    """The command line that gives this run again."""
    command = manifest.get("command")
    if isinstance(command, list):
        return shlex.join(command)
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
    """One of ours: everything that is put in is escaped, and what is missing is an error."""
    rooms = jinja2.Environment(
        loader=jinja2.PackageLoader("apnemu.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return rooms.get_template(name)


def asset(name: str) -> Markup:
    """A file of ours that stands in the page as it is."""
    return Markup((Path(__file__).parent / "templates" / name).read_text(encoding="utf-8"))
