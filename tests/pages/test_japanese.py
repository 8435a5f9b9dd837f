# SPDX-License-Identifier: BSD-3-Clause
"""Pages in Japanese: no English word is left on them, and the catalogue is sound."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from apnemu.errors import InputError
from apnemu.question.discovery import load_experiment, shipped_topology
from apnemu.report import language
from apnemu.report.columns import Column
from apnemu.report.language import FOLDER, heard, spoken
from apnemu.report.sweep_page import write_sweep_page
from apnemu.topology import read_plant
from tests.pages.made import COUNTRY, DEMO, PAGES, page_of, run_of
from tests.recorded.case import case_of

SHOWN = {**{name: (name,) for name in PAGES}, "demo": DEMO}
UNITS = "MW MWh Wh kW kB MB GB TB km ha ms ns us dB THz GHz Gbit kV JPY m2"
TRADE = (
    "APN GSNR GNPy GPU ROADM RTT MTU HHI CO2 TCP UDP IPv6 CUBIC IT GiB tcp_window_bytes apnemu CC0-1 Natural Earth"
    " public domain world-atlas simplified by"
)
"""Words of the trade, and the source of the coasts, which stand in every language alike."""
KEPT = frozenset(f"{UNITS} {TRADE}".lower().split())
SKIPPED = frozenset(("script", "style", "pre", "code"))
WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*")


class Words(HTMLParser):
    """Collects what a person reads or hears: texts, titles, labels; not commands, hashes and what others wrote."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._quiet: list[str] = []
        self.feed(page)
        data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
        held = json.loads(data[1]) if data else {"pairs": []}
        self.texts += [text for pair in held["pairs"] for line in pair["lines"] for text in line]
        self.texts += [held[key] for key in ("none", "two") if key in held]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        quoted = bool({"hash", "quoted"} & set((own.get("class") or "").split()))
        if tag in SKIPPED or quoted or self._quiet:
            self._quiet.append(tag) if tag not in ("meta", "link", "input", "br") else None
        self.texts += [own[name] or "" for name in ("aria-label", "data-label", "title") if name in own]

    def handle_endtag(self, tag: str) -> None:
        if self._quiet and self._quiet[-1] == tag:
            self._quiet.pop()

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.texts.append(data)


def _names(topology: str) -> Iterator[str]:
    """All that somebody has named in a topology and its power system."""
    plant = read_plant(shipped_topology(topology))
    yield from (plant.name, *(name for name, _ in plant.named))
    yield from (demand.name for demand in (*plant.demands, *plant.trees))
    yield from (mode.name for mode in plant.modes)
    yield from ("xr400-16qam", "control", "far")
    if (power := plant.power) is not None:
        kinds = (power.areas, power.ties, power.parties, power.work, power.substations, power.candidates, power.hazards)
        yield from (one.name for kind in (*kinds, power.landings, power.exchanges, power.cables) for one in kind)
        yield from (booking.owner for booking in power.bookings)


def _known(names: tuple[str, ...]) -> set[str]:
    topologies = ["phase-late-2030s" if name == COUNTRY else case_of(name).request.topology.stem for name in names]
    whole = {name.lower() for topology in topologies for name in _names(topology)}
    return whole | {part for name in whole for part in re.split(r"[^a-z0-9_]+", name)}


@pytest.mark.parametrize("name", SHOWN)
def test_no_english_word_is_left(name: str) -> None:
    known = KEPT | _known(SHOWN[name])
    page = page_of(*SHOWN[name], language="ja")
    assert '<html lang="ja">' in page
    left = {
        text.strip(): unknown
        for text in Words(page).texts
        if (unknown := [word for word in WORD.findall(text) if len(word) > 1 and not _is_name(word.lower(), known)])
    }
    assert left == {}


def _is_name(word: str, known: set[str] | frozenset[str]) -> bool:
    """Whether a word is a name, several of them joined, or a name with a number."""
    return word in known or all(
        part in known or part.isdecimal() for part in re.split(r"[^a-z]+|(?<=[a-z])-", word) if part
    )


