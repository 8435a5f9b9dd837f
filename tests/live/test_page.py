# SPDX-License-Identifier: BSD-3-Clause
"""A network in headless Chromium: cut by a click, followed, paused; and nothing of it is left."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.experiments.test_failover import RING
from tests.live.chromium import Browser
from tests.live.labs import CLOCK, PAUSED, live
from tests.pages.browser import CHROMIUM
from tests.shell.at_a_terminal import all_ended

pytestmark = [
    pytest.mark.guest,
    pytest.mark.slow,
    pytest.mark.alone,  # a cut is to be seen within a second of the wall's clock
    pytest.mark.skipif(CHROMIUM is None, reason="chromium, which shows the page, is not installed"),
]
SHOWS_S = 1.0
"""Wall time within which a cut by a click is to be seen."""
FIBRE = "[data-fibre='a-b']"
IS_CUT = f"""document.querySelector("{FIBRE}").classList.contains('cut')"""


def pace(page: Browser, value: str) -> None:
    page.value(
        f"(() => {{ const one = document.getElementById('pace'); one.value = '{value}';"
        " one.dispatchEvent(new Event('change')); })()"
    )


def samples(page: Browser) -> tuple[int, int]:
    """Answers that were sent for, and those lost, of the first watch."""
    told = page.value("document.querySelector('#watches li span').textContent").replace(",", "").split()
    return int(told[1]), int(told[3])


def test_a_cut_by_a_click_is_seen_at_once_and_the_clock_stands_while_paused(tmp_path: Path) -> None:
    (tmp_path / "ring.yaml").write_text(RING)
    with live(tmp_path, "ring.yaml", "--network", "packet") as at:
        page = at.page
        port = at.address.split(":")[2].split("/")[0]
        assert at.listens() == [f"127.0.0.1:{port}"]
        page.click("#watch button")
        page.wait_for("document.querySelector('#watches b') !== null")
        page.click("#run")
        page.wait_for("document.querySelectorAll('#watches .point').length > 5")
        page.click(FIBRE)
        assert page.wait_for(IS_CUT) < SHOWS_S
        page.wait_for("document.querySelector('#watches .miss') !== null")
        page.press(FIBRE)
        assert page.wait_for(f"!{IS_CUT}") < SHOWS_S
        page.click("#pause")
        page.wait_for(PAUSED)
        stood = page.value(CLOCK)
        time.sleep(2)  # a person who thinks
        assert page.value(CLOCK) == stood
        page.click(FIBRE)
        assert page.wait_for(IS_CUT) < SHOWS_S
        assert float(page.value(CLOCK)) - float(stood) < 0.001, "but for the system calls of the cut"
        assert page.value("document.querySelectorAll('#timeline .span-bad').length") >= 3
        stood = page.value(CLOCK)
        page.value("document.getElementById('by').value = '2s'")
        page.click("#advance button")
        page.wait_for(f"{CLOCK} !== '{stood}'")
        page.wait_for(PAUSED)
        assert float(page.value(CLOCK)) - float(stood) == pytest.approx(2, abs=0.001)
        sent, lost = samples(page)
        assert sent > lost > 0
        page.value("document.querySelector('#line input').value = 'a ping -n -c 1 d'")
        page.click("#line button")
        page.wait_for("document.getElementById('output').textContent.includes('1 received')")
        page.value("document.querySelector('#line input').value = 'a echo \"<img src=x>\"'")
        page.click("#line button")
        page.wait_for("document.getElementById('output').textContent.includes('\\n<img src=x>')")
        assert page.value("document.querySelectorAll('img').length") == 0
        page.wait_for(PAUSED)
        page.open(at.address)  # loaded again it shows what it showed
        page.wait_for(f"document.querySelector('#watches .miss') !== null && {IS_CUT} && {CLOCK} !== '0.000000000'")
        assert samples(page)[1] >= lost
        for dark, ground in ((False, "rgb(246, 247, 249)"), (True, "rgb(12, 17, 24)")):
            for width in (1280, 600):
                page.look(width=width, dark=dark)
                assert page.value("getComputedStyle(document.body).backgroundColor") == ground
                assert page.value("document.documentElement.scrollWidth <= innerWidth"), width
        assert page.complaints == []
        page.call("Page.navigate", url="about:blank")  # the page is closed
        assert at.running.wait(60) == 0
        assert at.listens() == []
    assert all_ended(tmp_path)
    assert not (tmp_path / "runs").exists()


def test_light_comes_up_is_cut_and_is_given_back(tmp_path: Path) -> None:
    """In Japanese, with 1+1: the other lightpath takes over, so the light stays lit."""
    (tmp_path / "ring.yaml").write_text(RING)
    with live(tmp_path, "ring.yaml", "--lang", "ja") as at:
        page = at.page
        page.value("document.querySelector('#request [name=protection]').value = '1+1'")
        page.click("#request button")
        page.wait_for("document.querySelector('.state.planned') !== null")
        page.click("#watch button")
        page.value("document.getElementById('by').value = '80s'")
        page.click("#advance button")
        page.wait_for("document.querySelector('.state.lit') !== null")
        page.wait_for(PAUSED)
        assert page.value(f"""document.querySelector("{FIBRE}").getAttribute('class')""").split() == [
            "fibre-button",
            "lit",
        ]
        assert page.value("document.querySelectorAll('.fibre-button.standby').length") == 3
        assert page.value("document.querySelectorAll('#spectrum .slot').length") == 4
        page.click("#run")
        page.wait_for("document.querySelectorAll('#watches .trace[d^=\"M\"]').length > 0")
        page.click(FIBRE)
        page.wait_for("document.querySelectorAll('.fibre-button.lit').length === 3")
        assert "切断：a-b" in page.value("document.getElementById('events').textContent")
        pace(page, "10.0")
        page.click("#lights button")
        page.wait_for("document.querySelector('.state') === null")
        page.press("#pause")
        page.wait_for(PAUSED)
        assert page.complaints == []
        at.running.send_signal(2)
        assert at.running.wait(60) == 130
    assert all_ended(tmp_path)
