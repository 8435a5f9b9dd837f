# SPDX-License-Identifier: BSD-3-Clause
"""What a run asks before anything is played, and what its rows answer: without a lab, programs, or a run directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apnemu.errors import ApnemuError, InputError
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.planning import next_hops
from apnemu.planning.judged import left_dark, plan_judged
from apnemu.question.context import Context, Row
from apnemu.question.experiment import Chosen, Experiment
from apnemu.question.packet_network import with_packet_settings
from apnemu.question.reserved import refuse_rows
from apnemu.report.picture import picture_of
from apnemu.running.manifest import scenario_unplayed
from apnemu.running.request import Request, Time
from apnemu.topology import read_plant


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request with what follows from it before anything is played."""

    request: Request
    chosen: Chosen[Any]
    plant: Plant
    assignment: Assignment
    notes: tuple[str, ...]
    """Lines of the manifest beside the approximations."""
    warnings: tuple[str, ...]
    """Lines that a person is told before the lab boots."""
    picture: dict[str, Any]

    @property
    def experiment(self) -> Experiment[Any]:
        """The experiment that is asked for."""
        return self.request.experiment


def resolve(request: Request) -> Asked:
    """Settings, plant and planned light of a request. Raises InputError for what cannot be asked."""
    experiment = request.experiment
    chosen = experiment.resolve(request.given)
    drawn = read_plant(request.topology)
    with own_functions(request):
        plant = experiment.prepare(with_packet_settings(drawn, chosen.packet), chosen.own)
    judged = plan_judged(plant, by_quality=request.by_quality or experiment.by_quality)
    with own_functions(request):
        assignment = experiment.arrange(judged.assignment, chosen.own)
        plays_scenario = experiment.plays_scenario(chosen.own)
    dark = () if experiment.computed or "apn" not in request.networks else left_dark(assignment)
    unplayed = () if plays_scenario else scenario_unplayed(drawn, f"This run of {experiment.name}")
    return Asked(
        request=request,
        chosen=chosen,
        plant=plant,
        assignment=assignment,
        notes=(*judged.notes, *judged.warnings, *dark, *unplayed),
        warnings=(*judged.warnings, *dark, *unplayed),
        picture=picture_of(plant, assignment),
    )


def contexts(asked: Asked, folder: Path, kind: Time) -> list[Context[Any]]:
    """The context of each network; its guest's folder is one of `folder`, for this kind of clock."""
    hops = next_hops(asked.plant)
    return [
        Context(
            plant=asked.plant,
            assignment=asked.assignment,
            hops=hops,
            network=network,
            seed=asked.request.seed,
            settings=asked.chosen.own,
            folder=folder / f"{network}-{kind}",
        )
        for network in asked.request.networks
    ]


def answer(asked: Asked, rows: Sequence[Row]) -> dict[str, Any]:
    """What a run's document says of its rows: the answer in a sentence, and how the expectation fared.

    Rows of a real clock are judged only where there are no others. Raises InputError for a column of a reserved name.
    """
    experiment = asked.experiment
    with own_functions(asked.request):
        refuse_rows(experiment.name, [{k: v for k, v in row.items() if k != "time"} for row in rows])
        exact = [row for row in rows if row.get("time") != "real"] or rows
        verdict = experiment.judge(exact, asked.chosen.own)
        return {
            "answer": experiment.shown.answer(exact, asked.picture),
            "expectation": {"text": experiment.expected(asked.chosen.own), **verdict.to_json()},
        }


@contextmanager
def own_functions(request: Request) -> Iterator[None]:
    """Name the file of a person's own experiment for whatever a function of it raises. Raises InputError."""
    try:
        yield
    except ApnemuError:
        raise
    except Exception as error:
        if request.own_file is None:
            raise
        raise InputError(
            f"{request.experiment.name} failed: {type(error).__name__}: {error}; mend it (--debug shows where)",
            file=str(request.own_file),
        ) from error
