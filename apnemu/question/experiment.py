"""What an experiment is: a question, its settings, what is played, what is made of the records, what was expected.

An experiment is a file in `experiments/` with a value `EXPERIMENT`. It holds no algorithm: stages come from `workload`,
rows from `report.rows`.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.blueprint.prediction import lightpath_rtt_ns, packet_rtt_ns
from apnemu.errors import InputError
from apnemu.model.activities import Pair
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.planning import NextHop

Network = Literal["apn", "packet"]
Value = float | int | str | tuple[float | str, ...]
Row = dict[str, Any]
ETHERNET_HEADER_BYTES = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Something that `--set NAME=VALUE` may change. `low` and `high` (both allowed) bound numbers; `many` takes a,b."""

    name: str
    default: Value
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    many: bool = False
    whole: bool = False

    def parse(self, text: str) -> Value:
        """Raises InputError, with the limit, for a value that cannot be used."""
        if not self.many:
            return self._one(text)
        return tuple(self._one(part) for part in text.split(","))

    def _one(self, text: str) -> float | int | str:
        text = text.strip()
        if self.choices:
            if text not in self.choices:
                self._refuse(text, f"it must be {' or '.join(self.choices)}", self.choices[0])
            return text
        if self.low is None:
            if not text:
                self._refuse(text, "it must not be empty", str(self.default))
            return text
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            number = float("nan")
        high = float("inf") if self.high is None else self.high
        if not self.low <= number <= high:
            kind = "a whole number" if self.whole else "a number"
            limit = f"of at least {self.low:g}" if self.high is None else f"from {self.low:g} to {self.high:g}"
            example = self.default[0] if isinstance(self.default, tuple) else self.default
            self._refuse(text, f"it must be {kind} {limit}", str(example))
        return number

    def _refuse(self, text: str, limit: str, example: str) -> None:
        raise InputError(f"{self.name} is '{text}'; {limit}; for example --set {self.name}={example}", file="--set")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an experiment may look at when it decides what to play on one network."""

    plant: Plant
    assignment: Assignment
    hops: Mapping[Pair, NextHop]
    network: Network
    seed: int
    settings: Mapping[str, Any]
    folder: Path
    """Where files that the guest is to find are written."""

    def reachable(self) -> tuple[Pair, ...]:
        """Every ordered pair that was asked for and that this network joins."""
        joined: Mapping[Pair, object] = self.assignment.by_pair() if self.network == "apn" else self.hops
        wanted = ((demand.source, demand.target) for demand in self.plant.demands)
        pairs = (pair for source, target in wanted for pair in ((source, target), (target, source)))
        return tuple(pair for pair in dict.fromkeys(pairs) if pair in joined)

    def predicted_rtts(self, frame_bytes: int) -> dict[Pair, int]:
        """The closed form, in ns, for every reachable pair."""
        plant, pairs = self.plant, self.reachable()
        if self.network == "packet":
            return {pair: packet_rtt_ns(plant, self.hops, pair, frame_bytes) for pair in pairs}
        paths = self.assignment.by_pair()
        return {pair: lightpath_rtt_ns(plant, paths[pair], frame_bytes) for pair in pairs}

    def line_rate_gbps(self, pair: Pair) -> float:
        """Of the pair's wavelength, or of the packet network's lines."""
        if self.network == "packet":
            return self.plant.packet.line_rate_gbps
        mode = self.assignment.by_pair()[pair].mode
        return next(known.rate_gbps for known in self.plant.modes if known.name == mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that an experiment runs in the lab: its name, or a path with *, and the Debian package that has it."""

    path: str
    package: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One question.

    `prepare` changes the plant as the settings say, before planning; `arrange` what was planned, after it. `stages`
    says what is played on one network, `rows` makes results of all records; `expected` states the answer before the
    run, `met` judges the rows.
    An experiment that needs no lab has `computed` instead of `stages` and `rows`: plant, settings, seed -> results.
    """

    name: str
    question: str
    topology: str
    settings: tuple[Setting, ...]
    expected: Callable[[Mapping[str, Any]], str]
    met: Callable[[Sequence[Row], Mapping[str, Any]], bool]
    prepare: Callable[[Plant, Mapping[str, Any]], Plant] = field(default=lambda plant, settings: plant)
    arrange: Callable[[Assignment, Mapping[str, Any]], Assignment] = field(default=lambda planned, settings: planned)
    stages: Callable[[Context], tuple[Stage, ...]] = field(default=lambda context: ())
    rows: Callable[[pa.Table, Sequence[Context]], list[Row]] = field(default=lambda table, contexts: [])
    computed: Callable[[Plant, Mapping[str, Any], int], list[Row]] | None = None
    networks: tuple[Network, ...] = ("apn", "packet")
    by_quality: bool = False
    """Whether GNPy decides what is lit, whatever the run was asked for."""
    plays_scenario: Callable[[Mapping[str, Any]], bool] = field(default=lambda settings: False)
    """Whether the topology's own events happen under these settings; where they do not, the run says so."""
    needs: tuple[Program, ...] = ()
    """`apnemu setup NAME` installs their packages."""

    def resolve(self, given: Sequence[str]) -> dict[str, Value]:
        """Settings from `KEY=VALUE` texts and defaults. Raises InputError for a name or a value that is none."""
        values: dict[str, Value] = {setting.name: setting.default for setting in self.settings}
        for text in given:
            name, equals, value = text.partition("=")
            if not equals:
                raise InputError(
                    f"'{text}' has no '='; a setting is KEY=VALUE; for example {_example(self)}", file="--set"
                )
            values[name] = self.setting(name).parse(value)
        return values

    def setting(self, name: str) -> Setting:
        """The setting of that name. Raises InputError where there is none."""
        known = {setting.name: setting for setting in (*self.settings, *PACKET_SETTINGS)}
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}" if near else f"known are {', '.join(known)}"
            raise InputError(f"{self.name} has no setting '{name}'; {hint}", file="--set")
        return known[name]


