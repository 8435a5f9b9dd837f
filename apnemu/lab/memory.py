"""What a run takes of the host's memory, seen from outside and without any right: the high water mark of a process.

A guest is one process in this respect. Its memory is a file of its kernel's, who has touched and mapped every page of
it that holds anything (measured: file 216.8 MB, mapped 216.8 MB, high water 224.7 MB with the kernel's own program),
and never gives one back. The host halves of guest processes map pages of the same file and have next to none of their
own. `ru_maxrss` would be exact to the last page, but begins with what the process had before it executed the kernel:
the parent's memory, with vfork.
"""

from __future__ import annotations

import re
from pathlib import Path

_HIGH_WATER = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_bytes(process: int) -> int:
    """The most memory that a process has had at once since it began its program; 0 if it has ended.

    >>> peak_bytes(2**22 + 1)
    0
    """
    try:
        found = _HIGH_WATER.search(Path("/proc", str(process), "status").read_text())
    except OSError:  # it has been waited for
        return 0
    return int(found[1]) * 1024 if found else 0
