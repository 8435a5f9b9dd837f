# SPDX-License-Identifier: BSD-3-Clause
"""Options of a network that somebody has start and stand: those that `shell` and `live` have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Transceivers = Annotated[int, typer.Option(min=1, max=64, help="Of each data centre.")]
Folder = Annotated[Path | None, typer.Option(help="Folder that the lab shares at /run/apnemu, and that stays.")]
Pcap = Annotated[bool, typer.Option("--pcap", help="Capture every frame at the switches' ports into --folder.")]
Seed = Annotated[int, typer.Option(help="All that is random comes from it.")]
Controller = Annotated[Path | None, typer.Option(help="Another Ryu application, on the packet network.")]
Runtime = Annotated[str, typer.Option("--runtime", "--controller-runtime", help="os-ken or ryu.")]
ControllerOptions = Annotated[str, typer.Option(help="Its options, as ryu-manager's, in one text.")]
MemoryMb = Annotated[int, typer.Option(min=64, max=1_048_576)]
DiskLimitMb = Annotated[int, typer.Option(min=1, max=1_073_741_824)]
