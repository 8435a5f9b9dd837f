# SPDX-License-Identifier: BSD-3-Clause
"""Source of the documentation site, put together: a hook of MkDocs (see mkdocs.yml).

Pages of docs/ are copied into a temporary folder. What is made from code stands in them in place of a line `<!-- made:
... -->`: settings of experiments, commands, the names of the API. File formats, whose English pages are kept in docs/,
get their Japanese twins. Files outside docs/ that pages link (examples, the changelog) become part of the site, and
links to them lead there.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]
DOCS = HOUSE / "docs"
OUTSIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "apnemu/report/page.png")
"""Files outside docs/ that the site has, beside `examples`."""
LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
MADE = re.compile(r"^<!-- made: (\w+) -->$", re.MULTILINE)
JAPANESE = {
    "| key | values | left out | meaning |": "| キー | 値 | 省略時 | 意味 |",
    "| column | type | what |": "| 列 | 型 | 内容 |",
    "| kind | a row for | columns |": "| 種類 | 1 行の単位 | 列 |",
    "# Topology files and what belongs to them": "# トポロジーファイルと関連ファイル",
    "# Optics files": "# 光学ファイル",
    "# Records": "# レコード",
    "## Columns": "## 列",
    "## Kinds": "## 種類",
    "## Topology": "## トポロジー",
    "## Equipment": "## 装置",
    "## Power": "## 電力系統",
    "## Profile of areas": "## エリアのプロファイル",
    "## Profile of feeders": "## 配電線のプロファイル",
    "## Profile of ties": "## 連系線のプロファイル",
    "## Profile of feeds": "## 受電のプロファイル",
    "## Size classes": "## 規模クラス",
    "## Optics": "## 光学",
    "| must be there |": "| 必須 |",
    "| none |": "| なし |",
    "[a mapping]": "[マッピング]",
    "Exactly one of these must be there:": "次のうちちょうど 1 つが必須:",
}
"""Headings and fixed words of pages that are made from code; what keys mean is English on both."""
SHARED = "見出しを除く本文は、コードの宣言から生成した英語のままです。\n"
log = logging.getLogger("mkdocs.hooks.site")
_FOLDER = tempfile.TemporaryDirectory(prefix="apnemu-site-")


def on_config(config: Any) -> Any:
    """Build from the folder that is put together, with a menu of what is there."""
    folder = Path(_FOLDER.name)
    if not any(folder.iterdir()):
        put_together(folder)
    config["docs_dir"] = str(folder)
    config["nav"] = list(_there(config["nav"], folder))
    return config


def _there(entries: list[Any], folder: Path) -> Iterator[Any]:
    for entry in entries:
        if isinstance(entry, dict):
            yield {name: list(_there(inner, folder)) for name, inner in entry.items()}
        elif (folder / entry).exists():
            yield entry
        else:
            log.info("%s is not there yet: left out of the menu", entry)


def put_together(folder: Path) -> None:
    """Write the whole source of the site into an empty folder."""
    outside = [HOUSE / name for name in OUTSIDE]
    sources = [*outside, *(HOUSE / "examples").iterdir(), *DOCS.rglob("*")]
    for source in sorted(path for path in sources if path.is_file()):
        target = folder / (source.relative_to(DOCS) if source.is_relative_to(DOCS) else source.relative_to(HOUSE))
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(_completed(_linked(source.read_text("utf-8"), source), source), "utf-8")
        else:
            shutil.copy(source, target)
    for name in ("topology-format", "optics-format", "records"):
        text = in_japanese((DOCS / f"{name}.md").read_text("utf-8"))
        (folder / f"{name}.ja.md").write_text(text, "utf-8")


def _completed(text: str, page: Path) -> str:
    """A page with what is made from code."""
    language = "ja" if page.name.endswith(".ja.md") else "en"
    return MADE.sub(lambda made: MAKERS[made[1]](language), text)


def _linked(text: str, page: Path) -> str:
    """A page whose links to files of the repository lead to where the site has them."""

    def moved(link: re.Match[str]) -> str:
        target = (page.parent / link[2]).resolve()
        target = DOCS / "index.md" if target == HOUSE / "README.md" else target
        if ":" in link[2] or not target.exists() or page.is_relative_to(DOCS) == target.is_relative_to(DOCS):
            return link[0]
        homes = (HOUSE, DOCS) if target.is_relative_to(DOCS) else (DOCS, HOUSE)
        here = page.parent.relative_to(homes[0])
        return f"{link[1]}{os.path.relpath(target.relative_to(homes[1]), here)}{link[3]}"

    return LINK.sub(moved, text)


def in_japanese(page: str) -> str:
    """A page made from code with Japanese headings."""
    title, _, rest = page.partition("\n")
    lines = [JAPANESE.get(title, title), "", SHARED]
    for line in rest.splitlines():
        head, colon, inner = line.partition(": ")
        if line.startswith("## "):
            line = JAPANESE[head] + colon + inner
        for english, japanese in JAPANESE.items():
            if not english.startswith("#"):
                line = line.replace(english, japanese)
        lines.append(re.sub(r"\]\(#([\w-]+)\)", _anchor, line))
    return "\n".join(lines) + "\n"


def _anchor(link: re.Match[str]) -> str:
    """A link within the page to a heading that is Japanese now."""
    for english, japanese in JAPANESE.items():
        slug = english.removeprefix("## ").lower().replace(" ", "-")
        if english.startswith("## ") and (link[1] == slug or link[1].startswith(f"{slug}-")):
            return f"](#{japanese.removeprefix('## ').lower()}{link[1].removeprefix(slug)})"
    return link[0]


WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "head": "| setting | meaning | values | default |",
        "every": "Every experiment",
        "about every": "The conventional network's: without them it is as the topology says.",
        "topology": "Topology",
        "computed": "computed, without a lab",
        "programs": "runs",
        "no settings": "No settings of its own.",
    },
    "ja": {
        "head": "| 設定 | 意味 | 値 | 既定値 |",
        "every": "全実験に共通",
        "about every": "従来型パケット網の設定です。指定しなければトポロジーの記述に従います。",
        "topology": "トポロジー",
        "computed": "計算のみ (ラボ不要)",
        "programs": "使用プログラム",
        "no settings": "固有の設定はありません。",
    },
}


def settings(language: str) -> str:
    """Every setting of every experiment."""
    from apnemu.question.discovery import known_experiments, load_experiment
    from apnemu.question.packet_network import PacketSettings
    from apnemu.question.settings import declared

    words, lines = WORDS[language], []
    for name in known_experiments():
        asked = load_experiment(name)
        facts = [f"{words['topology']}: `{asked.topology}`"]
        facts += [words["computed"]] if asked.computed else []
        programs = ", ".join(f"`{need.package}`" for need in asked.needs)
        facts += [f"{words['programs']}: {programs}"] if programs else []
        lines += [f"## {name}", "", asked.question, "", "; ".join(facts), ""]
        own = declared(asked.settings)
        lines += [*_settings_table(own.values(), words), ""] if own else [words["no settings"], ""]
    lines += [f"## {words['every']}", "", words["about every"], ""]
    return "\n".join([*lines, *_settings_table(declared(PacketSettings).values(), words)])


def _settings_table(known: Any, words: Mapping[str, str]) -> Iterator[str]:
    from apnemu.question.settings import as_text

    yield words["head"]
    yield "|---|---|---|---|"
    for one in known:
        unit = f" ({one.about.unit})" if one.about.unit else ""
        many = ", ..." if one.many else ""
        default = "" if one.default in (None, "", ()) else f"`{as_text(one.default)}`"
        cells = (f"`{one.name}`", f"{one.about.meaning}{unit}", f"{one.limits()}{many}", default)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def commands(language: str) -> str:
    """What every command says of itself."""
    import typer
    from typer.cli import get_docs_for_click

    from apnemu.cli import app

    command: Any = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="apnemu")
    return re.sub(r"^# `apnemu`\n+", "", text.strip())


def names(language: str) -> str:
    """Each public name, by mkdocstrings."""
    import apnemu

    return "\n\n".join(f"::: {apnemu._PLACE_OF[name]}.{name}" for name in apnemu.__all__)


MAKERS = {"settings": settings, "commands": commands, "names": names}
