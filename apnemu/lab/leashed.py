# SPDX-License-Identifier: BSD-3-Clause
"""Run a program that ends with whoever wanted it: `leashed.py FD PROGRAM ARGUMENT...`.

FD reads from a pipe whose other end the caller alone holds. When that is closed, as by a caller that was killed with no
chance to clean up (SIGKILL), the group of this process goes with it: the program, and what it has started. A signal at
the death of a parent (PR_SET_PDEATHSIG) would end the program alone, and leave the compilers of a `make` behind.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys


def main(leash: int, command: list[str]) -> int:
    """Run the program and return its exit code, with 128 and the number of the signal that ended it."""
    try:
        process = subprocess.Popen(command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    ended = os.pidfd_open(process.pid)
    waiting = select.poll()
    waiting.register(leash, 0)  # that the other end is closed is told in any case
    waiting.register(ended, select.POLLIN)
    if leash in dict(waiting.poll()):
        os.killpg(os.getpgrp(), signal.SIGKILL)
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
