# SPDX-License-Identifier: BSD-3-Clause
"""One big data centre or many small ones: Erlang's figures, what runs at once, and what is said of it."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import poisson

from apnemu.errors import InputError
from apnemu.experiments.dispersal import EXPERIMENT
from apnemu.model.plant import Plant
from apnemu.power.pools import form_of, pools_of, refused_between, refused_share
from apnemu.power.pools_simulated import play
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant
from tests.experiments.command import apnemu, settings

KEY = ("form", "split", "job_mw")


def rows(*given: str) -> list[dict[str, Any]]:
    computed = EXPERIMENT.computed
    assert computed is not None
    plant: Plant = read_plant(shipped_topology(EXPERIMENT.topology))
    return computed(plant, EXPERIMENT.resolve(given).own, 1)


def by_key(found: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(row[name] for name in KEY): row for row in found}


@pytest.mark.long
@pytest.mark.slow
def test_defaults_are_erlangs_figures(tmp_path: Path) -> None:
    found = apnemu("run", "dispersal", "--json", "--out", "run", folder=tmp_path).json()
    assert found["expectation"]["met"] is True and found["expectation"]["judged"] == 12
    of = by_key(found["results"])
    for form, percent in (("1x1000", 0.987), ("10x100", 14.0)):
        row = of[form, False, 10.0]
        assert round(100 * row["erlang_b"], 3 if percent < 1 else 1) == percent
        assert row["least_refused"] <= row["refused"] <= row["most_refused"]
        assert 1.5 * row["ci95"] < 0.2 * row["erlang_b"] + 0.001
    assert [of[form, False, 60.0]["at_once"] for form in ("1x1000", "10x100", "100x10")] == [16, 10, 0]
    assert [of[form, True, 60.0]["at_once"] for form in ("1x1000", "10x100", "100x10")] == [16, 16, 16]
    assert of["100x10", True, 60.0]["sites_per_job"] == 6
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Jobs that are refused" in page and "Erlang B 14.0 %" in page
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["status"] == "done"


def test_growth_takes_back_what_efficiency_saves() -> None:
    found = rows("form=1x1000", "split=no", "job_mw=10", "load=0.3", "jobs=2000", "growth=1,2", "efficiency=1,2")
    mw = {(row["growth"], row["efficiency"]): row["total_mw"] for row in found}
    assert mw[1, 2] == pytest.approx(mw[1, 1] / 2, rel=0.1)
    assert mw[2, 2] == pytest.approx(mw[1, 1], rel=0.1)
    assert EXPERIMENT.resolve([]).own.efficiency == (1.0,)


def test_what_cannot_be_pooled_helps_nothing() -> None:
    """The share of sites that is run as one takes refusals from those of ten sites to those of one."""
    found = rows("form=10x100", "split=yes", "job_mw=60", "jobs=2000", "pooled_share=0,0.1,0.5,1")
    assert [row["pooled_sites"] for row in found] == [0, 0, 5, 10]
    assert [row["at_once"] for row in found] == [10, 10, 13, 16]
    refused = [row["erlang_b"] for row in found]
    assert refused == sorted(refused, reverse=True) and refused[0] == refused[1] > refused[3]


@pytest.mark.slow
def test_twenty_drawn_settings_lie_about_erlang_b_as_chance_has_it() -> None:
    """Of 2,000 jobs, where refusals come in few bursts, beside Erlang B as scipy's Poisson distribution has it."""
    draw, within = random.Random(7), 0
    for number in range(20):
        sites, fit, load = draw.randint(1, 8), draw.randint(4, 40), draw.uniform(0.5, 1.1)
        offered = load * sites * fit
        each = poisson(offered / sites)
        erlang = each.pmf(fit) / each.cdf(fit)
        form, job = form_of(f"{sites}x{fit}"), Fraction(1)
        pools = pools_of(form, job, 0)
        refused = play(form, job, 0, offered_erlang=offered, requests=2000, seed=number).refused_share
        assert refused_share(pools, offered) == pytest.approx(erlang, rel=1e-9)
        least, most = refused_between(pools, offered, 2000, 1 / 300)
        assert least <= refused <= most, (sites, fit, load)
        least, most = refused_between(pools, offered, 2000, 0.05)
        within += least <= refused <= most
    assert within >= 17, within  # 19 are expected


@pytest.mark.slow
def test_few_jobs_are_no_fault_of_erlangs() -> None:
    """Over a hundred seeds; a normal distribution calls more of them impossible."""
    form, job = form_of("1x100"), Fraction(1)
    pools = pools_of(form, job, 0)
    shares = [play(form, job, 0, offered_erlang=84, requests=2000, seed=seed).refused_share for seed in range(100)]
    least, most = refused_between(pools, 84, 2000, 0.05)
    assert 90 <= sum(least <= share <= most for share in shares) <= 99
    least, most = refused_between(pools, 84, 2000, 1 / 300)
    assert sum(not least <= share <= most for share in shares) <= 2


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"refused": 0.2}, "refused 20.0 %, expected at most 14.2 %"),
        ({"refused": 0.1}, "refused 10.0 %, expected at least 13.8 %"),
        ({"at_once": 99}, "jobs at once 99, expected 100"),
        ({"step_ratio": 0.99}, "step ratio 0.99, expected at least 1"),
    ],
)
def test_what_fails_is_named(changed: dict[str, Any], why: str) -> None:
    key = {"form": "10x100", "split": False, "pooled_share": 0.0, "job_mw": 10.0, "growth": 1.0, "efficiency": 1.0}
    sound = {
        **key,
        **{"refused": 0.1405, "erlang_b": 0.14, "ci95": 0.001, "least_refused": 0.138, "most_refused": 0.142},
        **{"at_once": 100, "closed_at_once": 100},
        **{"step_ratio": 1.0},
    }
    own = EXPERIMENT.resolve([]).own
    assert EXPERIMENT.judge([sound], own).met
    verdict = EXPERIMENT.judge([sound | changed], own)
    assert verdict.met is False and why in verdict.why
    assert EXPERIMENT.judge([], own).met is None


def test_pages_have_a_figure_over_the_share_and_over_growth() -> None:
    found = rows("form=10x100", "split=yes", "job_mw=60", "jobs=2000", "pooled_share=0,0.5,1", "growth=1,1.5")
    titles = [str(figure).partition("</h3>")[0] for figure in EXPERIMENT.shown.groups(found, {})[0][1]]
    assert ["Jobs that are refused" in titles[0], "run as one" in titles[1], "over growth" in titles[2]] == [True] * 3


@pytest.mark.parametrize(("given", "said"), [("form=10", "form is '10'"), ("form=4x0", "0 MW; it must be above 0")])
def test_a_form_that_is_none(given: str, said: str) -> None:
    with pytest.raises(InputError, match="dispersal refuses these settings: ") as refused:
        EXPERIMENT.resolve([given])
    assert said in str(refused.value)


def test_refused_settings_are_one_line(tmp_path: Path) -> None:
    done = apnemu("run", "dispersal", *settings(form="ten"), folder=tmp_path)
    assert (done.code, done.err.count("\n")) == (2, 1)
