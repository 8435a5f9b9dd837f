# SPDX-License-Identifier: BSD-3-Clause
"""Opening of a lab for Python: `apnemu.open_lab`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from apnemu.lab.job import DISK_LIMIT_MB
from apnemu.shell.lab import Lab
from apnemu.shell.opened import Opened, asked

MEMORY_MB = 2048
TRANSCEIVERS = 8


def open_lab(
    topology: str | Path,
    *,
    network: Literal["apn", "packet"] = "apn",
    controller: str | Path | None = None,
    controller_runtime: str | None = None,
    controller_options: Sequence[str] = (),
    settle: float | Literal["ready"] | None = None,
    seed: int = 1,
    transceivers: int = TRANSCEIVERS,
    pcap: bool = False,
    folder: str | Path | None = None,
    keep: bool | None = None,
    time: Literal["virtual", "real"] = "virtual",
    memory_mb: int = MEMORY_MB,
    disk_limit_mb: int = DISK_LIMIT_MB,
    wall_limit_s: float | None = None,
    hide_home: bool = True,
    show: Sequence[str | Path] = (),
    near: str | Path | None = None,
) -> Lab:
    """Bring a network up in a lab of its own, and hand it over.

    `topology` is the name of one that comes with apnemu, or a file; on the `apn` nothing is lit yet, `request` asks for
    light. `controller` is a Ryu application for the packet network, `settle` its virtual seconds. Files may be named as
    they lie in the folder `near`, this one by default, which is where programs of the lab begin. `folder` is the run
    directory, new or empty; without it there is a temporary one. It goes when the lab is closed if it is temporary,
    unless `keep` says otherwise. `pcap` captures every frame at the switches' ports, but for what flows carry.
    `wall_limit_s` ends the lab; None never does. In "real" time the lab's clock is the machine's.

    Raises InputError for what was asked, LabError for what the lab did, KernelError where there is no kernel for it.
    """
    wanted = asked(
        topology,
        network=network,
        controller=controller,
        controller_runtime=controller_runtime,
        controller_options=controller_options,
        settle=settle,
        seed=seed,
        transceivers=transceivers,
        pcap=pcap,
        memory_mb=memory_mb,
        disk_limit_mb=disk_limit_mb,
        wall_limit_s=wall_limit_s,
        hide_home=hide_home,
        show=show,
        near=near,
        time=time,
    )
    return Lab(
        Opened(wanted, None if folder is None else Path(folder), keep=folder is not None if keep is None else keep)
    )
