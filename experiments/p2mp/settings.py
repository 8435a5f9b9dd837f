# SPDX-License-Identifier: BSD-3-Clause
"""What a run of `p2mp` may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from apnemu.question.settings import Setting

Kind = Literal["tree", "subcarriers", "p2p"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    leaves: Annotated[tuple[int, ...], Setting("Numbers of leaves, one after another", low=1, high=64)] = (
        2,
        4,
        8,
        16,
    )
    kind: Annotated[tuple[Kind, ...], Setting("Ways in which light gets to the leaves")] = (
        "tree",
        "subcarriers",
        "p2p",
    )
    hub: Annotated[
        str,
        Setting("Data centre in the middle; empty: the first tree's, else the file's first", example="hub", of="site"),
    ] = ""
    rate_gbps: Annotated[
        float, Setting("Rate that is asked for of trees and of lightpaths", "Gbit/s", low=1, high=1600)
    ] = 100.0
    frames: Annotated[int, Setting("Single frames sent to each leaf, which measure delay", low=1, high=10_000)] = 20
    frame_bytes: Annotated[
        int, Setting("Length of a single frame, Ethernet header included", "bytes", low=60, high=1514)
    ] = 98
    train: Annotated[int, Setting("Datagrams of 60 kB sent back to back, which measure rates", low=3, high=1000)] = 40
    move: Annotated[int, Setting("Subcarriers that move from one leaf to another", low=1, high=64)] = 4
