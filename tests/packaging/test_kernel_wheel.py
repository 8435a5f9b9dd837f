# SPDX-License-Identifier: BSD-3-Clause
"""A machine that compiles nothing: both wheels in an environment of their own, an empty cache; the image's steps."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apnemu.caches import user_cache
from apnemu.lab import kernel, shipped, wheel
from tests.packaging.environments import (
    REPOSITORY,
    SYSTEM_PATH,
    Installed,
    copy_of_the_checkout,
    install,
    interpreter,
)

ALONE = """
import sys
from pathlib import Path

from apnemu.lab import kernel

kernel.MACHINE_CACHE = Path("/nowhere")
sys.argv[0] = "apnemu"
from apnemu.__main__ import main

main()
"""
"""`apnemu` on a machine that has no kernel for all of its users: this one may."""
FILE = (REPOSITORY / "Dockerfile").read_text("utf-8")


def steps() -> list[tuple[str, str, str]]:
    """Stage, instruction and words of each line of the Dockerfile, joined where it goes on."""
    found, stage = [], ""
    for line in re.sub(r"\\\n\s*", " ", FILE).splitlines():
        instruction, _, words = line.partition(" ")
        if instruction == "FROM":
            stage = words.partition(" AS ")[2]
        if instruction and not instruction.startswith("#"):
            found.append((stage, instruction, words))
    return found


def test_the_images_file_is_of_known_instructions_and_ends_as_nobody() -> None:
    said = steps()
    assert {instruction for _, instruction, _ in said} == {
        "FROM",
        "RUN",
        "WORKDIR",
        "COPY",
        "ENV",
        "USER",
        "ENTRYPOINT",
        "CMD",
    }
    last = [(instruction, words) for stage, instruction, words in said if not stage]
    users = [words for instruction, words in last if instruction == "USER"]
    assert users == ["1000"] and ("USER", "1000") in last[-4:]
    for stage, instruction, words in said:
        if instruction == "RUN":
            assert subprocess.run(["bash", "-n"], input=words, text=True).returncode == 0
        for word in shlex.split(words)[:-1] if instruction == "COPY" else ():
            assert word.startswith(("--", "/")) or (REPOSITORY / word).exists(), (stage, word)


def test_what_the_image_needs_is_what_a_lab_needs() -> None:
    """The last stage installs each package that `apnemu doctor` would miss."""
    from apnemu.lab import needs

    installed = next(words for stage, name, words in steps() if not stage and name == "RUN" and "apt-get" in words)
    wanted = {package for package, _ in needs.PROGRAMS.values()} - {"util-linux"}  # Debian's own
    assert {*wanted, needs.COMPILER, "python3-venv"} <= set(installed.split())


@pytest.mark.wheel
def test_the_kernels_layer_is_made_by_the_files_that_it_has(tmp_path: Path) -> None:
    """Its step, in a folder with those files and no package installed; a cached kernel spares the compiler."""
    for stage, instruction, words in steps():
        if stage == "kernel" and instruction == "COPY":
            *sources, target = shlex.split(words)
            (tmp_path / target).mkdir(parents=True, exist_ok=True)
            for source in sources:
                if (REPOSITORY / source).is_dir():
                    shutil.copytree(REPOSITORY / source, tmp_path / target, dirs_exist_ok=True)
                else:
                    shutil.copy(REPOSITORY / source, tmp_path / target)
    step = [words for stage, name, words in steps() if stage == "kernel" and name == "RUN"][-1]
    _, _, code = shlex.split(step)
    code = f"import sys; sys.path.insert(0, '.'); {code.replace('/dist', 'dist')}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=tmp_path,
        env={"PATH": SYSTEM_PATH, "XDG_CACHE_HOME": str(user_cache().parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [file.name.partition("-")[0] for file in (tmp_path / "dist").iterdir()] == [shipped.PACKAGE]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment with both wheels from a folder."""
    folder = tmp_path_factory.mktemp("machine")
    checkout = copy_of_the_checkout(folder)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder / "dist"), str(checkout)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = kernel.ensure(report=print)
    with_kernel = wheel.make(found, folder / "dist", print)[0]
    python = interpreter(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert python is not None
    place = install(python, next((folder / "dist").glob("apnemu-*.whl")), folder)
    pip = [str(place.python), "-m", "pip", "install", "--quiet", "--no-deps", str(with_kernel)]
    if uv := shutil.which("uv"):
        pip = [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(place.python), str(with_kernel)]
    assert subprocess.run(pip).returncode == 0
    return place


@pytest.mark.wheel
@pytest.mark.guest
def test_a_fresh_machine_has_its_first_result_and_compiles_nothing(
    machine: Installed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.delenv(kernel.VARIABLE, raising=False)
    begun_s, cpu_s = time.monotonic(), os.times()
    status = json.loads(machine.text("python", "-c", ALONE, "lab", "status", "--json"))
    assert f"/site-packages/{shipped.PACKAGE}/" in status["kernel"]
    document = json.loads(machine.text("python", "-c", ALONE, "run", "latency", "--topology", "three-sites", "--json"))
    assert document["expectation"]["met"] is True
    now = os.times()
    cpu = now.children_user + now.children_system - cpu_s.children_user - cpu_s.children_system
    print(f"first result after {time.monotonic() - begun_s:.1f} s, {cpu:.1f} s of CPU")
    assert not (tmp_path / "empty" / "apnemu" / "kernels").exists()
    assert "ok      kernel" in machine.text("python", "-c", ALONE, "doctor")
