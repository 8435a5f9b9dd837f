# SPDX-License-Identifier: BSD-3-Clause
"""Import, check, plan and a latency run of each network in a folder, beside counts by independent readers:

    python -m tests.importing.real FOLDER [NAME...] [--no-lab]

A table NAME_nodes.csv is imported with NAME_links.csv beside it; links without length and place get 80 km. Nodes and
links are counted by networkx, by the standard library's XML, or by patterns over the text. Exit code 1 where a count
differs or a step fails.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx

APNEMU = Path(sys.executable).with_name("apnemu")
LENGTH_KM = 80


def counted(file: Path) -> tuple[int, int]:
    """Nodes and links of a network by a reader that is not ours; links there and back are one, loops none."""
    text = file.read_text("utf-8", "replace")
    if "<graphml" in text[:2000]:
        return _of_graph(nx.read_graphml(file))
    if file.suffix == ".gml":
        return _of_graph(nx.parse_gml(text.splitlines(), label="id"))
    if file.suffix in (".xml", ".n2p"):
        root = ET.fromstring(file.read_bytes())
        nodes = [each for each in root.iter() if each.tag.endswith("node") and each.get("id")]
        links = [each for each in root.iter() if re.fullmatch(r"(\{.*\})?link", each.tag) and each.get("id")]
        ends = [(each.get("originNodeId"), each.get("destinationNodeId")) for each in links]
        return len(nodes), _pairs(ends) if all(a and b for a, b in ends) else len(links)
    if file.suffix == ".txt":
        sections = dict(re.findall(r"^(\w+) \(\n(.*?)^\)", text, re.M | re.S))
        return tuple(len(re.findall(r"^\s+\S", sections[name], re.M)) for name in ("NODES", "LINKS"))  # type: ignore[return-value]
    if file.suffix == ".csv":
        links = file.with_name(file.name.replace("_nodes", "_links"))
        return tuple(len(each.read_text().split("\n")[1:]) - each.read_text().endswith("\n") for each in (file, links))  # type: ignore[return-value]
    held = json.loads(text)
    if "demands" in held:
        return len(held["nodes"]), len(held["links"])
    return _of_graph(nx.node_link_graph(held, edges="links" if "links" in held else "edges"))


def _of_graph(graph: Any) -> tuple[int, int]:
    ends = [(a, b) for a, b in graph.edges() if a != b]
    return len(graph), _pairs(ends) if graph.is_directed() else len(ends)


def _pairs(ends: list[Any]) -> int:
    """Links there and back as one."""
    ways = Counter(ends)
    both = {frozenset(end) for end in ways}
    return sum(max(ways[a, b], ways[b, a]) for a, b in (tuple(end) for end in both))


def tried(file: Path, folder: Path, lab: bool) -> dict[str, Any]:
    """What came of a file: counts, what was inferred and dropped, lightpaths, and rows of the latency run."""
    topology = folder / f"{file.name}.yaml"
    words = ["--length-km", LENGTH_KM]
    if file.name.endswith("_nodes.csv"):
        words += ["--links", file.with_name(file.name.replace("_nodes", "_links"))]
    said = _said("import", file, "--out", topology, *words)
    known = sum(part["sites"] for part in (said, *said.get("others", ())))
    fibres = sum(part["fibres"] for part in (said, *said.get("others", ())))
    own = counted(file)
    checked, planned = _said("check", topology), _said("plan", topology)
    told = {
        "file": file.name,
        "nodes": known,
        "links": fibres,
        "km": said["fibre_km"],
        "demands": said["demands"],
        "counted": own,
        "lightpaths": len(planned["lightpaths"]),
        "refusals": len(planned["refusals"]),
        "inferred": said["inferred"],
        "dropped": said["dropped"],
        "is_sound": checked["sites"] == said["sites"] and (known, fibres) == own,
    }
    if lab:
        ran = _said("run", "latency", "--topology", topology, "--set", "probes=2", "--out", folder / f"{file.name}.run")
        told |= {
            "rows": len(ran["results"]),
            "lost": sum(row["lost"] for row in ran["results"]),
            "wall_s": ran["wall_s"],
        }
        told["met"] = ran["expectation"]["met"]
    return told


def _said(*words: object) -> Any:
    ran = subprocess.run([APNEMU, *map(str, words), "--json"], capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"{words[0]} {words[1]}: exit {ran.returncode}: {ran.stderr.strip()[-300:]}")
    return json.loads(ran.stdout)


def main(words: list[str]) -> int:
    folder, *names = (word for word in words if word != "--no-lab")
    files = [
        file for file in sorted(Path(folder).iterdir()) if file.suffix != ".md" and not file.name.endswith("_links.csv")
    ]
    bad = 0
    with tempfile.TemporaryDirectory() as place:
        for file in files:
            if names and file.name not in names:
                continue
            try:
                told = tried(file, Path(place), "--no-lab" not in words)
            except RuntimeError as error:
                told = {"file": file.name, "is_sound": False, "error": str(error)}
            bad += not told["is_sound"] or told.get("met") is False
            print(json.dumps(told), flush=True)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
