# SPDX-License-Identifier: BSD-3-Clause
"""Controllers of a network that is explored: what they are told over a socket, and one whose process is kept."""

from __future__ import annotations

import json
import socket
from typing import Literal

from apnemu.blueprint.addressing import EXPLORED_SOCKET
from apnemu.emulation.controller import Controller
from apnemu.errors import LabError

Order = Literal["due", "reset", "lose", "start"]


def tell(order: Order) -> int | None:
    """Have the controller do what `controllers.explored` knows; returns what it says.

    Raises LabError where it does not do that: its program has raised an error.
    """
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(EXPLORED_SOCKET)
        asking.sendall(order.encode() + b"\n")
        with asking.makefile("rb") as answers:
            answer = answers.readline()
    if not answer:
        raise LabError(f"the controller does not {order}")
    said: int | None = json.loads(answer)
    return said


class Kept(Controller):
    """Controller that is lost and starts again within its process: that takes milliseconds, not a second."""

    _is_lost = False

    def start(self) -> None:
        if self._process is None:
            super().start()
        else:
            tell("start")
            self._is_lost = False

    def lose(self) -> None:
        if not self._is_lost:
            tell("lose")
            self._is_lost = True
            self._heard()

    @property
    def lost(self) -> bool:
        return self._is_lost

    def end(self) -> None:
        """End its process."""
        super().lose()

    def _prefer(self) -> None:
        if not self._is_preferred:  # threads that it begins later are as those that begin them
            super()._prefer()
            self._is_preferred = True

    _is_preferred = False
