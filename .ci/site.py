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
    "# Topology files and what belongs to them": "# トポロジーファイルと関連ファイル",
    "# Optics files": "# 光学ファイル",
    "## Topology": "## トポロジー",
    "## Equipment": "## 装置",
    "## Power": "## 電力系統",
    "## Profile of areas": "## エリアのプロファイル",
    "## Profile of feeders": "## 配電線のプロファイル",
    "## Profile of ties": "## 連系線のプロファイル",
    "## Profile of feeds": "## 受電のプロファイル",
    "## Size classes": "## 規模クラス",
    "## Optics": "## 光学",
    "must be there": "必須",
    "none": "なし",
}
"""Headings and fixed words of pages that are made from code; what keys mean is English on both."""
_NUMBER = r"(-?\d[\d.]*(?:e[+-]?\d+)?)"
PHRASES = [
    (rf"\ba whole number from {_NUMBER} to {_NUMBER}", r"\1 から \2 の整数"),
    (rf"\ba number from {_NUMBER} to {_NUMBER} with at most (\d+) decimals", r"\1 から \2 の数 (小数 \3 桁まで)"),
    (rf"\ba number from {_NUMBER} to {_NUMBER}", r"\1 から \2 の数"),
    (rf"\ba whole number above {_NUMBER} and at most {_NUMBER}", r"\1 より大きく \2 以下の整数"),
    (rf"\ba number above {_NUMBER} and at most {_NUMBER}", r"\1 より大きく \2 以下の数"),
    (rf"\ba whole number of at least {_NUMBER}", r"\1 以上の整数"),
    (rf"\ba number of at least {_NUMBER}", r"\1 以上の数"),
    (r"\ba whole number\b", "整数"),
    (r", or \{out: \.\.\., back: \.\.\.\} of two such numbers", "、またはそのような数 2 つの {out: ..., back: ...}"),
    (
        r"^text; it must begin with a letter a-z and go on with at most (\d+) of a-z, 0-9 and -",
        r"文字列。先頭は a-z、続きは a-z、0-9、- が最大 \1 文字",
    ),
    (
        r"^text; it must begin with a letter or digit and go on with at most (\d+) of A-Z, a-z, 0-9, _, \. and -",
        r"文字列。先頭は英数字、続きは A-Z、a-z、0-9、_、.、- が最大 \1 文字",
    ),
    (r"^(?:a )?text$", "文字列"),
    (r"\ba list of (\d+) to (\d+) ([a-z ]+)", r"\1 から \2 個の \3 のリスト"),
    (r"\ba list of (\d+) ([a-z ]+)", r"\1 個の \2 のリスト"),
    (r"\ba mapping of (\d+) to (\d+) ([a-z ]+) by name", r"\1 から \2 個の \3 (名前ごと)"),
    (r", each ", "、それぞれ "),
    (r", or ", "、または "),
    (r" or ", " または "),
]
"""What values may be, in patterns -> in Japanese."""
PREFACES = {
    name: f"`{room}` の宣言から生成し、テストが一致を検査しています。"
    "ファイルは UTF-8 の素の YAML 1.2 で、アンカー、タグ、重複するキー、ここにないキーは使えません。"
    "誤りは、ファイル、行、値、範囲、対処法を 1 行で示して拒否されます。単位はキーの名前に含まれます。\n"
    for name, room in (("topology-format", "apnemu/topology"), ("optics-format", "apnemu/optics"))
}
"""Page that is made from code -> how its Japanese twin begins."""
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
    for source in sorted(path for path in sources if path.is_file() and path.suffix != ".po"):
        target = folder / (source.relative_to(DOCS) if source.is_relative_to(DOCS) else source.relative_to(HOUSE))
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(_completed(_linked(source.read_text("utf-8"), source), source), "utf-8")
        else:
            shutil.copy(source, target)
    for name in PREFACES:
        text = in_japanese((DOCS / f"{name}.md").read_text("utf-8"), PREFACES[name])
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


def in_japanese(page: str, preface: str) -> str:
    """A page made from code with Japanese headings."""
    title = page.partition("\n")[0]
    rest, said = page[page.index("\n## ") :], translated("ja")
    lines = [JAPANESE[title], "", preface]
    for line in rest.splitlines():
        head, colon, inner = line.partition(": ")
        cells = line.strip("| ").split(" | ")
        if line.startswith("## "):
            line = JAPANESE[head] + colon + inner
        elif line.startswith("| `") and len(cells) == 4:
            name, values, left_out, meaning = cells
            parts = [said.get(part, part) for part in meaning.split("; ")]
            left_out = JAPANESE.get(left_out, said.get(left_out, left_out))
            line = f"| {name} | {values_in_japanese(values)} | {left_out} | {'。'.join(parts)} |"
        elif line.startswith("Exactly one of these must be there: "):
            line = f"次のうちちょうど 1 つが必須: {inner.replace(' with ', ' と ')}"
        else:
            line = JAPANESE.get(line, said.get(line, re.sub(r"^\*write (?:for example )?(.*)\*$", r"*例: \1*", line)))
        lines.append(re.sub(r"\]\(#([\w-]+)\)", _anchor, line.replace("[a mapping]", "[マッピング]")))
    return "\n".join(lines) + "\n"


def values_in_japanese(values: str) -> str:
    """What a key or a setting takes."""
    for pattern, japanese in PHRASES:
        values = re.sub(pattern, japanese, values)
    return values


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

    words, said, lines = WORDS[language], translated(language), []
    for name in known_experiments():
        asked = load_experiment(name)
        facts = [f"{words['topology']}: `{asked.topology}`"]
        facts += [words["computed"]] if asked.computed else []
        programs = ", ".join(f"`{need.package}`" for need in asked.needs)
        facts += [f"{words['programs']}: {programs}"] if programs else []
        question = said.get(asked.question, asked.question)
        lines += [f"## {name}", "", question, "", "; ".join(facts), ""]
        own = declared(asked.settings)
        lines += [*_settings_table(own.values(), language), ""] if own else [words["no settings"], ""]
    lines += [f"## {words['every']}", "", words["about every"], ""]
    return "\n".join([*lines, *_settings_table(declared(PacketSettings).values(), language)])


def translated(language: str) -> Mapping[str, str]:
    """What the code says in English -> in another language, as far as docs/reference/ja.po has it."""
    from babel.messages.pofile import read_po

    if language == "en":
        return {}
    with (DOCS / "reference" / f"{language}.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}


def _settings_table(known: Any, language: str) -> Iterator[str]:
    from apnemu.question.settings import as_text

    said = translated(language)
    yield WORDS[language]["head"]
    yield "|---|---|---|---|"
    for one in known:
        unit = f" ({one.about.unit})" if one.about.unit else ""
        many = ", ..." if one.many else ""
        default = "" if one.default in (None, "", ()) else f"`{as_text(one.default)}`"
        values = values_in_japanese(one.limits()) if language == "ja" else one.limits()
        meaning = said.get(one.about.meaning, one.about.meaning)
        cells = (f"`{one.name}`", f"{meaning}{unit}", f"{values}{many}", default)
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
