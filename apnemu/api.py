# SPDX-License-Identifier: BSD-3-Clause
"""apnemu from Python and notebooks: ask a question, open what an earlier run left, plan light, load a topology."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from apnemu.blueprint.document import Blueprint
from apnemu.errors import InputError, named
from apnemu.lab.guest import Progress
from apnemu.lab.job import DISK_LIMIT_MB, PCAP_BYTES
from apnemu.model.assignment import Assignment
from apnemu.model.plant import Plant
from apnemu.planning.judged import plan_judged
from apnemu.question.context import Network
from apnemu.question.discovery import find_topology, load_experiment, topology_of
from apnemu.question.experiment import Experiment
from apnemu.question.settings import as_text
from apnemu.question.verdict import Verdict
from apnemu.records.table import native
from apnemu.running import corridor, options
from apnemu.running.finished import MOST_SAID, Finished, read_blueprints, read_finished, write_report
from apnemu.running.request import Request, Time
from apnemu.topology import read_plant

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # an extra; it ships no types


@dataclass(frozen=True)
class Run:
    """A run that has ended: `apnemu.run` returns one, `apnemu.open_run` reads one from its directory."""

    _finished: Finished

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._finished.folder

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The results: one dictionary (column -> value) for each row."""
        return list(self._finished.document["results"])

    @property
    def answer(self) -> str:
        """The answer in a sentence."""
        return self._finished.answer()

    @property
    def expected(self) -> str:
        """What was expected before the run."""
        return str(self._finished.document["expectation"]["text"])

    @property
    def verdict(self) -> Verdict:
        """Whether that came true: `met` (True, False, or None where nothing was judged), `judged`, `failed`, `why`."""
        said = self._finished.document["expectation"]
        return Verdict(judged=said["judged"], failed=tuple(said["failed"]), why=said["why"])

    @property
    def manifest(self) -> dict[str, Any]:
        """What the run says of itself: seed, settings, versions, hashes of inputs, approximations, its command."""
        return dict(self._finished.manifest)

    @property
    def document(self) -> dict[str, Any]:
        """What `apnemu run --json` prints."""
        return dict(self._finished.document)

    @cached_property
    def records(self) -> pa.Table:
        """The records of all that was seen, as a pyarrow Table.

        Raises InputError where nothing was played in a lab, and for a file that is no table of records any more.
        """
        file = self.path / "records.parquet"
        if not file.is_file():
            raise InputError("it has no records; its experiment is computed without a lab", file=str(self.path))
        try:
            with file.open("rb") as records:
                return pq.ParquetFile(native(records)).read()  # read_table imports pandas
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            why = " ".join(str(error).split())[:MOST_SAID]
            raise InputError(f"it cannot be read as a table ({why}); run it again", file=str(file)) from error

    @cached_property
    def blueprints(self) -> dict[Network, Blueprint]:
        """What the lab of each network was built from, and what was played in it.

        Raises InputError where nothing was played in a lab, and for a file that holds no blueprints any more.
        """
        return read_blueprints(self.path)

    @property
    def page(self) -> Path:
        """The HTML page, written again if it is not there."""
        file = self.path / "report.html"
        return file if file.is_file() else write_report(self.path, [self._finished])

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a DataFrame. Raises ImportError, with the way out, where pandas is not installed."""
        try:
            import pandas
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install pandas") from error
        return pandas.DataFrame(self.rows)

    def __repr__(self) -> str:
        return f"<Run {self._finished.document['experiment']} in {self.path}: {self.answer}>"


def run(
    experiment: str | Path | Experiment[Any],
    *,
    topology: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 1,
    networks: Sequence[Network] | None = None,
    times: Sequence[Time] = ("virtual",),
    out: str | Path | None = None,
    pcap: bool = False,
    pcap_bytes: int = PCAP_BYTES,
    controller: str | Path | None = None,
    controller_runtime: str | None = None,
    controller_options: Sequence[str] = (),
    settle: float | Literal["ready"] | None = None,
    quality: bool = False,
    hide_home: bool = True,
    show: Sequence[str | Path] = (),
    cores: Sequence[int] = (),
    wall_limit_s: float = 1800,
    disk_limit_mb: int = DISK_LIMIT_MB,
    progress: Callable[[str, Progress], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Run:
    """Ask one question of the networks, as `apnemu run` does.

    `experiment` is a name (`apnemu experiments`), a Python file, or an Experiment; `topology` the name of one that
    comes with apnemu, or a file (the experiment's own by default); `settings` are what `--set` takes, several values as
    a list, None for the default; `controller_options` are ryu-manager's, for the application `controller`, which has
    `settle` virtual seconds, or until it is "ready". The labs see nothing of your home (`hide_home`) but the Python
    that runs this, what the run itself names, and what is in `show`; each may add `disk_limit_mb` MiB to its folder.
    `progress` is called with the network and how far
    its lab has come, `say` with warnings.

    Raises InputError for what was asked, LabError for what the lab did.
    """
    own = Path(experiment) if isinstance(experiment, str | Path) and str(experiment).endswith(".py") else None
    framework = options.runtime(controller_runtime)
    application = options.application(controller, framework, controller_options)
    asked = experiment if isinstance(experiment, Experiment) else load_experiment(str(experiment))
    request = Request(
        experiment=asked,
        own_file=own,
        topology=find_topology(topology) if topology is not None else topology_of(asked, own),
        given=tuple(f"{name}={as_text(value)}" for name, value in (settings or {}).items() if value is not None),
        seed=options.seed_of(seed),
        networks=options.networks_of(networks, asked),
        times=options.times_of(times),
        out=None if out is None else Path(out),
        pcap=pcap,
        pcap_bytes=options.pcap_bytes_of(pcap, pcap_bytes),
        controller=application,
        controller_runtime=framework,
        controller_options=tuple(controller_options),
        controller_settle_s=options.settle_of(settle, application),
        cores=options.cores_of(cores),
        wall_limit_s=options.wall_limit_of(wall_limit_s),
        disk_limit_mb=options.disk_limit_of(disk_limit_mb),
        by_quality=quality,
        hide_home=hide_home,
        shows=options.shows_of(show),
    )
    return Run(corridor.run(request, say=say or (lambda text: None), on_progress=progress))


def open_run(path: str | Path) -> Run:
    """The run that a directory holds. Raises InputError for what is none."""
    return Run(read_finished(Path(path)))


def plan(topology: str | Path | Plant, *, quality: bool = True) -> Assignment:
    """The light that each demand gets, or why none; with `quality` GNPy judges every route, else a table does."""
    if isinstance(topology, Plant):
        return plan_judged(topology, by_quality=quality).assignment
    with named(topology):
        return plan_judged(load_topology(topology), by_quality=quality).assignment


def load_topology(topology: str | Path) -> Plant:
    """The checked plant of a topology, by the name of one that comes with apnemu or by its file. Raises InputError."""
    return read_plant(find_topology(topology))
