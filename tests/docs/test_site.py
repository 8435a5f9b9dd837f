# SPDX-License-Identifier: BSD-3-Clause
"""The site is built without a warning, in both languages, needs nothing from elsewhere, and has every name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

import apnemu
from apnemu.question.discovery import known_experiments, load_experiment
from apnemu.records.record import FIELDS, KINDS
from apnemu.topology.equipment_format import EQUIPMENT
from apnemu.topology.format import TOPOLOGY
from apnemu.topology.power_format import POWER
from apnemu.topology.shapes import ListOf, MapOf, Record

from .pages import DOCS, ENGLISH, HOUSE

pytestmark = pytest.mark.slow
pytest.importorskip("mkdocs", reason="the site's tools are not installed; make docs installs them")
LINK = re.compile(r"""(?:href|src)=["']?([^"'\s>]+)""")
FETCHED = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?https?:|<link\b[^>]*\bhref=["']?https?:""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    ended = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=HOUSE,
        env={**os.environ, "PYTHONPATH": str(HOUSE), "NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
    assert "WARNING" not in ended.stdout, ended.stdout
    return folder


def html(site: Path, name: str, language: str) -> str:
    folder = site / language if language != "en" else site
    return (folder / name).read_text("utf-8")


def test_every_page_is_there_in_both_languages(site: Path) -> None:
    for page in ENGLISH:
        name = page.relative_to(DOCS).with_suffix(".html").as_posix()
        assert 'lang="en"' in html(site, name, "en"), name
        japanese = html(site, name, "ja")
        assert 'lang="ja"' in japanese, name
        assert len(re.findall(r"[ぁ-ん]", japanese.partition("<article")[2].partition("</article")[0])) > 10, name


def test_no_link_is_dead_and_nothing_is_fetched(site: Path) -> None:
    dead = []
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert not FETCHED.search(text), page
        for target in LINK.findall(text):
            path = unquote(target.partition("#")[0].partition("?")[0])
            if not path or re.match(r"[a-z]+:", path) or path.startswith("//") or page.name == "404.html":
                continue
            if not (page.parent / path).exists():
                dead.append(f"{page.relative_to(site)}: {target}")
    assert dead == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_setting_column_key_command_and_name_is_there(site: Path, language: str) -> None:
    settings = html(site, "reference/settings.html", language)
    for name in known_experiments():
        assert f">{name}<" in settings or f'id="{name}"' in settings, name
        for setting in load_experiment(name).declared().values():
            assert f"<code>{setting.name}</code>" in settings, (name, setting.name)
    records = html(site, "records.html", language)
    assert [word for word in (*FIELDS, *KINDS) if f"<code>{word}</code>" not in records] == []
    keys = html(site, "topology-format.html", language)
    wanted = {key for record in (TOPOLOGY, EQUIPMENT, POWER) for key in _keys(record)}
    assert [key for key in sorted(wanted) if f"<code>{key}</code>" not in keys] == []
    commands = html(site, "reference/commands.html", language)
    for command in ("run", "sweep", "shell", "plan", "check", "import", "export", "power", "ctl request", "lab net"):
        assert f"<code>apnemu {command}</code>" in commands, command
    api = html(site, "reference/api.html", language)
    assert [name for name in apnemu.__all__ if not re.search(rf'id="apnemu\.[\w.]*\b{name}"', api)] == []


def _keys(record: Record) -> set[str]:
    found = set(record.keys)
    for key in record.keys.values():
        inner = key.shape.item if isinstance(key.shape, ListOf | MapOf) else key.shape
        if isinstance(inner, Record):
            found |= _keys(inner)
    return found
