# SPDX-License-Identifier: BSD-3-Clause
"""Time stamps of a nanosecond capture, and nothing else of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from apnemu.errors import LabError
from apnemu.units import NS_PER_S

NANOSECOND_MAGIC = 0xA1B23C4D
FILE_HEADER_BYTES = 24


def stamps_ns(path: Path) -> npt.NDArray[np.int64]:
    """Read the instant of each frame from a capture whose frames were all cut to one length; ns since the epoch.

    Returns:
        Array of shape (frames,), in the order of the capture.

    Raises:
        LabError: the capture has no nanosecond stamps, frames of several lengths, or is cut off.
    """
    data = path.read_bytes()
    if len(data) < FILE_HEADER_BYTES or int.from_bytes(data[:4], "little") != NANOSECOND_MAGIC:
        raise LabError(f"{path} is no capture with nanosecond stamps")
    if len(data) == FILE_HEADER_BYTES:
        return np.zeros(0, np.int64)
    captured = int.from_bytes(data[FILE_HEADER_BYTES + 8 : FILE_HEADER_BYTES + 12], "little")
    frame = np.dtype([("s", "<u4"), ("ns", "<u4"), ("captured", "<u4"), ("length", "<u4"), ("data", f"V{captured}")])
    if (len(data) - FILE_HEADER_BYTES) % frame.itemsize:
        raise LabError(f"{path} holds frames of several lengths, or was cut off")
    frames = np.frombuffer(data, frame, offset=FILE_HEADER_BYTES)
    if np.any(frames["captured"] != captured):
        raise LabError(f"{path} holds frames of several lengths")
    stamps: npt.NDArray[np.int64] = frames["s"].astype(np.int64) * NS_PER_S + frames["ns"]
    return stamps
