# SPDX-License-Identifier: BSD-3-Clause
"""Question: what is lost, and what is gained, when one big data centre is many small ones?

The answer expected is Erlang's: a job that finds no power free is lost with the probability of Erlang B, for one pool
where jobs may be divided over sites, for each site where they may not. Many small sites lose twice: the remainder that
each of them has and no job fits into, and the smoothing of a large pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

from apnemu.experiments.dispersal.rows import BEYOND, Case, Lines, row_of
from apnemu.experiments.dispersal.shown import BRIEF, COLUMNS, FIGURES, sentence
from apnemu.model.plant import Plant
from apnemu.placement.training_models import ModelName
from apnemu.power.pools import form_of
from apnemu.question.context import Row
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Setting
from apnemu.question.verdict import Claim, Verdict, at_least, at_most, judge_rows, same
from apnemu.report.shown import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    form: Annotated[tuple[str, ...], Setting("Forms, each SITESxMW: sites, and the power of each", "MW")] = (
        "1x1000",
        "10x100",
        "100x10",
    )
    split: Annotated[
        tuple[bool, ...], Setting("Whether a job may be divided over sites; if not, each site is by itself")
    ] = (False, True)
    pooled_share: Annotated[
        tuple[float, ...],
        Setting(
            "Share of the sites that can be run as one, in whole sites; the others are by themselves", low=0, high=1
        ),
    ] = (1.0,)
    job_mw: Annotated[
        tuple[float, ...], Setting("Power that a job takes at efficiency 1", "MW", low=0.001, high=1e6)
    ] = (10.0, 60.0)
    load: Annotated[
        float, Setting("Power that jobs ask for, as a share of all there is, at growth 1", low=0.001, high=100)
    ] = 0.84
    growth: Annotated[tuple[float, ...], Setting("Factor by which the number of jobs grows", low=0.001, high=1000)] = (
        1.0,
    )
    efficiency: Annotated[
        tuple[float, ...], Setting("Factor by which the same work takes less power", low=0.001, high=1000)
    ] = (1.0,)
    jobs: Annotated[int, Setting("Jobs that are counted for each row", low=1000, high=1e8)] = 200_000
    model: Annotated[ModelName, Setting("Model that a divided job trains")] = "llama2-7b"
    distance_km: Annotated[float, Setting("Fibre from each site of a job to the next", "km", low=0, high=20_000)] = 100
    rate_gbps: Annotated[float, Setting("Rate of the light between them", "Gbit/s", low=0.001, high=100_000)] = 400
    local_gbps: Annotated[
        float, Setting("Rate of a connection inside a data centre", "Gbit/s", low=0.001, high=100_000)
    ] = 400

    def __post_init__(self) -> None:
        for text in self.form:
            form_of(text)


def computed(plant: Plant, settings: Settings, seed: int) -> list[Row]:
    """A row for each form, with jobs divided and not, at each size of job, growth and efficiency."""
    lines = Lines(
        model=settings.model,
        distance_km=settings.distance_km,
        rate_gbps=settings.rate_gbps,
        local_gbps=settings.local_gbps,
    )
    ways = [(split, share) for split in settings.split for share in (settings.pooled_share if split else (0.0,))]
    cases = [
        Case(
            form=form_of(name),
            name=name,
            split=split,
            pooled_share=share,
            job_mw=job_mw,
            load=settings.load,
            growth=growth,
            efficiency=efficiency,
        )
        for job_mw, growth, efficiency in product(settings.job_mw, settings.growth, settings.efficiency)
        for (split, share), name in product(ways, settings.form)
    ]
    return [row_of(case, lines, requests=settings.jobs, seed=seed) for case in cases]


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    return (
        f"jobs are refused as Erlang B says, but for what chance does once in {1 / BEYOND:g} rows: of one pool where"
        " jobs may be divided, of each site where they may not; as many run at once as the whole parts of size / job;"
        " no step of a divided job is faster than in one data centre"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every row against its closed forms."""
    return judge_rows(results, _claims, KEY)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    yield at_least("refused", row["refused"], row["least_refused"], "share")
    yield at_most("refused", row["refused"], row["most_refused"], "share")
    yield same("jobs at once", row["at_once"], row["closed_at_once"])
    if row["step_ratio"] is not None:
        yield at_least("step ratio", row["step_ratio"], 1.0)


KEY = ("form", "split", "pooled_share", "job_mw", "growth", "efficiency")
EXPERIMENT = Experiment(
    name="dispersal",
    question="What is lost, and what is gained, when one big data centre is many small ones?",
    topology="three-sites",
    networks=("apn",),
    settings=Settings,
    key=KEY,
    expected=expected,
    judge=judge,
    computed=computed,
    shown=Shown(sentence=sentence, columns=COLUMNS, brief=BRIEF, figures=FIGURES),
)
