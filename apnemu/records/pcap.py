# SPDX-License-Identifier: BSD-3-Clause
"""Time stamps and lengths of the frames in a nanosecond capture, and nothing else of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from apnemu import shared_folder
from apnemu.errors import LabError
from apnemu.units import NS_PER_S

NANOSECOND_MAGIC = 0xA1B23C4D
FILE_HEADER_BYTES = 24
MOST_BYTES: Final = 4 * 1024**3
"""Most bytes of a capture that is read whole: a frame has 30 at least."""


def stamps_ns(folder: Path, name: str) -> npt.NDArray[np.int64]:
    """Instants of the frames of `stamps_and_lengths`."""
    return stamps_and_lengths(folder, name)[0]


def stamps_and_lengths(folder: Path, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Read the instant and the length of each frame from a capture whose frames were all cut to one length.

    `folder` is the guest's, `name` that of the capture in it.

    Returns:
        Two arrays of shape (frames,), in the order of the capture: ns since the epoch, and bytes on the wire.

    Raises:
        LabError: the capture is not there, has no nanosecond stamps, frames of several lengths, or is cut off.
    """
    path = folder / name
    try:
        data = shared_folder.read_bytes(folder, name, most_bytes=MOST_BYTES)
    except FileNotFoundError:
        raise LabError(f"there is no capture {path}; the guest wrote none: see console.log") from None
    if len(data) < FILE_HEADER_BYTES or int.from_bytes(data[:4], "little") != NANOSECOND_MAGIC:
        raise LabError(f"{path} is no capture with nanosecond stamps")
    if len(data) == FILE_HEADER_BYTES:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    captured = int.from_bytes(data[FILE_HEADER_BYTES + 8 : FILE_HEADER_BYTES + 12], "little")
    frame = np.dtype([("s", "<u4"), ("ns", "<u4"), ("captured", "<u4"), ("length", "<u4"), ("data", f"V{captured}")])
    if (len(data) - FILE_HEADER_BYTES) % frame.itemsize:
        raise LabError(f"{path} holds frames of several lengths, or was cut off")
    frames = np.frombuffer(data, frame, offset=FILE_HEADER_BYTES)
    if np.any(frames["captured"] != captured):
        raise LabError(f"{path} holds frames of several lengths")
    stamps: npt.NDArray[np.int64] = frames["s"].astype(np.int64) * NS_PER_S + frames["ns"]
    return stamps, frames["length"].astype(np.int64)
