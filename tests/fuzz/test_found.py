# SPDX-License-Identifier: BSD-3-Clause
"""What fuzzing found, each fault by its smallest input."""

from __future__ import annotations

import dataclasses
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from apnemu.api import Run
from apnemu.controllers.checking import check_imports
from apnemu.errors import InputError, named
from apnemu.optics import read_optics
from apnemu.optics.judging import figures_of
from apnemu.question.discovery import shipped_topology
from apnemu.report.shown import Shown
from apnemu.running.finished import Finished
from apnemu.sweep import _read
from apnemu.topology import input_files, is_power_file, read_plant
from tests.fuzz.trial import command


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"PAR1" + b"\x0f" * 99 + b"PAR1"])
def test_records_that_are_no_table(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "records.parquet").write_bytes(content)
    run = Run(Finished(folder=tmp_path, document={}, manifest={}, picture={}, shown=Shown()))
    with pytest.raises(InputError, match=r"records\.parquet: it cannot be read as a table"):
        assert run.records


@pytest.mark.parametrize(
    "line",
    [
        f"import {'x' * 300}",
        f"import ryu.app.{'y' * 400}",
        "app_manager.require_app('..')",
        "x = " + "-" * 100_000 + "1",
    ],
)
def test_an_application_with_names_of_nothing_or_nested_too_deep(tmp_path: Path, line: str) -> None:
    (tmp_path / "mine.py").write_text(f"{line}\n")
    with pytest.raises(InputError) as refused:
        check_imports(tmp_path / "mine.py", "os-ken")
    assert str(refused.value).startswith(f"{tmp_path}/mine.py:") and len(str(refused.value)) < 1500


def test_a_mode_whose_slot_is_narrower_than_its_light() -> None:
    mode = next(mode for mode in read_plant(shipped_topology("three-sites")).modes if mode.slot_m == 6)
    assert figures_of(mode, read_optics())
    narrow = r"t\.yaml: slot_m of mode .* is 1, 12\.5 GHz; it must hold its light"
    with pytest.raises(InputError, match=narrow), named("t.yaml"):
        figures_of(dataclasses.replace(mode, slot_m=1), read_optics())


@pytest.mark.parametrize("content", ["", "[" * 100_000, '{"rows": [{"x": NaN}]}', "\xff"])
def test_a_result_of_a_sweep_that_is_no_json(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match=r"a\.json: it is no JSON"):
        _read(tmp_path / "a.json")


def test_a_text_that_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[str] = []
    whole = YAML.compose
    monkeypatch.setattr(YAML, "compose", lambda self, text: composed.append(text) or whole(self, text))
    file = tmp_path / "mine.yaml"
    for text in ("mine", "yours"):
        file.write_text(shipped_topology("three-sites").read_text().replace("three-sites", text))
        assert not is_power_file(file) and read_plant(file).name == text and file in input_files(file)
    assert len([text for text in composed if "mine" in text or "yours" in text]) == 2
    read_optics()
    count = len(composed)
    assert read_optics() == read_optics() and len(composed) == count


def test_records_are_read_without_pandas() -> None:
    """Its import takes longer than all else that a page or a table of records needs."""
    recorded = Path(__file__).parents[1] / "recorded" / "failover" / "records.parquet"
    asked = (
        "import sys; from pathlib import Path; from apnemu.api import Run;"
        " from apnemu.running.finished import Finished;"
        " from apnemu.report.shown import Shown;"
        " run = Run(Finished(folder=Path(sys.argv[1]), document={}, manifest={}, picture={}, shown=Shown()));"
        " print(run.records.num_rows > 0, 'pandas' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", asked, str(recorded.parent)], capture_output=True, text=True)
    assert told.stdout == "True False\n", told.stderr


@pytest.mark.parametrize("words", [("list",), ("request", "mine", "tokyo", "osaka", "--no-wait")])
def test_a_refusal_of_the_controller_is_json_where_json_is_asked_for(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.dumps({"ietf-restconf:errors": {"error": [{"error-message": "there is no light"}]}})
    reply = f"HTTP/1.1 409 Conflict\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=_answer, args=(listening, reply))
        answering.start()
        code = command(("ctl", *words, "--json", "--at", f"http://127.0.0.1:{listening.getsockname()[1]}"))
        answering.join()
    assert (code, json.loads(capsys.readouterr().out)) == (1, {"reason": "there is no light"})


def _answer(listening: socket.socket, reply: bytes) -> None:
    caller, _ = listening.accept()
    with caller:
        caller.recv(65536)
        caller.sendall(reply)
