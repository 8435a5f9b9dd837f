# SPDX-License-Identifier: BSD-3-Clause
"""`apnemu compare`: runs of one experiment beside one another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apnemu.cli.labs import Json
from apnemu.cli.shown import OUT, show_json, to_stderr, to_stdout
from apnemu.cli.values import Lang
from apnemu.errors import InputError


def compare(
    run_dir: Annotated[list[Path], typer.Argument(metavar="RUN_DIR...", help="Runs, or a sweep: each of its points.")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page, too.")] = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Show what was set differently in runs of one experiment, and what came out differently."""
    from apnemu.comparing import compare as compared_document
    from apnemu.comparing import showing
    from apnemu.report.compared_page import compared_page
    from apnemu.report.compared_text import compared
    from apnemu.report.language import spoken

    document = compared_document(run_dir)
    if html is not None:
        with showing(run_dir), spoken(lang):
            page = compared_page(document)
        try:
            html.write_text(page, encoding="utf-8", errors="backslashreplace", newline="\n")
        except OSError as error:
            raise InputError(f"{html} cannot be written: {error.strerror}; give another file", file="--html") from error
    if as_json:
        show_json(document)
    else:
        with showing(run_dir):
            parts = list(compared(document, OUT.width))
        for part in parts:
            OUT.print(part, soft_wrap=False)
    if html is not None:
        (to_stderr if as_json else to_stdout)(f"page: {html}")
