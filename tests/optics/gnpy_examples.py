# SPDX-License-Identifier: BSD-3-Clause
"""Example networks of the installed GNPy: imported, planned, beside GNPy's own command line, per direction and band.

`python -m tests.optics.gnpy_examples [NAME ...]` prints the table: for each lightpath and way, GSNR of the plan and of
GNPy, and their difference; or the refusal with its reason. GNPy's figure is that of its program
`gnpy-transmission-example`, run on the files that `plan --export-gnpy` gives back.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log10
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.spectrum import ANCHOR_THZ, STEP_GHZ, Slot
from apnemu.optics import network_of
from apnemu.topology import read_plant
from apnemu.topology.writer import topology_text
from tests.optics.lines import EXAMPLES

MOST_LIGHTPATHS = 12
"""Lightpaths of a network that are compared: the first of its plan; the programs of GNPy take seconds for each."""
MOST_DEMANDS = 50
"""Most demands that are planned."""
NETWORKS: dict[str, tuple[str, ...]] = {
    "edfa_example_network.json": (),
    "raman_edfa_example_network.json": ("--sim-params", "sim_params.json"),
    "fused_roadm_example_network.json": (),
    "meshTopologyExampleV2.json": ("--services", "meshTopologyExampleV2_services.json"),
    "meshTopologyExampleV2.xls": (),
    "multiband_example_network.json": ("--equipment", "eqpt_config_multiband.json"),
    "Sweden_OpenROADMv4_example_network.json": ("--equipment", "eqpt_config_openroadm_ver4.json"),
    "Sweden_OpenROADMv5_example_network.json": ("--equipment", "eqpt_config_openroadm_ver5.json"),
    "CORONET_CONUS_Topology.json": (),
    "CORONET_Global_Topology.json": (),
    "CORONET_Global_Topology.xls": (),
    "juniperTopologyExampleV2J.xls": (),
}
"""Every network that GNPy ships, with the options that it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A way of a lightpath in the plan and by GNPy, in dB; or the reason why there is no light."""

    network: str
    what: str
    band: str = ""
    ours_db: float | None = None
    gnpy_db: float | None = None
    reason: str = ""

    @property
    def apart_db(self) -> float:
        return abs((self.ours_db or 0.0) - (self.gnpy_db or 0.0))


def compared(name: str, folder: Path, most: int = MOST_LIGHTPATHS) -> Iterator[Compared]:
    """Import a network, plan it, and ask GNPy's program about the plan's first lightpaths."""
    options = [str(EXAMPLES / word) if word.endswith(".json") else word for word in NETWORKS[name]]
    file = folder / "t.yaml"
    ran = _apnemu("import", EXAMPLES / name, "--out", file, *options)
    if ran.returncode:
        yield Compared(network=name, what="import", reason=_refusal(ran))
        return
    _ask_for_fewer(file)
    ran = _apnemu("plan", file, "--json", "--export-gnpy", folder / "gnpy")
    if ran.returncode:
        yield Compared(network=name, what="plan", reason=_refusal(ran))
        return
    planned = json.loads(ran.stdout)
    for refusal in planned["refusals"]:
        yield Compared(network=name, what=refusal["demand"], reason=refusal["reason"])
    plant = read_plant(file)
    for path, ways in zip(planned["lightpaths"][:most], planned["ways"][:most], strict=True):
        yield from _both_ways(name, plant, path | ways, folder / "gnpy", EXAMPLES / name)


def _ask_for_fewer(file: Path) -> None:
    """Leave of a large network's demands one over each of its first fibres: GNPy takes hours over all of them."""
    plant = read_plant(file)
    if len(plant.demands) <= MOST_DEMANDS:
        return
    demands = tuple(
        Demand(name=f"{fibre.a}_{fibre.b}", source=fibre.a, target=fibre.b, rate_gbps=100)
        for fibre in plant.fibres[: MOST_LIGHTPATHS // 2]
        if plant.site[fibre.a].hosts and plant.site[fibre.b].hosts
    )
    file.write_text(topology_text(replace(plant, demands=demands), beside=file.parent), "utf-8")


def _both_ways(name: str, plant: Plant, path: dict[str, Any], folder: Path, given: Path) -> Iterator[Compared]:
    network = network_of(plant)
    fibres = _fibres(plant, path)
    for what, key, route in (("out", "gsnr_db", fibres), ("back", "return_gsnr_db", fibres[::-1])):
        start = path["from"] if what == "out" else path["to"]
        way = network._way(route, start)
        if not way:  # the file leads the other way alone
            continue
        first, *passed, last = network.stations(way)
        stops = [uid for uid in passed if uid in network.sites]
        words = [
            "gnpy-transmission-example",
            folder / ("network.json" if given.suffix == ".json" else given),
            first,
            last,
        ]
        words += ["-e", folder / "equipment.json", "--spectrum", folder / f"spectrum-{path['mode']}.json"]
        words += ["--path", " | ".join(stops)] if stops else []
        words += ["--sim-params", folder / "sim_params.json"] if (folder / "sim_params.json").exists() else []
        words += ["--show-channels"]
        program, *rest = (str(word) for word in words)
        ran = subprocess.run(
            [str(Path(sys.executable).with_name(program)), *rest], capture_output=True, text=True, check=False
        )
        if ran.returncode:
            said = ran.stderr.strip().splitlines()[-1:]
            yield Compared(network=name, what=f"{path['name']} {what}", reason=f"GNPy's program ends: {said}")
            continue
        lit = json.loads((folder / f"spectrum-{path['mode']}.json").read_text())["spectrum"]
        channels = shown_channels(ran.stdout, lit[0]["baud_rate"])
        verdict = network.judge_of(plant)(fibres).verdict(path["mode"], _slot(path), back=what == "back")
        own = {n for n, _ in verdict.channels}
        theirs = [gsnr_db for thz, gsnr_db in channels if round((thz - ANCHOR_THZ) * 1e3 / STEP_GHZ) in own]
        yield Compared(
            network=name,
            what=f"{path['name']} {what}",
            band="L" if path["slot"]["n"] < -400 else "C",
            ours_db=path.get(key, path["gsnr_db"]),
            gnpy_db=sum(theirs) / len(theirs) if len(theirs) == len(own) else None,
        )


def shown_channels(text: str, baud: float) -> list[tuple[float, float]]:
    """Frequency in THz and GSNR in 0.1 nm of every channel, of the table that `--show-channels` prints (which has the
    GSNR in the signal's bandwidth, to 0.01 dB)."""
    in_reference_db = 10 * log10(baud / 12.5e9)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    rows = re.findall(r"^\s*\d+\s+(\d{3}\.\d+)((?:\s+-?\d+\.\d+)+)\s*$", plain, re.MULTILINE)
    return [(float(thz), float(values.split()[-1]) + in_reference_db) for thz, values in rows]


def _slot(path: dict[str, Any]) -> Slot:
    return Slot(**path["slot"])


def _fibres(plant: Plant, path: dict[str, Any]) -> tuple[str, ...]:
    """Fibres of a lightpath; none of these networks has two between the same sites."""
    hops = pairwise(path["route"])
    return tuple(next(each.name for each in plant.fibres if {each.a, each.b} == set(hop)) for hop in hops)


def _apnemu(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "apnemu", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _refusal(ran: subprocess.CompletedProcess[str]) -> str:
    return f"exit {ran.returncode}: {(ran.stderr.strip().splitlines() or [''])[-1]}"


def main() -> int:
    worst_db = 0.0
    for name in sys.argv[1:] or NETWORKS:
        with TemporaryDirectory() as place:
            for row in compared(name, Path(place)):
                if row.reason:
                    print(f"{row.network:42} {row.what:44} refused: {row.reason}", flush=True)
                    continue
                worst_db = max(worst_db, row.apart_db)
                gnpy = "none" if row.gnpy_db is None else f"{row.gnpy_db:.2f}"
                print(
                    f"{row.network:42} {row.what:44} {row.band} {row.ours_db:.3f} {gnpy} {row.apart_db:.4f}", flush=True
                )
    print(f"greatest difference: {worst_db:.4f} dB")
    return int(worst_db > 0.01)


if __name__ == "__main__":
    sys.exit(main())
