# SPDX-License-Identifier: BSD-3-Clause
"""Pages of the documentation site that are made from code, as a hook of MkDocs (see mkdocs.yml).

Settings of experiments, commands and the names of the API become pages when the site is built, in both languages; the
formats of files, whose English pages are kept in docs/, get their Japanese ones. Files outside docs/ that pages link
(examples, the changelog) become part of the site, and links to them lead there.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]
DOCS = HOUSE / "docs"
OUTSIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "apnemu/report/page.png")
"""Files outside docs/ that the site has, beside `examples`."""
LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
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


def on_config(config: Any) -> Any:
    """Leave out of the menu what is neither written nor made."""
    made = {name for name, _ in made_pages()}
    config["nav"] = list(_there(config["nav"], made))
    return config


def _there(entries: list[Any], made: set[str]) -> Iterator[Any]:
    for entry in entries:
        if isinstance(entry, dict):
            yield {name: list(_there(inner, made)) for name, inner in entry.items()}
        elif entry in made or (DOCS / entry).exists():
            yield entry
        else:
            log.info("%s is not there yet: left out of the menu", entry)


def on_files(files: Any, config: Any) -> Any:
    """Add what is made, and what lies outside docs/."""
    from mkdocs.structure.files import File

    for name, text in made_pages():
        if not (DOCS / name).exists():
            files.append(File.generated(config, name, content=text))
    for path in (*map(Path, OUTSIDE), *sorted(path.relative_to(HOUSE) for path in (HOUSE / "examples").iterdir())):
        if (HOUSE / path).is_file():
            files.append(File.generated(config, path.as_posix(), abs_src_path=str(HOUSE / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links to files of the repository lead to where the site has them."""
    own = page.file.src_uri
    place = (DOCS / own if (DOCS / own).exists() or not (HOUSE / own).exists() else HOUSE / own).parent

    def moved(link: re.Match[str]) -> str:
        if ":" in link[2]:
            return link[0]
        target = (place / link[2]).resolve()
        if not target.exists() or (place.is_relative_to(DOCS) and target.is_relative_to(DOCS)):
            return link[0]
        home = DOCS if target.is_relative_to(DOCS) else HOUSE
        there = target.relative_to(home).as_posix()
        return f"{link[1]}{os.path.relpath(there, Path(own).parent)}{link[3]}"

    return LINK.sub(moved, markdown)


def made_pages() -> Iterator[tuple[str, str]]:
    """Name and text of each page that is made: English ones that docs/ has not, and their Japanese twins."""
    for name, page in (("settings", settings_page), ("commands", commands_page), ("api", api_page)):
        for language, ending in (("en", ".md"), ("ja", ".ja.md")):
            yield f"reference/{name}{ending}", page(language)
    for name in ("topology-format", "optics-format", "records"):
        yield f"{name}.ja.md", in_japanese((DOCS / f"{name}.md").read_text("utf-8"))


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
        "settings": "Settings of experiments",
        "about settings": "Each is given with `--set NAME=VALUE`, several values with commas; in Python with `settings={...}`."
        " `apnemu experiments NAME` prints the same.",
        "head": "| setting | meaning | values | default |",
        "every": "Every experiment",
        "about every": "The conventional network's, which every experiment has; without them it is as the topology says.",
        "topology": "Topology",
        "computed": "computed, without a lab",
        "programs": "runs",
        "no settings": "No settings of its own.",
        "commands": "Commands",
        "about commands": "What `--help` says of each command. Exit codes and `--json`: [contracts](../house.md#contracts).",
        "api": "Python: names",
        "about api": "All names of `apnemu`; those of deeper modules may move. How they are used: [apnemu from"
        " Python](../python.md), [an experiment of one's own](../own-experiment.md).",
    },
    "ja": {
        "settings": "実験の設定",
        "about settings": "いずれも `--set NAME=VALUE` で指定します。複数の値はコンマ区切り、Python では `settings={...}` です。"
        "`apnemu experiments NAME` でも同じ内容が表示されます。意味の欄は、コードの宣言から生成した英語のままです。",
        "head": "| 設定 | 意味 | 値 | 既定値 |",
        "every": "全実験に共通",
        "about every": "従来型パケット網の設定で、すべての実験にあります。指定しなければトポロジーの記述に従います。",
        "topology": "トポロジー",
        "computed": "計算のみ (ラボ不要)",
        "programs": "使用プログラム",
        "no settings": "固有の設定はありません。",
        "commands": "コマンド",
        "about commands": "各コマンドの `--help` の内容です (英語)。終了コードと `--json` については[契約](../house.md#契約)を参照してください。",
        "api": "Python: 公開名の一覧",
        "about api": "`apnemu` の公開名のすべてです (説明は docstring の英語)。より深いモジュールの名前は移動することがあります。"
        "使い方は [Python から使う](../python.md)、[自分の実験](../own-experiment.md)を参照してください。",
    },
}


def settings_page(language: str) -> str:
    """Every setting of every experiment."""
    from apnemu.question.discovery import known_experiments, load_experiment
    from apnemu.question.packet_network import PacketSettings
    from apnemu.question.settings import declared

    words = WORDS[language]
    lines = [f"# {words['settings']}", "", words["about settings"], ""]
    for name in known_experiments():
        asked = load_experiment(name)
        facts = [f"{words['topology']}: `{asked.topology}`"]
        facts += [words["computed"]] if asked.computed else []
        facts += [f"{words['programs']}: " + ", ".join(f"`{need.package}`" for need in asked.needs)] if asked.needs else []
        lines += [f"## {name}", "", asked.question, "", "; ".join(facts), ""]
        own = declared(asked.settings)
        lines += [*_settings_table(own.values(), words), ""] if own else [words["no settings"], ""]
    lines += [f"## {words['every']}", "", words["about every"], ""]
    return "\n".join([*lines, *_settings_table(declared(PacketSettings).values(), words), ""])


def _settings_table(settings: Any, words: Mapping[str, str]) -> Iterator[str]:
    from apnemu.question.settings import as_text

    yield words["head"]
    yield "|---|---|---|---|"
    for one in settings:
        unit = f" ({one.about.unit})" if one.about.unit else ""
        many = ", ..." if one.many else ""
        default = "" if one.default in (None, "", ()) else f"`{as_text(one.default)}`"
        cells = (f"`{one.name}`", f"{one.about.meaning}{unit}", f"{one.limits()}{many}", default)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def commands_page(language: str) -> str:
    """What every command says of itself."""
    import typer
    from typer.cli import get_docs_for_click

    from apnemu.cli import app

    words = WORDS[language]
    command: Any = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="apnemu")
    text = re.sub(r"^# `apnemu`\n", "", text.strip())
    return f"# {words['commands']}\n\n{words['about commands']}\n\n## apnemu\n{text}\n"


def api_page(language: str) -> str:
    """Each public name, by mkdocstrings."""
    apnemu = importlib.import_module("apnemu")
    words = WORDS[language]
    lines = [f"# {words['api']}", "", words["about api"], ""]
    for name in apnemu.__all__:
        lines += [f"::: {apnemu._PLACE_OF[name]}.{name}", ""]
    return "\n".join(lines)
