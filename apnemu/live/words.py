# SPDX-License-Identifier: BSD-3-Clause
"""Texts that the page's script writes; those that stand in the page from the beginning are in its template."""

from __future__ import annotations

from typing import Final

STATES: Final = {"planned": "coming up", "lit": "lit", "dark": "dark"}
"""State of light -> its word."""
WORDS: Final = {
    "starts": "The lab starts",
    "paused": "Paused",
    "runs": "Runs",
    "busy": "A command runs",
    "ended": "Ended",
    "gone": "The connection is gone",
    "whole": "whole",
    "cut": "cut",
    "lost": "down",
    "carries": "carries light",
    "click": "click cuts it, a click again repairs it",
    "release": "Release",
    "stop": "Stop",
    "nothing": "nothing is lit",
    "unwatched": "nothing is watched",
    "unseen": "nothing has happened",
    "sent": "sent",
    "lostCount": "lost",
    "last": "last",
    "delay": "Round trip",
    "timeline": "Timeline",
    "spectrum": "Spectrum",
    "fibre": "fibre",
    "site": "site",
    "light": "light",
    "sure": "End the lab?",
}
"""Key in the script -> text."""
