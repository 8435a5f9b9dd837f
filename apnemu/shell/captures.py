# SPDX-License-Identifier: BSD-3-Clause
"""Capture of a session: every frame at the switches' ports, as pcapng with names of sites and fibres."""

from __future__ import annotations

from pathlib import Path

from apnemu import shared_folder
from apnemu.blueprint.captured import captured
from apnemu.records.pcapng import to_pcapng
from apnemu.running.directory import interfaces_of
from apnemu.running.unlit_network import Written

CAPTURE = "capture.pcap"


def keep(folder: Path, written: Written) -> None:
    """Turn the guest's capture into `capture.pcapng`. Raises LabError where the guest made of it something else."""
    said = captured(written.blueprint, written.labels)
    to_pcapng(folder / CAPTURE, folder / "capture.pcapng", interfaces_of(folder), said)
    shared_folder.remove(folder, CAPTURE)
