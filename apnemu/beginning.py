# SPDX-License-Identifier: BSD-3-Clause
"""Beginning of a command: what its caller may have left undone is set right, before anything else is imported."""

from __future__ import annotations

import os
import sys


def begin() -> None:
    """Have Ctrl-C show no traceback, open what is closed of 0, 1 and 2, and take texts as UTF-8. Once is enough."""
    # what `signal` is made of: to import that takes long enough for somebody to press Ctrl-C
    import _signal  # type: ignore[import-not-found]  # it has no file, and no types

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _open_descriptors()
    _take_utf8()


def _open_descriptors() -> None:
    """Open standard descriptors that the caller has closed: a file that is opened next would get their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def _take_utf8() -> None:
    """Begin again in Python's UTF-8 mode where the locale has another encoding: files, names and pages are in UTF-8."""
    import codecs
    import locale

    try:
        encoding = codecs.lookup(locale.getencoding()).name
    except LookupError:
        encoding = ""
    if encoding != "utf-8" and not sys.flags.utf8_mode:
        os.environ["PYTHONUTF8"] = "1"  # for what this command starts
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