def _example(experiment: Experiment) -> str:
    setting = experiment.settings[0]
    default = setting.default[0] if isinstance(setting.default, tuple) else setting.default
    return f"{setting.name}={default}"


PACKET_SETTINGS = (
    Setting(name="line_rate_gbps", default=10, low=0.001, high=1600, meaning="the packet network's lines"),
    Setting(
        name="buffer_bytes", default=1_250_000, low=1514, high=1e10, whole=True, meaning="queue of a router's port"
    ),
    Setting(name="mtu_bytes", default=1500, low=576, high=65_535, whole=True, meaning="largest IP datagram"),
    Setting(
        name="background", default="poisson", choices=("none", "poisson", "pareto"), meaning="kind of other traffic"
    ),
)
"""Settings of every experiment: they replace what the topology says of the packet network."""


def with_packet_settings(plant: Plant, settings: Mapping[str, Any]) -> Plant:
    """The plant with the packet network's settings put in."""
    names = {"line_rate_gbps", "buffer_bytes", "mtu_bytes"}
    changed = {name: value for name, value in settings.items() if name in names}
    background = plant.packet.background
    if "background" in settings:
        background = dataclasses.replace(background, kind=settings["background"])
    if "mtu_bytes" in changed:
        longest = changed["mtu_bytes"] + ETHERNET_HEADER_BYTES
        background = dataclasses.replace(background, frame_bytes=min(background.frame_bytes, longest))
    packet = dataclasses.replace(plant.packet, **changed, background=background)
    if packet.buffer_bytes < packet.mtu_bytes + ETHERNET_HEADER_BYTES:
        raise InputError(
            f"buffer_bytes is {packet.buffer_bytes}; a frame of mtu_bytes={packet.mtu_bytes} has "
            f"{packet.mtu_bytes + ETHERNET_HEADER_BYTES}; give at least that",
            file="--set",
        )
    return dataclasses.replace(plant, packet=packet)
