# SPDX-License-Identifier: BSD-3-Clause
"""A program of its own: a GNPy document (JSON, of either form) on standard input comes out in GNPy's older form.

GNPy reads through libyang, a library in C that ends its process by a signal on some documents; run as a child, it takes
nothing else with it. What GNPy raises goes to standard error as one line, and the exit code is 1.

GNPy hands libyang its JSON in ASCII, in which a character beyond the first 65,536 (emoji, rare Chinese) is two halves
that libyang refuses. Here all of this program's JSON is written as it is.
"""

from __future__ import annotations

import json
import resource
import sys
from functools import partial

MOST_BYTES = 4 << 30
MOST_CPU_S = 120


def main() -> int:
    from gnpy.tools.convert_legacy_yang import yang_to_legacy

    json.dumps = partial(json.dumps, ensure_ascii=False)
    try:
        json.dump(yang_to_legacy(json.load(sys.stdin)), sys.stdout)
    except Exception as error:
        print(type(error).__name__, *str(error).split(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
