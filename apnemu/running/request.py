# SPDX-License-Identifier: BSD-3-Clause
"""Request for a run, and the command line that asks for the same again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from apnemu.blueprint.document import FOREIGN_SETTLE_S
from apnemu.lab.job import DISK_LIMIT_MB, PCAP_BYTES
from apnemu.question.context import Network
from apnemu.question.discovery import comes_with_apnemu, topology_word
from apnemu.question.experiment import Experiment

Time = Literal["virtual", "real"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Framework of the network's controller, and the application in its place with its options, if any."""

    framework: str = "os-ken"
    application: Path | None = None
    options: tuple[str, ...] = ()
    settle_s: float | None = FOREIGN_SETTLE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Request for a run, as `apnemu run` and `apnemu.run` make it. `out` None is a new folder under `runs/`."""

    experiment: Experiment[Any]
    topology: Path
    own_file: Path | None = None
    """The file of an experiment that does not come with apnemu."""
    given: tuple[str, ...] = ()
    seed: int = 1
    networks: tuple[Network, ...] = ("apn", "packet")
    times: tuple[Time, ...] = ("virtual",)
    out: Path | None = None
    pcap: bool = False
    pcap_bytes: int = PCAP_BYTES
    """Bytes of each captured frame that are kept; 0: all."""
    controller: Path | None = None
    controller_runtime: str = "os-ken"
    controller_options: tuple[str, ...] = ()
    controller_settle_s: float | None = FOREIGN_SETTLE_S
    syscall_cost_ns: int = 500
    wall_limit_s: float = 1800
    disk_limit_mb: int = DISK_LIMIT_MB
    cores: tuple[int, ...] = ()
    by_quality: bool = False
    """Whether GNPy decides what is lit; else the table of reach does, and GNPy's figures stand beside it."""
    hide_home: bool = True
    shows: tuple[Path, ...] = ()
    """What the labs see of this user's home, beside the Python that runs this and what the run itself names."""

    def command(self) -> list[str]:
        """The words of the command line that gives this run again; none for an experiment that is in no file."""
        if self.own_file is None and not comes_with_apnemu(self.experiment):
            return []
        words = ["apnemu", "run", str(self.own_file) if self.own_file else self.experiment.name]
        words += ["--topology", topology_word(self.topology), "--seed", str(self.seed)]
        words += [word for text in self.given for word in ("--set", text)]
        kept = {"--network": (self.networks, self.experiment.usual_networks), "--time": (self.times, ("virtual",))}
        words += [word for key, (own, usual) in kept.items() if own != usual for word in (key, ",".join(own))]
        if self.pcap:
            words.append("--pcap")
        words += [] if self.pcap_bytes == PCAP_BYTES else ["--pcap-bytes", str(self.pcap_bytes)]
        if self.by_quality:
            words.append("--quality")
        words += [] if self.disk_limit_mb == DISK_LIMIT_MB else ["--disk-limit-mb", str(self.disk_limit_mb)]
        words += [] if self.hide_home else ["--no-hide-home"]
        words += [word for path in self.shows for word in ("--show", str(path))]
        if self.controller:
            words += ["--controller", str(self.controller)]
        if self.controller_settle_s != FOREIGN_SETTLE_S:
            words += ["--settle", "ready" if self.controller_settle_s is None else f"{self.controller_settle_s:g}"]
        words += ["--controller-runtime", self.controller_runtime, "--syscall-cost-ns", str(self.syscall_cost_ns)]
        return [*words, *(["--", *self.controller_options] if self.controller_options else [])]
