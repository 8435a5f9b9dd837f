# SPDX-License-Identifier: BSD-3-Clause
"""What a browser makes of the page, and whether its colours can be read."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sample_run import documents, parts, picture

from apnemu.report import page as page_module
from apnemu.report.page import write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plant = picture()
    return write_page(tmp_path_factory.mktemp("run"), parts(documents(plant), plant), plant)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium, which draws the page, is not installed")
@pytest.mark.parametrize(("width", "dark"), [(500, False), (500, True), (1280, False), (1280, True)])
def test_a_browser_finds_nothing_to_complain_about(report: Path, tmp_path: Path, width: int, dark: bool) -> None:
    log = tmp_path / "net.json"
    command = [
        str(CHROMIUM),
        *QUIET,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--window-size={width},1200",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        f"--log-net-log={log}",
        "--enable-logging=stderr",
        "--v=0",
        "--dump-dom",
        report.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert 'data-ready="yes"' in done.stdout, "the page's script did not reach its end"
    assert done.stdout.count("<option") == 10
    assert "<h3>Kita–Minami</h3><dl><dt>Round trip, APN</dt>" in done.stdout
    asked = set(re.findall(r'"url":"([a-z]+)://([^"/]*)', log.read_text(encoding="utf-8", errors="replace")))
    assert not [host for scheme, host in asked if scheme.startswith(("http", "ws")) and not _own(host)]


def _own(host: str) -> bool:
    """Chromium's own calls home, which no page asks for and no flag quite silences."""
    return host.endswith((".google.com", ".googleapis.com", ".gvt1.com", ".gstatic.com"))


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    css = (Path(page_module.__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", blocks[("light", "dark", "print").index(scheme)]))
    for ground in ("paper", "sheet", "land"):
        for text in ("ink", "muted", "apn", "packet", "other", "good", "bad"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (scheme, text, ground)


def contrast(one: str, other: str) -> float:
    """
    >>> round(contrast("#000", "#ffffff"), 6)
    21.0
    """
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
