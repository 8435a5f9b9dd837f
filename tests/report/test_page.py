# SPDX-License-Identifier: BSD-3-Clause
"""The page: one file, offline, safe with any name, the same bytes, and it says what the numbers say."""

from __future__ import annotations

import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sample_run import document, documents, parts, picture

from apnemu.report.page import write_page
from tests.counted import calls_of

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Tree(HTMLParser):
    """Checks that tags close, and collects what a test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data


def render(tmp_path: Path, shown: list[dict[str, Any]], plant: dict[str, Any], **manifest: Any) -> str:
    return write_page(tmp_path, parts(shown, plant, **manifest), plant).read_text(encoding="utf-8")


def test_it_answers_in_its_first_line(tmp_path: Path) -> None:
    plant = picture()
    page = Tree(render(tmp_path, documents(plant)[:1], plant))
    assert re.search(
        r"Kita–Minami: 987 µs over the APN with 0 ns of jitter; 1\.\d\d ms over the packet network", page.text
    )
    assert "Expected before the run, and met: what latency was expected to be" in page.text


def test_one_page_has_all_three_experiments(tmp_path: Path) -> None:
    plant = picture()
    page = Tree(render(tmp_path, documents(plant), plant))
    for text in ("Delay over distance", "Jitter", "Goodput", "Segments sent again", "380 of 400 Gbit/s (95.0 %)"):
        assert text in page.text
    assert "At load 1.2 the APN dropped nothing and TCP sent nothing again" in page.text


def test_it_says_how_to_repeat_it(tmp_path: Path) -> None:
    plant = picture()
    text = render(
        tmp_path,
        documents(plant)[:1],
        plant,
        command=["apnemu", "run", "latency", "--topology", "my plant.yaml"],
        versions={"OVS": "3.1.0"},
        inputs={"my plant.yaml": "sha256:0123"},
        approximations=["queues are drop-tail"],
    )
    page = Tree(text)
    for part in (
        "apnemu run latency --topology 'my plant.yaml'",
        "OVS",
        "3.1.0",
        "sha256:0123",
        "queues are drop-tail",
    ):
        assert part in page.text


def test_without_a_manifest_it_says_so(tmp_path: Path) -> None:
    plant = picture()
    page = Tree(render(tmp_path, documents(plant)[:1], plant))
    assert "there is none beside this page" in page.text
    assert "apnemu run latency --seed 1 --time virtual" in page.text


def test_it_asks_nothing_of_any_network(tmp_path: Path) -> None:
    plant = picture()
    text = render(tmp_path, documents(plant), plant)
    for tag, attributes in Tree(text).tags:
        assert not {"src", "srcset", "action", "data", "poster"} & attributes.keys(), tag
        assert attributes.get("href", "data:,") == "data:,"
    assert not re.search(r"(?i)@import|url\(|fetch\(|XMLHttpRequest|sendBeacon|WebSocket", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(1)>",
        '"onmouseover="alert(1)',
        "</title><b>",
        "<!--",
        "{{7*7}}",
    ],
)
def test_a_name_is_only_ever_text(tmp_path: Path, evil: str) -> None:
    plant = picture((evil, *NAMES_AFTER_FIRST))
    plant |= {"topology": evil, "source": evil, "licence": evil, "refusals": [{"demand": evil, "reason": evil}]}
    plant["packet"] = {evil: evil}
    shown = [*documents(plant), document(evil, [{evil: evil}])]
    for one in shown:
        one["expectation"] = {"text": evil, "met": None}
    manifest = {"versions": {evil: evil}, "approximations": [evil], "command": evil, "inputs": {evil: evil}}
    page = Tree(render(tmp_path, shown[:1], plant, **manifest))
    several = Tree(render(tmp_path, shown, plant))
    for tree in (page, several):
        assert [attributes.get("type") for tag, attributes in tree.tags if tag == "script"] == [
            "application/json",
            None,
        ]
        assert not any(name.startswith("on") for _, attributes in tree.tags for name in attributes)
        assert not any(tag == "img" for tag, _ in tree.tags)
        assert evil in tree.text


NAMES_AFTER_FIRST = ("minami", "higashi", "nishi", "naka")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    plant = picture()
    (tmp_path / "other").mkdir()
    assert render(tmp_path, documents(plant), plant) == render(tmp_path / "other", documents(picture()), picture())


def test_no_results_at_all(tmp_path: Path) -> None:
    page = Tree(render(tmp_path, [document("latency", [])], picture()))
    assert "Nothing was measured." in page.text
    assert "This run has no results." in page.text
    bare = picture() | {"sites": [], "fibres": [], "lightpaths": []}
    Tree(render(tmp_path, [document("latency", [])], bare))
    Tree(render(tmp_path, [], bare))


def test_one_network_alone(tmp_path: Path) -> None:
    plant = picture()
    shown = documents(plant)
    for one in shown:
        one["results"] = [row for row in one["results"] if row["network"] == "packet"]
    page = Tree(render(tmp_path, shown, plant))
    assert "over the APN" not in page.text


def test_every_probe_lost(tmp_path: Path) -> None:
    plant = picture()
    shown = documents(plant)[:1]
    for row in shown[0]["results"]:
        row |= dict.fromkeys([key for key in row if key.startswith(("rtt_", "jitter", "one_way"))])
        row["lost"] = row["sent"]
    page = Tree(render(tmp_path, shown, plant))
    assert "every one of 20 probes lost over the APN; every one of 20 probes lost over the packet network." in page.text


def test_phases_are_shown_first_and_last(tmp_path: Path) -> None:
    plant = picture()
    shown = documents(plant)[:1]
    rows = shown[0]["results"]
    shown[0]["results"] = [{**row, "phase": phase} for phase in ("idle", "load=0.5", "load=0.9") for row in rows]
    page = Tree(render(tmp_path, shown, plant))
    assert "Kita–Minami, load=0.9: 987 µs over the APN" in page.text
    assert "Phase: idle" in page.text and "Phase: load=0.9" in page.text and "Phase: load=0.5" not in page.text


def test_results_that_no_figure_knows_are_a_table(tmp_path: Path) -> None:
    shown = [document("restoration", [{"cut": "kita-minami", "outage_ns": 50_000_000, "back": True, "why": None}])]
    page = Tree(render(tmp_path, shown, picture()))
    assert "outage, ms" in page.text and "50.000000" in page.text and "yes" in page.text
    assert "outage_ns" not in page.text, "the data have it"


def test_a_page_is_work_in_proportion_to_its_pairs(tmp_path: Path) -> None:
    """Calls are counted, not time: 8.3 times the pairs may cost 8.3 times the calls; a square would be 69 times."""
    calls, bytes_ = {}, {}
    for sites, pairs in ((17, 136), (48, 1128)):
        plant = picture(tuple(f"site-{index}" for index in range(sites)))
        assert len(plant["lightpaths"]) == pairs
        (tmp_path / str(sites)).mkdir()
        write = partial(write_page, tmp_path / str(sites), parts(documents(plant, probes=2), plant), plant)
        calls[sites] = calls_of(write)
        bytes_[sites] = write().stat().st_size
    assert calls[48] < 8.3 * calls[17]
    assert bytes_[48] < 3_000_000
