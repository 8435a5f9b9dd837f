# SPDX-License-Identifier: BSD-3-Clause
"""Mutated JSON of GNPy's through `apnemu import`: a network, equipment, spectrum, services, simulation parameters."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import Any

import gnpy.tools.convert_legacy_yang  # noqa: F401  # imported once, before readers are forked

from apnemu.optics import intake, yang
from tests.fuzz.mutations import mutated, mutated_text
from tests.fuzz.trial import Case, warmed
from tests.optics.lines import EXAMPLES
from tests.optics.networks import network_form

SMALL = network_form(
    "uvw", [("a", "u", "v", 50.0), ("b", "v", "u", 90.0), ("c", "v", "w", 70.0), ("d", "w", "v", 70.0)]
)
LINE, MESH, SERVICES = (
    str(EXAMPLES / f"{name}.json")
    for name in ("edfa_example_network", "meshTopologyExampleV2", "meshTopologyExampleV2_services")
)
FILE = "mutated.json"


@cache
def inputs() -> dict[str, tuple[str, Any, tuple[str, ...]]]:
    """Kinds of input by name: the option that takes the mutated file ("": it is the network), its tree, other words."""
    return {
        "small": ("", SMALL, ()),
        "line": ("", _example("edfa_example_network"), ()),
        "mesh": ("", _example("meshTopologyExampleV2"), ()),
        "equipment": ("--equipment", _example("eqpt_config"), (LINE,)),
        "spectrum": ("--spectrum", _example("multiband_spectrum"), (LINE,)),
        "services": ("--services", _example("meshTopologyExampleV2_services"), (MESH,)),
        "sim_params": ("--sim-params", _example("sim_params"), (LINE,)),
    }


def case(seed: int, number: int, folder: Path) -> Case:
    """A mutated document of one kind: its tree mostly, a fifth its text; what is imported is checked."""
    draw = random.Random(f"gnpy {seed} {number}")
    kind = list(inputs())[number % len(inputs())]
    option, tree, words = inputs()[kind]
    text = mutated_text(json.dumps(tree), draw) if draw.random() < 0.2 else json.dumps(mutated(tree, draw))
    (folder / FILE).write_bytes(text.encode("utf-8", "surrogatepass"))
    given = (*words, option, FILE) if option else (FILE,)
    steps = (("import", *given, "--out", "x.yaml", "--json"), ("check", "x.yaml", "--json"))
    return Case(kind=kind, steps=steps, names=(FILE, *words))


def _example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


READ: dict[bytes, subprocess.CompletedProcess[bytes]] = {}
"""What GNPy's reader answered to a document: most cases read sound ones beside the mutated one, and those were read
before any case."""


def _forked(words: list[str], *, input: bytes, **_: Any) -> subprocess.CompletedProcess[bytes]:
    """Do what the process with GNPy's reader does, in one that need not import GNPy again."""
    assert words[-1] == str(intake.CHILD)
    if input in READ:
        return READ[input]
    with TemporaryFile() as given, TemporaryFile() as printed, TemporaryFile() as said:
        given.write(input)
        given.seek(0)
        child = os.fork()
        if child == 0:
            for file, descriptor in ((given, 0), (printed, 1), (said, 2)):
                os.dup2(file.fileno(), descriptor)
            sys.stdin, sys.stdout, sys.stderr = (
                os.fdopen(number, "w" if number else "r", closefd=False) for number in range(3)
            )
            code = 70
            try:
                code = yang.main()
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        for file in (printed, said):
            file.seek(0)
        ended = os.waitstatus_to_exitcode(status)
        READ[input] = subprocess.CompletedProcess(words, ended, printed.read(), said.read())
        return READ[input]


intake.subprocess = SimpleNamespace(run=_forked, TimeoutExpired=subprocess.TimeoutExpired)  # type: ignore[assignment]
warmed(
    ("import", LINE, "--out", "x.yaml", "--json"),
    ("check", "x.yaml", "--json"),
    ("import", MESH, "--services", SERVICES, "--out", "y.yaml", "--json"),
)
