# SPDX-License-Identifier: BSD-3-Clause
"""Network for a person by hand (`apnemu shell`, `apnemu lab net`): nothing is lit yet, or the packet network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from apnemu import shared_folder
from apnemu.blueprint.compiled import blueprint_for
from apnemu.blueprint.document import Blueprint
from apnemu.errors import InputError
from apnemu.lab.job import PCAP_BYTES
from apnemu.model.assignment import Assignment
from apnemu.model.plant import PacketNetwork
from apnemu.optics import carried
from apnemu.planning import next_hops
from apnemu.question.context import Network
from apnemu.report.picture import picture_of
from apnemu.running.guests import write_blueprint
from apnemu.running.manifest import leaves_zones, scenario_unplayed
from apnemu.running.request import Control
from apnemu.topology import read_plant


def network_of(given: str, controller: Path | None) -> Network:
    """The network of `--network`. Raises InputError for another word, or for a controller that it cannot have."""
    if given not in ("apn", "packet"):
        raise InputError(f"'{given}' is no network; it must be apn or packet", file="--network")
    if given == "apn" and controller is not None:
        raise InputError(
            f"{controller} cannot set up light on demand; it must be on the packet network: --network packet",
            file="--controller",
        )
    return cast("Network", given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A network that a guest is to build, what is not in its blueprint, and lines that a user must know."""

    blueprint: Blueprint
    packet: PacketNetwork
    picture: Mapping[str, Any]
    """The plant as pages draw it."""
    labels: Mapping[str, str]
    notes: tuple[str, ...]


def write_network(
    folder: Path,
    topology: Path,
    *,
    transceivers: int,
    seed: int,
    network: Network = "apn",
    control: Control,
    pcap: bool = False,
) -> Written:
    """Write what a guest is to build into its folder.

    The journal and the audit of an earlier network's controller in that folder are deleted.

    Raises InputError for a topology that cannot be.
    """
    for kept in ("controller.journal", "controller.audit"):
        shared_folder.remove(folder, kept)
    plant = carried(read_plant(topology))
    if network == "apn":
        plant = dataclasses.replace(plant, transceivers=transceivers)
    unlit = Assignment(lightpaths=(), refusals=())
    blueprint = blueprint_for(
        network,
        plant,
        unlit,
        next_hops(plant),
        (),
        seed=seed,
        controller=str(control.application.resolve()) if control.application else None,
        controller_runtime=control.framework,
        controller_options=control.options,
        controller_settle_s=control.settle_s,
        pcap=pcap,
        pcap_bytes=PCAP_BYTES if pcap else 0,
    )
    write_blueprint(folder, blueprint)
    who = "The network on demand" if network == "apn" else "The packet network"
    notes = (*scenario_unplayed(plant, who), *leaves_zones(plant, (network,), control.application))
    return Written(
        blueprint=blueprint,
        packet=plant.packet,
        picture=picture_of(plant, unlit),
        labels=plant.labels,
        notes=notes,
    )
