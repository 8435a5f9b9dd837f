# SPDX-License-Identifier: BSD-3-Clause
"""Plugin of pytest: the fixture `lab`, a network of the test's own in virtual time, as a marker says.

    @pytest.mark.apnemu(topology="three-sites", network="packet", controller="my_app.py")
    def test_reach(lab):
        lab.assert_reachable("tokyo", "osaka")

What a failing test leaves (calls, console, capture) stays in a run directory that the report names; a passing one
leaves nothing. Nothing of apnemu is imported until a test asks for the fixture.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from apnemu.shell.lab import Lab

MARK = "apnemu"
HELD = pytest.StashKey[Any]()
"""Key of a test's lab while it stands."""
DESCRIPTION = (
    "apnemu(topology, network='apn', controller=None, seed=1, time='virtual', ...): the network of the fixture lab; "
    "keywords are those of apnemu.open_lab, topology and controller may be files beside the test"
)
SECTION = "apnemu lab"
WALL_LIMIT_S = 600.0
LAST_CALLS, MOST_SHOWN = 8, 160


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of labs."""
    group = parser.getgroup("apnemu", "networks in virtual time (apnemu)")
    group.addoption("--apnemu-runs", metavar="DIR", help="keep run directories of failed tests there, not in pytest's")
    group.addoption("--apnemu-keep", action="store_true", help="keep run directories of tests that pass too")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", DESCRIPTION)


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A network of the test's own, as `@pytest.mark.apnemu(...)` says; a dictionary by `indirect` goes before it."""
    from apnemu.errors import ApnemuError
    from apnemu.shell.opening import open_lab

    item = request.node
    wanted = _wanted(item)
    with suppress(AttributeError):  # without a parameter
        wanted |= request.param
    if "topology" not in wanted:
        pytest.fail(f"{item.name}: which network? give @pytest.mark.{MARK}(topology=...)", pytrace=False)
    settings = {"pcap": True, "near": item.path.parent, "wall_limit_s": WALL_LIMIT_S, **wanted}
    folder = _folder(request.config, item.name, tmp_path_factory)
    keep = bool(request.config.getoption("--apnemu-keep"))
    why, held = "", None
    try:
        held = open_lab(folder=folder, keep=keep, **settings)
    except ApnemuError as error:
        why = f"no lab: {' '.join(str(error).split())}; apnemu doctor looks further"
    except TypeError as error:
        why = f"@pytest.mark.{MARK}: {error}; it takes {DESCRIPTION}"
    if held is None:  # said here, so that the exceptions above are no part of it
        pytest.fail(f"{item.name}: {why}", pytrace=False)
    item.stash[HELD] = held
    yield held
    held.close()
    del item.stash[HELD]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a failing test leaves, and say where."""
    report = yield
    held = item.stash.get(HELD, None)
    if held is not None and report.failed:
        held.keep()
        report.sections.append((SECTION, _told(held.folder, held.clock_s)))
    return report


def _wanted(item: pytest.Item) -> dict[str, Any]:
    """Keywords of the markers, the nearest first."""
    wanted: dict[str, Any] = {}
    for mark in item.iter_markers(MARK):
        if mark.args:
            pytest.fail(f"{item.name}: @pytest.mark.{MARK} takes keywords, such as topology=...", pytrace=False)
        wanted = {**mark.kwargs, **wanted}
    return wanted


def _folder(config: pytest.Config, name: str, factory: pytest.TempPathFactory) -> Path:
    """A new folder for a run, whose name says of which test it is."""
    stem = "".join(char if char.isalnum() or char in "-_" else "-" for char in name)[:60]
    place = config.getoption("--apnemu-runs")
    if not place:
        return factory.mktemp(f"lab-{stem}-")
    for number in range(1, 100_000):
        folder = Path(place, f"{stem}-{number}").absolute()
        try:
            folder.mkdir(parents=True)
        except FileExistsError:  # an earlier run's, or another worker's
            continue
        except OSError as error:
            pytest.fail(f"--apnemu-runs: {folder} cannot be made: {error.strerror}; give another folder", pytrace=False)
        return folder
    pytest.fail(f"--apnemu-runs: {place} is full of runs of {stem}; empty it", pytrace=False)


def _told(folder: Path, clock_s: float) -> str:
    """Run directory and last calls of a lab, as a report says them."""
    lines = [f"run directory: {folder}", f"virtual time: {clock_s:.6f} s; last calls:"]
    with suppress(OSError, ValueError, KeyError):
        for text in (folder / "calls.jsonl").read_text("utf-8").splitlines()[-LAST_CALLS:]:
            note = json.loads(text)
            at_s, what, answer = note.pop("at_s"), note.pop("call"), note.pop("answer")
            note.pop("until_s")
            given = " ".join(f"{name}={value}" for name, value in note.items() if value not in ("", None, False))
            lines.append(f"{at_s:12.6f} s  {what} {given}"[:MOST_SHOWN])
            lines.append(f"{'':14}  {answer}"[:MOST_SHOWN])
    return "\n".join(lines)
