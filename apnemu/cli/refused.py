# SPDX-License-Identifier: BSD-3-Clause
"""What the machine refused this command, in a line: memory, processes, files."""

from __future__ import annotations

import errno
import resource


def refused(error: Exception) -> str | None:
    """Name what the machine refused, and the way out; None for an error of any other kind.

    >>> refused(ValueError("3")) is None, str(refused(RuntimeError("can't start new thread"))).partition(";")[0]
    (True, "can't start new thread: the machine gives this command no further process or thread")
    """
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or number == errno.ENOMEM:
        most = _shown(resource.RLIMIT_AS)
        return f"this command has no more memory; end other programs, or raise its limit ({most} bytes, ulimit -v)"
    if (isinstance(error, BlockingIOError) and "write" not in str(error)) or (
        isinstance(error, RuntimeError) and "new thread" in str(error)
    ):
        most = _shown(resource.RLIMIT_NPROC)
        told = "the machine gives this command no further process or thread"
        return f"{error}: {told}; end others of this user's, or raise their limit ({most}, ulimit -u)"
    if number in (errno.EMFILE, errno.ENFILE):
        most = _shown(resource.RLIMIT_NOFILE)
        return f"this command has too many open files; raise their limit ({most}, ulimit -n)"
    if number == errno.EFBIG:
        most = _shown(resource.RLIMIT_FSIZE)
        return f"{_named(error)}a file came to the longest that it may be; raise that ({most} bytes, ulimit -f)"
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"{_named(error)}the disk is full, or has no file left that could be made (df, df -i); make room"
    return None


def _named(error: Exception) -> str:
    return f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""


def _shown(limit: int) -> str:
    soft, _ = resource.getrlimit(limit)
    return "unlimited" if soft == resource.RLIM_INFINITY else str(soft)
