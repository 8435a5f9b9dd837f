"""How a hub's subcarriers are shared out among leaves, and which go over when some are moved."""

from __future__ import annotations

from collections.abc import Sequence


def before_moving(leaves: int, count: int, most: int) -> tuple[int, ...]:
    """Subcarriers of each leaf: the second half of the leaves has one each, so that there is room to move some to.

    >>> before_moving(4, 16, 4), before_moving(8, 16, 4), sum(before_moving(16, 16, 4))
    ((4, 4, 1, 1), (3, 3, 3, 3, 1, 1, 1, 1), 16)
    """
    few = leaves // 2
    high = max(1, min(most, (count - few) // (leaves - few)))
    return (high,) * (leaves - few) + (1,) * few


def after_moving(before: Sequence[int], moved: int, most: int) -> tuple[int, ...]:
    """The same, `moved` subcarriers later: one by one from the first half's fullest to the second half's emptiest.

    A giver keeps one while another can give; where none can, it is left dark. Fewer go where no taker has room.

    >>> after_moving((4, 4, 1, 1), 4, 4), after_moving((4, 1), 4, 4), after_moving((1, 1, 1, 1), 1, 4)
    ((2, 2, 3, 3), (1, 4), (0, 1, 2, 1))
    """
    found = list(before)
    half = len(found) - len(found) // 2
    for _ in range(moved):
        giver = min(range(half), key=lambda at: (-found[at], at))
        takers = [at for at in range(half, len(found)) if found[at] < most]
        if not takers or not found[giver]:
            break
        taker = min(takers, key=lambda at: (found[at], at))
        found[giver] -= 1
        found[taker] += 1
    return tuple(found)
