# SPDX-License-Identifier: BSD-3-Clause
"""Interrupts of a command: what Ctrl-C, a batch system or an operator sends, and how it ends what the command began.

Where nothing is owned the command says by which signal it ends, and ends (`ends_at_once`). An exception there would
come out of the midst of somebody's import, which may swallow it or call it an error of its own.

Where something is owned the first signal raises an exception (`signals_raise`), so that `with` blocks end what they
own. Further ones change nothing: who presses Ctrl-C twice does not interrupt the tidying up. A thing that is begun and
owned in two steps is begun in `held`. Labs run in threads, which no signal reaches: an exception in the main thread has
them end (`apnemu.lab.guest`).

A signal that is ignored (`nohup`), and one for which whoever called has a handler of their own, stays as it is.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

ENDING: Final = tuple(getattr(signal, f"SIG{name}") for name in ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "XCPU"])
"""Signals that end a process that does nothing about them; batch systems send USR1, USR2 and XCPU before they kill."""
SIGNAL_EXIT: Final = 128
"""Exit code of a command that a signal ended, less the signal's number."""


class EndedBySignal(SystemExit):
    """End of a command by a signal; its exit code is 128 + the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(SIGNAL_EXIT + number)
        self.number = number

    def __str__(self) -> str:
        return said(self.number)


class _State:
    """What the main thread knows of signals: how deep it is in which blocks, and which signal came first."""

    raising = held = 0
    first: int | None = None
    is_pythons = False
    """Whether Ctrl-C is what Python makes of it, as in a notebook, and not a command's."""


_state = _State()
_stopped_too: set[int] = set()


def said(number: int) -> str:
    """Words for a signal that ends a command.

    >>> said(2), said(15)
    ('interrupted', 'ended by SIGTERM')
    """
    return "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"


def ends_at_once(number: int, _frame: FrameType | None) -> None:
    """Handle a signal where nothing is owned: say which it is, and end."""
    with suppress(OSError):
        os.write(2, f"{said(number)}\n".encode())
    os._exit(SIGNAL_EXIT + number)


def begin() -> None:
    """Have signals end this command at once, from now on, but for those that are ignored."""
    for number in ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, ends_at_once)


@contextmanager
def signals_raise() -> Iterator[None]:
    """Turn the first signal that would end this process into an exception, EndedBySignal.

    In a program that is not a command of apnemu's Ctrl-C is a KeyboardInterrupt, as everywhere in Python. SIGTSTP
    stops the labs of this process with it. The handlers before are put back afterwards. Only the main thread can set
    handlers; in any other thread, and within another such block, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread() or _state.raising:
        yield
        return
    ours = dict.fromkeys(ENDING, _raise) | {signal.SIGTSTP: _suspend}
    usual = (signal.SIG_DFL, signal.default_int_handler, ends_at_once)
    ours = {number: handler for number, handler in ours.items() if signal.getsignal(number) in usual}
    _state.first, _state.raising = None, 1
    _state.held += 1
    before = {number: signal.signal(number, handler) for number, handler in ours.items()}
    _state.is_pythons = before.get(signal.SIGINT) is signal.default_int_handler
    raised = False
    try:
        _let_go()
        yield
    except BaseException:
        raised = True
        raise
    finally:
        _state.held += 1
        for number, handler in before.items():
            signal.signal(number, handler)
        _state.raising = 0
        _state.held -= 1
        if _state.first is not None and not raised:
            os.kill(os.getpid(), _state.first)  # it came too late for this block, or some code swallowed it


@contextmanager
def held() -> Iterator[None]:
    """Keep signals waiting until the end of the block, which raises then: for what is begun and owned in two steps."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.held += 1
    try:
        yield
    finally:
        _let_go()


def check() -> None:
    """Raise again for a signal that came; for loops that wait: code that nobody calls may swallow an exception."""
    if _state.raising and _state.first is not None:
        raise _exception(_state.first)


@contextmanager
def stopped_too(pid_fd: int) -> Iterator[None]:
    """Have a process stop and go on with this one, when somebody stops this one by Ctrl-Z (SIGTSTP)."""
    _stopped_too.add(pid_fd)
    try:
        yield
    finally:
        _stopped_too.discard(pid_fd)


def _let_go() -> None:
    _state.held -= 1
    if _state.held == 0:
        check()


def _raise(number: int, _frame: FrameType | None) -> None:
    if _state.first is None:
        _state.first = number
        if _state.held == 0:
            raise _exception(number)


def _exception(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT and _state.is_pythons else EndedBySignal(number)


def _suspend(number: int, _frame: FrameType | None) -> None:
    followers = list(_stopped_too)
    _send(followers, signal.SIGSTOP)
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)  # this process stands here until somebody lets it go on
    signal.signal(number, _suspend)
    _send(followers, signal.SIGCONT)


def _send(pid_fds: list[int], number: int) -> None:
    for pid_fd in pid_fds:
        with suppress(OSError):  # it has ended
            signal.pidfd_send_signal(pid_fd, number)
