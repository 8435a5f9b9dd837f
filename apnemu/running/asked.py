# SPDX-License-Identifier: BSD-3-Clause
"""What a run asks before anything is played, and what its rows answer: without a lab, programs, or a run directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apnemu.errors import ApnemuError, InputError, named
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.optics import carried
from apnemu.planning import next_hops
from apnemu.planning.judged import left_dark, plan_judged
from apnemu.question.chances import unreckoned
from apnemu.question.context import Context, Network, Row
from apnemu.question.contract import returned
from apnemu.question.experiment import Chosen, Experiment, nothing_played
from apnemu.question.former import way_out
from apnemu.question.lines import unequal_lines, unmarked_light
from apnemu.question.packet_network import with_packet_settings
from apnemu.question.places import with_ids
from apnemu.question.results import plain_value
from apnemu.question.verdict import Verdict
from apnemu.report import words
from apnemu.report.picture import picture_of
from apnemu.running.manifest import leaves_zones, scenario_unplayed
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
    expected: str
    """The answer that is expected, stated before the run."""
    unjudged: Mapping[Network, str] = field(default_factory=dict)
    """Networks whose rows are not judged, since what they feel by chance has no term in the expectation: why."""

    @property
    def experiment(self) -> Experiment[Any]:
        """The experiment that is asked for."""
        return self.request.experiment


def resolve(request: Request) -> Asked:
    """Settings, plant and planned light of a request. Raises InputError for what cannot be asked."""
    experiment, name = request.experiment, request.experiment.name
    if experiment.computed is None and experiment.stages is nothing_played:
        raise InputError(f"{name} plays nothing; give it stages and rows, or computed", file="EXPERIMENT")
    given = experiment.resolve(request.given)
    drawn = read_plant(request.topology)
    chosen = replace(given, own=with_ids(given.own, drawn))
    with own_functions(request.experiment.name, request.own_file):
        expected = returned(name, "expected", experiment.expected(chosen.own), str)
        _try_judge(experiment, chosen)
        prepared = experiment.prepare(with_packet_settings(drawn, chosen.packet), chosen.own)
        plant = carried(returned(name, "prepare", prepared, Plant).equal_lines())
    with named(request.topology):
        judged = plan_judged(plant, by_quality=request.by_quality or experiment.by_quality)
    with own_functions(request.experiment.name, request.own_file):
        arranged = experiment.arrange(judged.assignment, chosen.own)
        assignment = returned(name, "arrange", arranged, Assignment)
        approximated = experiment.approximates(plant, chosen.own)
        warned = experiment.warns(plant, chosen.own)
        plays_scenario = experiment.plays_scenario(chosen.own)
    dark = () if experiment.computed or "apn" not in request.networks else left_dark(assignment)
    unplayed = () if plays_scenario else scenario_unplayed(drawn, f"This run of {experiment.name}")
    unequal = () if experiment.computed else unequal_lines(request.networks, plant, assignment)
    unmarked = () if experiment.computed else unmarked_light(request.networks, assignment, chosen.values())
    unjudged = {} if experiment.computed else unreckoned(plant, request.networks, experiment.reckons_with)
    routed = () if experiment.computed else leaves_zones(plant, request.networks, request.controller)
    chances = tuple(f"The {words.network(name)} is not judged: {why}." for name, why in unjudged.items())
    return Asked(
        request=request,
        chosen=chosen,
        plant=plant,
        assignment=assignment,
        notes=(
            *approximated,
            *judged.notes,
            *judged.warnings,
            *dark,
            *unplayed,
            *unequal,
            *unmarked,
            *routed,
            *warned,
            *chances,
        ),
        warnings=(*judged.warnings, *dark, *unplayed, *unequal, *unmarked, *routed, *warned, *chances),
        picture=picture_of(plant, assignment),
        expected=expected,
        unjudged=unjudged,
    )


def _try_judge(experiment: Experiment[Any], chosen: Chosen[Any]) -> None:
    """Judge no rows before the run, for the sake of what is returned. Raises InputError for what is no verdict."""
    try:
        tried = experiment.judge([], chosen.own)
    except Exception:  # it may well need a row
        return
    returned(experiment.name, "judge", tried, Verdict)


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


def unanswered(asked: Asked) -> dict[str, Any]:
    """What a run's document says before its rows are judged."""
    verdict = Verdict(judged=0, why="the run ended before its results were judged")
    return {"expectation": {"text": asked.expected, **verdict.to_json()}}


def answer(asked: Asked, rows: Sequence[Row]) -> dict[str, Any]:
    """What a run says of its rows: the answer in a sentence, and how the expectation fared.

    Rows of a real clock are judged only where there are no others. Raises InputError where a person's own function
    fails, or returns what it must not.
    """
    experiment = asked.experiment
    with (
        own_functions(asked.experiment.name, asked.request.own_file),
        words.labelled(words.names_of(asked.picture)),
    ):
        exact = exact_rows(rows)
        judged = [row for row in exact if not asked.unjudged or row.get("network", "") in _judged(asked)]
        verdict = returned(experiment.name, "judge", experiment.judge(judged, asked.chosen.own), Verdict)
        if len(judged) < len(exact) and verdict.met is None:
            verdict = Verdict(judged=0, why=f"nothing is judged: {next(iter(asked.unjudged.values()))}")
        return {
            "answer": returned(experiment.name, "sentence", experiment.shown.answer(exact, asked.picture), str),
            "expectation": {"text": asked.expected, **plain_value(experiment.name, "failed", verdict.to_json())},
        }


def _judged(asked: Asked) -> set[str]:
    """Networks whose rows are judged; a row that is of none, or of several, is not where any network is not."""
    return {name for name in asked.request.networks if name not in asked.unjudged}


def exact_rows(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that are judged and told: those of virtual time, or all where there are none of it."""
    return [row for row in rows if row.get("time") != "real"] or rows


@contextmanager
def own_functions(experiment: str, file: Path | None) -> Iterator[None]:
    """Name the file of a person's own experiment for whatever a function of it raises. Raises InputError.

    `file` is None for an experiment that comes with apnemu, or was given as a value.
    """
    try:
        yield
    except InputError as error:
        if error.file or file is None:
            raise
        raise InputError(error.message, file=str(file)) from error
    except ApnemuError:
        raise
    except Exception as error:
        if file is None:
            raise
        raise InputError(
            f"{experiment} failed: {type(error).__name__}: {error}; {way_out(error)}",
            file=str(file),
        ) from error
