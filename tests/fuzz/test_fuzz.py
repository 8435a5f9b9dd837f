# SPDX-License-Identifier: BSD-3-Clause
"""A few cases of every input, of which `python -m tests.fuzz NAME` tries thousands; what breaks the rule is seen."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from apnemu.errors import InputError
from apnemu.topology.format import TOPOLOGY
from tests.fuzz import INPUTS
from tests.fuzz.mutations import mutated, places
from tests.fuzz.trial import Case, tried
from tests.fuzz.yaml_text import LAUGHS, RAW, document, limits_of, text_of, tree_of, words_of

COUNTS = {"gnpy_json": 10, "run_directory": 8, "optics": 10}
"""Cases of inputs that take longer than most."""


def fuzzed(name: str, *words: str, hashed_by: str = "random") -> subprocess.CompletedProcess[str]:
    """Run the command of CONTRIBUTING."""
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, *words],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": hashed_by, "OPENBLAS_NUM_THREADS": "1"},
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", INPUTS)
def test_whatever_is_given_is_taken_or_refused_in_a_line(name: str) -> None:
    done = fuzzed(name, "--seed", "3", "--count", str(COUNTS.get(name, 20)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "broken" not in done.stdout


@pytest.mark.long
@pytest.mark.slow
def test_the_same_seed_says_the_same_whatever_python_hashes_by() -> None:
    one, other = (fuzzed("topology", "--seed", "5", "--count", "25", hashed_by=seed) for seed in ("1", "2"))
    said = [done.stdout.splitlines()[-1] for done in (one, other)]
    assert said[0].startswith("said: ") and said[0] == said[1]


def refuses(text: str) -> Callable[[], None]:
    def step() -> None:
        raise InputError(text, file="a.yaml", line=3)

    return step


def prints(text: str) -> Callable[[], None]:
    return lambda: print(text)


def leaves_a_file() -> None:
    Path("left").write_text("x")
    raise InputError("no", file="a.yaml")


def takes_memory() -> None:
    bytearray(5 << 30)


@pytest.mark.parametrize(
    ("step", "came", "why"),
    [
        (refuses("no"), "refused", ""),
        (prints("well"), "taken", ""),
        (lambda: 1 / 0, "broken", "ZeroDivisionError"),
        (takes_memory, "broken", "MemoryError"),
        (leaves_a_file, "broken", "left left"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "broken", "signal 9"),
        (prints("\x1b[2J"), "broken", "control characters"),
        (("check", "nowhere.yaml"), "broken", "names none of"),
        (("check", "three-sites", "--json"), "taken", ""),
        (lambda: print("Traceback (most recent call last):"), "broken", "step 1 ended with 0"),
    ],
)
def test_the_rule_is_held(tmp_path: Path, step: Callable[[], None], came: str, why: str) -> None:
    outcome = tried(Case(kind="x", steps=(step,), names=("a.yaml:3",) if why == "" else ("a.yaml",)), tmp_path)
    assert (outcome.came, why in outcome.why) == (came, True), outcome
    assert bool(outcome.why) == (came == "broken")


def test_what_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.trial.LIMIT_S", 1)
    monkeypatch.setattr("tests.fuzz.trial.IDLE_LIMIT_S", 1.5)
    spinning = tried(Case(kind="x", steps=(lambda: [1 for _ in iter(int, 1)],), names=("x",)), tmp_path)
    sleeping = tried(Case(kind="x", steps=(lambda: time.sleep(60),), names=("x",)), tmp_path)
    assert "took more than" in spinning.why and "took more than" in sleeping.why


def test_mutated_yaml_reaches_every_kind_and_the_same_seed_gives_the_same() -> None:
    tree = tree_of(Path(__file__).parents[2] / "topologies" / "jpn12.yaml")
    one, other = ([document(tree, TOPOLOGY, random.Random(f"7 {number}")) for number in range(60)] for _ in range(2))
    assert one == other
    assert {how for how, _ in one} == {"limits", "tree", "words", "yaml", "text", "bytes"}
    assert len({content for _, content in one}) > 50
    assert {"length_km", "lat", "radius_km", "delay_us", "load"} <= limits_of(TOPOLOGY).keys()
    assert {"sites", "poisson", "cut"} <= set(words_of(TOPOLOGY))
    assert "*a" in LAUGHS and any("!!python" in raw for raw in RAW)
    assert text_of({"a": [1.5, {"b": None}], "c d": float("inf")}) == 'a:\n  - 1.5\n  - b: null\n"c d": .inf\n'


def test_mutated_trees() -> None:
    tree = {"a": [1, 2.5, {"b": "c"}], "d": None}
    made = [mutated(tree, random.Random(number)) for number in range(50)]
    assert len({repr(one) for one in made}) > 20
    assert tree == {"a": [1, 2.5, {"b": "c"}], "d": None}
    assert len(list(places(tree))) == 6