def test_no_english_word_is_left_of_a_sweep(tmp_path: Path) -> None:
    phases = ("phase-2030", "phase-early-2030s", "phase-late-2030s")
    days = run_of(COUNTRY).document["results"]
    rows = [
        {
            "point": at,
            "seed": 1,
            "set_topology": name,
            "set_shift": day["shift"],
            **day,
            "cost_yen": day["cost_yen"] / at,
        }
        for at, name in enumerate(phases, 1)
        for day in days
    ]
    facts = {
        "experiment": "watt_day",
        "question": load_experiment("watt_day").question,
        "topology": ", ".join(phases),
        "seed": 1,
        "points": 12,
        "failed": 0,
        "unmet": 0,
        "unjudged": 0,
    }
    shown = load_experiment("watt_day").shown
    with spoken("ja"):
        page = write_sweep_page(tmp_path, facts, rows, ["set_topology", "set_shift"], [], shown).read_text(
            encoding="utf-8"
        )
    known = KEPT | _known((COUNTRY,)) | {*phases, "watt_day"}
    left = {
        text
        for text in Words(page).texts
        if [word for word in WORD.findall(text) if len(word) > 1 and not _is_name(word.lower(), known)]
    }
    assert left == set()
    assert "{" not in page.partition("<main>")[2], "a cell has no room for a value of each of many names"


@pytest.mark.parametrize("name", ["watt_day", "siting", "dispersal", *DEMO])
def test_every_heading_and_question_has_its_words(name: str) -> None:
    experiment = load_experiment(name)
    with spoken("ja"):
        headings = [one.heading for one in (*experiment.shown.columns, *experiment.shown.brief)]
        for text in (experiment.question, *headings):
            assert heard(text) != text or not re.search(r"[a-z]{3}", text), text


def test_the_catalogue_is_sound() -> None:
    with (FOLDER / "ja.po").open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    assert len(messages) > 300
    for message in messages:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(texts), ids
        places = {frozenset(re.findall(r"\{(\w+)\}", text)) for text in (*ids, *texts)}
        assert len(places) == 1, (ids, texts)


def test_a_word_that_is_missing_is_seen() -> None:
    page = page_of("dispersal", language="ja").replace("分散", "Dispersal")
    assert any("Dispersal" in text for text in Words(page).texts)


def test_the_english_page_is_as_it_was_written() -> None:
    assert heard("12 sites") == "12 sites"
    with spoken("ja"):
        assert heard("12 sites") == "12 拠点"
    assert language.current() == "en"
    with pytest.raises(InputError, match="no pages in 'fr'; write one of en, ja"), spoken("fr"):
        pass


NUMBERS = re.compile(r"^[-+−]?[\d,]+\.\d+$")
UNIT = re.compile(
    r"(^|, |\(|_)(M|MW|MWh|kB|MB|GB|bytes|kV|kv|km|ms|ns|s|t|%|ha|E|TB a day|Gbit/s|m2|yen|gbps|mw|h|µs|erlang|percent"
    r"|wh|mwh|TB)"
    r"(?:_|\b)|%|HHI|x one site"
)
BARE = ("growth", "efficiency", "lat", "lon", "load", "sites of a job", "predicted_at_once", "predicted_after")
"""Columns of plain numbers: factors, shares, degrees, counts in the mean."""


@pytest.mark.parametrize("name", PAGES)
def test_every_number_has_its_unit(name: str) -> None:
    """Cells of a number with a point carry a unit, or their heading does."""
    page = page_of(name)
    for table in re.findall(r"<table>(.*?)</table>", page, flags=re.DOTALL):
        headings = re.findall(r"<th[^>]*>(.*?)</th>", table)
        for row in re.findall(r"<tr>(<td.*?)</tr>", table):
            for heading, cell in zip(headings, re.findall(r"<td[^>]*>(.*?)</td>", row), strict=True):
                assert not NUMBERS.match(cell) or UNIT.search(heading) or heading in BARE, (heading, cell)
    for text in re.findall(r'<svg class="map"(.*?)</svg>', page, flags=re.DOTALL):
        bare = [told for told in re.findall(r"<text[^>]*>(.*?)</text>", text) if NUMBERS.match(told)]
        assert bare == []


def test_a_heading_that_no_catalogue_has_stays() -> None:
    column = Column(key="x", heading="of somebody's own", text=str)
    with spoken("ja"):
        assert heard(column.heading) == column.heading
