# SPDX-License-Identifier: BSD-3-Clause
"""What an experiment is: a question, its settings, what is played, what is made of the records, and how it is judged.

An experiment is a Python file (or a folder with its second file) that has a value `EXPERIMENT`. It owns its answer: the
rows that it makes of the records, the verdict over them, and how they are shown (`apnemu.report.shown`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.model.scenario import Stage
from apnemu.question import contract
from apnemu.question.chances import EVERY, Chance
from apnemu.question.context import Context, Network, Row, S
from apnemu.question.packet_network import PacketSettings
from apnemu.question.reserved import refuse_reserved
from apnemu.question.settings import Declared, NoSettings, Value, declared, values_of
from apnemu.question.verdict import Verdict
from apnemu.report.shown import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that an experiment runs in the lab: its name, or a path with *, and the Debian package that has it."""

    path: str
    package: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Generic[S]):
    """The settings of one run: the experiment's own, and what replaces the topology's packet network."""

    own: S
    packet: PacketSettings = field(default_factory=PacketSettings)

    def values(self) -> dict[str, Value]:
        """Name -> value of all own settings, and of those of the packet network that were given."""
        packet = {name: value for name, value in values_of(self.packet).items() if value is not None}
        return values_of(self.own) | packet


def nothing_played(context: Context[Any]) -> tuple[Stage, ...]:
    """The stages of an experiment that is computed."""
    return ()


def nothing_judged(rows: Sequence[Row], settings: Any) -> Verdict:
    """The verdict of an experiment that expects nothing."""
    return Verdict(judged=0, why="this experiment judges nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment(Generic[S]):
    """Question with all that answers it.

    `prepare` changes the plant as the settings say, before planning; `arrange` what was planned, after it. `stages`
    says what is played on one network, `rows` makes results of all records; `expected` states the answer before the
    run, `judge` holds the rows against it, `shown` says how they are shown. `key` are the columns that identify a row.
    An experiment that needs no lab has `computed` in place of `stages` and `rows`: plant, settings, seed -> results.
    """

    name: str
    question: str
    topology: str
    settings: type[S] = field(default=NoSettings)  # type: ignore[assignment]  # no settings of its own
    expected: Callable[[S], str] = field(default=lambda settings: "")
    judge: Callable[[Sequence[Row], S], Verdict] = nothing_judged
    shown: Shown = field(default_factory=Shown)
    key: tuple[str, ...] = ()
    prepare: Callable[[Plant, S], Plant] = field(default=lambda plant, settings: plant)
    arrange: Callable[[Assignment, S], Assignment] = field(default=lambda planned, settings: planned)
    stages: Callable[[Context[S]], tuple[Stage, ...]] = nothing_played
    rows: Callable[[pa.Table, Sequence[Context[S]]], list[Row]] = field(default=lambda table, contexts: [])
    computed: Callable[[Plant, S, int], list[Row]] | None = None
    networks: tuple[Network, ...] = ("apn", "packet")
    usual: tuple[Network, ...] = ()
    """Networks of a run that names none; none here: all of `networks`."""
    by_quality: bool = False
    """Whether GNPy decides what is lit, whatever the run was asked for."""
    plays_scenario: Callable[[S], bool] = field(default=lambda settings: False)
    """Whether the topology's own events happen under these settings; where they do not, the run says so."""
    reckons_with: tuple[Chance, ...] = ()
    """What fibres may do to frames by chance ("loss", "jitter") so that the expectation still holds: the rows of a
    network that feels another are not judged."""
    approximates: Callable[[Plant, S], tuple[str, ...]] = field(default=lambda plant, settings: ())
    """Lines of the manifest on what this experiment approximates, of the plant as it is prepared."""
    warns: Callable[[Plant, S], tuple[str, ...]] = field(default=lambda plant, settings: ())
    """Lines that a person reads before the run, and the manifest has: what of the plant is not as one may think."""
    needs: tuple[Program, ...] = ()
    """Programs that run in the lab; `apnemu setup NAME` installs their packages."""

    def __post_init__(self) -> None:
        contract.check_name(self.name)
        contract.check_networks(self.networks)
        contract.check_networks(self.usual_networks)
        contract.check_key(self.key)
        contract.check_chances(self.reckons_with, EVERY)
        contract.check_functions({name: getattr(self, name) for name in contract.CALLED_WITH if name != "sentence"})
        if not isinstance(self.shown, Shown):
            raise ValueError(f"shown is {self.shown!r}; it must be a Shown")
        contract.check_functions({"sentence": self.shown.sentence})
        twice = declared(self.settings).keys() & declared(PacketSettings).keys()
        if twice:
            raise ValueError(f"setting {min(twice)} is every experiment's own already; call yours something else")
        refuse_reserved(self.name, self.key, self.shown, (self.computed or self.rows))

    @property
    def usual_networks(self) -> tuple[Network, ...]:
        """Networks of a run that names none."""
        return self.usual or self.networks

    def declared(self) -> Mapping[str, Declared]:
        """Every setting by its name: the experiment's own, then those of the packet network."""
        return {**declared(self.settings), **declared(PacketSettings)}

    def setting(self, name: str) -> Declared:
        """The setting of that name. Raises InputError where there is none."""
        known = self.declared()
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}" if near else f"known are {', '.join(known)}"
            raise InputError(f"{self.name} has no setting '{name}'; {hint}", file="--set")
        return known[name]

    def resolve(self, given: Sequence[str]) -> Chosen[S]:
        """Settings from `KEY=VALUE` texts and defaults. Raises InputError for a name or a value that is none."""
        own: dict[str, Value] = {}
        packet: dict[str, Value] = {}
        for text in given:
            name, equals, value = text.partition("=")
            if not equals:
                raise InputError(
                    f"'{text}' has no '='; a setting is KEY=VALUE; for example {self._example()}", file="--set"
                )
            setting = self.setting(name)
            (own if name in declared(self.settings) else packet)[setting.field] = setting.parse(value)
        try:
            chosen = self.settings(**own)
        except ValueError as error:  # its own __post_init__ looks at settings together
            raise InputError(f"{self.name} refuses these settings: {error}", file="--set") from error
        return Chosen(own=chosen, packet=PacketSettings(**packet))  # type: ignore[arg-type]  # parsed

    def _example(self) -> str:
        setting = next(iter(self.declared().values()))
        return f"{setting.name}={setting.example}"
