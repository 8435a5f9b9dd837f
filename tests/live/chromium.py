# SPDX-License-Identifier: BSD-3-Clause
"""Chromium without a window, driven over its own protocol through two pipes: pages opened, clicked, read."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.pages.browser import CHROMIUM, QUIET

LONGEST_S = 120.0
FOLDERS = ("/usr/bin", "/bin")
BASH = shutil.which("bash") or "/bin/bash"


class Browser:
    """A page of a browser's; `complaints` are what its console says in earnest."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._rest = b""
        self._number = 0
        self._session = ""
        self.complaints: list[str] = []

    def begin(self) -> None:
        """Open an empty page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def look(self, *, width: int, dark: bool) -> None:
        """Have the window so wide, light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=1000, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, address: str) -> None:
        """Go to an address, and wait until its script has come to its end."""
        self.call("Page.navigate", url=address)
        self.wait_for("document.documentElement?.dataset.ready === 'yes'")

    def value(self, expression: str) -> Any:
        """The value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, (expression, found)
        return found["result"].get("value")

    def wait_for(self, expression: str, *, limit_s: float = LONGEST_S) -> float:
        """Wait until an expression is true; returns how long that took, in s."""
        begun_s = time.monotonic()
        while not self.value(expression):
            told = self.value("document.body ? document.body.innerText : ''") if self._session else ""
            assert time.monotonic() - begun_s < limit_s, (expression, str(told)[-3000:], self.complaints)
            time.sleep(0.02)
        return time.monotonic() - begun_s

    def click(self, selector: str) -> None:
        """Press the mouse on the middle of an element, as a person does."""
        place = self.value(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            " one.scrollIntoView({block: 'center'});"
            " const box = (one.querySelector('.hit') || one).getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def press(self, selector: str, key: str = "Enter") -> None:
        """Press a key on an element that has the focus."""
        self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, text="\r" if kind == "keyDown" else "")

    def picture(self, file: Path) -> None:
        """Keep what is to be seen, as PNG."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=False)
        file.write_bytes(base64.b64decode(shot["data"]))

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its answer."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": values}
        if self._session:
            asked["sessionId"] = self._session
        os.write(self._commands, json.dumps(asked).encode() + b"\0")
        until_s = time.monotonic() + LONGEST_S
        while True:
            told = self._next(until_s)
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])
            self._hear(told)

    def _hear(self, told: dict[str, Any]) -> None:
        values = told.get("params", {})
        if told.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(values["exceptionDetails"])[:500])
        elif told.get("method") == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
            self.complaints.append(json.dumps(values["entry"])[:500])
        elif told.get("method") == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(values["args"])[:500])

    def _next(self, until_s: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            assert select.select([self._answers], [], [], max(0.0, until_s - time.monotonic()))[0], "no answer"
            data = os.read(self._answers, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own, ended with the block."""
    read_commands, commands = os.pipe()
    answers, write_answers = os.pipe()
    words = [
        str(CHROMIUM),
        *QUIET,
        "--remote-debugging-pipe",
        f"--user-data-dir={folder / 'profile'}",
        "about:blank",
    ]
    script = f'exec 3<&{read_commands} 4>&{write_answers}; exec "$@"'
    with (folder / "chromium.log").open("wb") as log:
        running = subprocess.Popen(
            [BASH, "-c", script, "bash", *words],
            pass_fds=(read_commands, write_answers),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.close(read_commands)
    os.close(write_answers)
    made = Browser(commands, answers)
    try:
        made.begin()
        yield made
    finally:
        with suppress(OSError, AssertionError):
            made._session = ""
            made.call("Browser.close")
        with suppress(subprocess.TimeoutExpired):
            running.wait(10)
        running.kill()
        running.wait()
        os.close(commands)
        os.close(answers)
