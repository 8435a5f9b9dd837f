# SPDX-License-Identifier: BSD-3-Clause
"""What a page is shown of a shell: the clock, cuts, light, what watches have seen and what has happened, as it changes.

The controller is asked for light at most so often in virtual time, and each time that the shell waits for a person.
"""

from __future__ import annotations

import json
from typing import Any

from apnemu.emulation.channel import Channel
from apnemu.emulation.shell.clock import Clock
from apnemu.emulation.shell.commands import Shell
from apnemu.errors import ApnemuError

ASKED_EVERY_NS = 200_000_000
MOST_SAMPLES = 50_000
"""Most answers of watches in one message."""


class Sight:
    """Tells the caller what a page is to show."""

    def __init__(self, channel: Channel, clock: Clock, shell: Shell) -> None:
        self._channel = channel
        self._clock = clock
        self._shell = shell
        self._samples: list[tuple[str, str, int, int | None]] = []
        self._events = 0
        """Number of events that have been told."""
        self._told: dict[str, Any] = {}
        self._asked_ns: int | None = None
        shell.watches.seen = lambda pair, at_ns, rtt_ns: self._samples.append((*pair, max(0, at_ns), rtt_ns))

    def tell(self, *, rests: bool = False) -> None:
        """Tell what has changed; `rests`: the shell waits for a person, and no time passes from now on."""
        shell, now_ns = self._shell, self._clock.now_ns
        state: dict[str, Any] = {
            "cut": shell.breaks.fibres,
            "lost": shell.breaks.sites,
            "watched": shell.watches.pairs(),
            "load": shell.others.load,
        }
        due = self._asked_ns is None or now_ns - self._asked_ns >= ASKED_EVERY_NS
        if shell.blueprint.transceivers and (due or rests):
            try:
                light = shell.light.told()
            except ApnemuError:  # the controller has gone: the command that needs it says so
                light = None
            if light is not None:
                state["light"] = light
                self._asked_ns = now_ns
        news = {key: value for key, value in state.items() if self._told.get(key) != value}
        self._told.update(json.loads(json.dumps(news)))
        samples, self._samples = self._samples[:MOST_SAMPLES], self._samples[MOST_SAMPLES:]
        events = shell.events[self._events :]
        self._events += len(events)
        news |= {key: value for key, value in (("samples", samples), ("events", events)) if value}
        self._channel.show(json.dumps({"clock_ns": self._clock.now_ns, **news}, separators=(",", ":")))
