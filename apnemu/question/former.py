# SPDX-License-Identifier: BSD-3-Clause
"""Names of apnemu 0.1 that experiments of one's own may still use, and what they are called now."""

from __future__ import annotations

import re

NOW = (
    (r"No module named 'apnemu\.|cannot import name .* from 'apnemu\.", "all names come from `apnemu` itself now"),
    (r"Experiment.*keyword argument 'met'", "in place of met is judge(results, settings) -> Verdict: judge_rows"),
    (
        r"Setting.*keyword argument|settings must be a dataclass",
        'settings are fields of a frozen dataclass now: probes: Annotated[int, Setting("meaning", low=1)] = 5',
    ),
    (r"Stage.*keyword argument", "what is played is Stage(activities=(Probes(...), Flow(...))) now"),
    (r"'\w+' object is not subscriptable", "settings are read as settings.name now"),
)
"""Pattern of a message -> what to write in place of that."""


def way_out(error: BaseException) -> str:
    """The way out of an error of somebody's own experiment.

    >>> way_out(TypeError("Experiment.__init__() got an unexpected keyword argument 'met'"))
    'in place of met is judge(results, settings) -> Verdict: judge_rows; --debug shows where'
    >>> way_out(ZeroDivisionError("division by zero"))
    'mend it (--debug shows where)'
    """
    for pattern, now in NOW:
        if re.search(pattern, str(error)):
            return f"{now}; --debug shows where"
    return "mend it (--debug shows where)"
