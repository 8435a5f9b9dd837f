# SPDX-License-Identifier: BSD-3-Clause
"""A page as Chromium draws it: what its console says, and texts of its drawings that cover one another.

The page's own policy forbids every further script, so what is drawn is a copy with one more script, and without policy.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
)
LOOK = r"""
(() => {
  const said = [], seen = (one) => getComputedStyle(one).visibility !== "hidden" && one.getClientRects().length;
  for (const svg of document.querySelectorAll("svg")) {
    const texts = [...svg.querySelectorAll("text")].filter((one) => one.textContent.trim() && seen(one));
    const boxes = texts.map((one) => one.getBoundingClientRect());
    for (let a = 0; a < boxes.length; a++) for (let b = a + 1; b < boxes.length; b++) {
      const x = Math.min(boxes[a].right, boxes[b].right) - Math.max(boxes[a].left, boxes[b].left);
      const y = Math.min(boxes[a].bottom, boxes[b].bottom) - Math.max(boxes[a].top, boxes[b].top);
      const low = Math.min(boxes[a].height, boxes[b].height);
      if (x > 1.5 && y > 0.3 * low) said.push(`${texts[a].textContent} | ${texts[b].textContent}`);
    }
    texts.forEach((one) => {
      const [r, g, b] = getComputedStyle(one).fill.match(/[\d.]+/g).map(Number), bright = (2 * r + 7 * g + b) / 10;
      if (matchMedia("(prefers-color-scheme: dark)").matches ? bright < 70 : bright > 190) {
        said.push(`${one.textContent} | its own ground`);
      }
    });
    let scrolls = svg;
    const still = (one) => !["auto", "scroll"].includes(getComputedStyle(one).overflowX);
    while (scrolls && still(scrolls)) scrolls = scrolls.parentElement;
    const frame = scrolls ? null : svg.closest("figure")?.getBoundingClientRect();
    texts.forEach((one, at) => {
      if (frame && boxes[at].right > frame.right + 1) said.push(`${one.textContent} | the figure's edge`);
    });
  }
  const slider = document.querySelector(".slider input");
  let moved = null;
  if (slider) {
    slider.value = slider.max;
    slider.dispatchEvent(new Event("input"));
    const shown = [...slider.closest("figure").querySelectorAll("g.slot")].filter(seen);
    const told = slider.parentElement.querySelector("output").textContent;
    moved = [shown.length, shown[0]?.dataset.slot, slider.max, told];
  }
  const wide = document.documentElement.scrollWidth - innerWidth;
  const dark = getComputedStyle(document.body).backgroundColor;
  const looked = { said, moved, wide, dark, width: innerWidth, lang: document.documentElement.lang };
  document.documentElement.dataset.looked = JSON.stringify(looked);
})();
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was seen: errors, texts that cover others, pixels beyond the window, the last slot of the slider."""

    console: list[str]
    covered: list[str]
    beyond_px: int
    slot: list[object] | None
    ground: str
    width: int
    language: str


def looked_at(page: Path, folder: Path, *, width: int, dark: bool, scripted: bool = True) -> Looked:
    """Draw a page in a window so many pixels wide; one that is not `scripted` has no script of its own."""
    text = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", page.read_text(encoding="utf-8"))
    copy = folder / "copy.html"
    copy.write_text(text.replace("</body>", f"<script>{LOOK}</script></body>"), encoding="utf-8")
    command = [
        str(CHROMIUM),
        *QUIET,
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},1200",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        "--enable-logging=stderr",
        "--v=0",
        "--dump-dom",
        copy.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    found = re.search(r'data-looked="([^"]*)"', done.stdout)
    assert found, done.stderr[-2000:]
    assert not scripted or 'data-ready="yes"' in done.stdout, "the page's script did not reach its end"
    seen = json.loads(html.unescape(found[1]))
    return Looked(
        console=[line for line in done.stderr.splitlines() if "CONSOLE" in line],
        covered=seen["said"],
        beyond_px=seen["wide"],
        slot=seen["moved"],
        ground=seen["dark"],
        width=seen["width"],
        language=seen["lang"],
    )
