# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's cache. What builds here is a fake that we own: a real build takes minutes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from apnemu.errors import KernelError
from apnemu.lab import build, kernel, needs, source
from apnemu.lab.build import Report

from .conftest import wait_until

Builder = Callable[[Path, Path, Report], tuple[Path, str]]


def fake_build(origin: Path, folder: Path, report: Report) -> tuple[Path, str]:
    binary = folder / "linux"
    binary.write_text(f"#!/bin/sh\n# from {origin.name}\n")
    report("kernel: compiling, 50%")
    return binary, "6.12.99"


@pytest.fixture
def tarball(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with empty caches and one source."""
    file = tmp_path / "linux-9.9.tar.xz"
    file.write_bytes(b"source")
    monkeypatch.delenv(kernel.VARIABLE, raising=False)
    monkeypatch.setenv(source.VARIABLE, str(file))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kernel, "MACHINE_CACHE", tmp_path / "machine")
    monkeypatch.setattr(build, "build", fake_build)
    return file


def cached_names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache/apnemu/kernels").iterdir())


def test_built_once(tarball: Path, tmp_path: Path) -> None:
    said: list[str] = []
    assert kernel.find() is None
    built = kernel.ensure(report=said.append)
    assert built.path == tmp_path / "cache/apnemu/kernels" / built.key / "linux"
    assert os.access(built.path, os.X_OK)
    assert said[0] == "kernel: compiling, 50%"
    assert built.source == f"sha256:{hashlib.sha256(b'source').hexdigest()}"
    assert said[-2].startswith(f"kernel: its source ({built.source}) is not one with which apnemu was tested")
    assert said[-1].startswith("kernel: 6.12.99 is ready after 0 s, in ")
    assert kernel.ensure(report=pytest.fail) == built == kernel.find()
    assert cached_names(tmp_path) == [".lock", built.key]
    status = kernel.status()
    assert status.kernel == built
    assert status.cached_bytes >= built.path.stat().st_size


def test_a_tested_source_is_not_remarked_on(tarball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tested = tmp_path / "tested"
    tested.write_text(f"# those that passed\n{hashlib.sha256(b'source').hexdigest()}  linux-9.9.tar.xz\n")
    monkeypatch.setattr(source, "TESTED", tested)
    said: list[str] = []
    kernel.ensure(report=said.append)
    assert not any("not one with which" in line for line in said)


def test_the_key_knows_source_configuration_and_patches(
    tarball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kernel.ensure(report=print)
    tarball.write_bytes(b"another")
    second = kernel.ensure(report=print)
    recipe = tmp_path / "recipe"
    recipe.mkdir()
    (recipe / "kernel.config").write_text("CONFIG_NET=y\n")
    monkeypatch.setattr(build, "RECIPE", recipe)
    third = kernel.ensure(report=print)
    (recipe / "0001-x.patch").write_text("x")
    fourth = kernel.ensure(report=print)
    assert len({first.key, second.key, third.key, fourth.key}) == 4


def test_an_interrupted_build_leaves_nothing(tarball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_origin: Path, folder: Path, _report: Report) -> tuple[Path, str]:
        (folder / "tree").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "build", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kernel.ensure(report=print)
    assert cached_names(tmp_path) == [".lock"]
    (tmp_path / "cache/apnemu/kernels/.build-killed/tree").mkdir(parents=True)
    monkeypatch.setattr(build, "build", fake_build)
    built = kernel.ensure(report=print)
    assert cached_names(tmp_path) == [".lock", built.key]


def test_a_second_builder_waits_and_takes_the_result(
    tarball: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entered, go = threading.Event(), threading.Event()
    builds: list[int] = []

    def slow(origin: Path, folder: Path, report: Report) -> tuple[Path, str]:
        builds.append(1)
        entered.set()
        go.wait()
        return fake_build(origin, folder, report)

    monkeypatch.setattr(build, "build", slow)
    said: list[str] = []
    first = threading.Thread(target=kernel.ensure, kwargs={"report": print})
    second = threading.Thread(target=kernel.ensure, kwargs={"report": said.append})
    first.start()
    entered.wait()
    second.start()
    assert wait_until(lambda: said == ["kernel: another apnemu is building it; waiting for that"])
    go.set()
    first.join()
    second.join()
    assert len(builds) == 1
    assert kernel.find() is not None


def test_without_a_source_the_machines_kernel_is_found(
    tarball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root publishes")
    built = kernel.ensure(report=print)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "fresh user"))
    monkeypatch.delenv(source.VARIABLE)
    monkeypatch.setattr(source, "DEFAULT", tmp_path / "absent")
    found = kernel.find()
    assert found is not None
    assert found.key == built.key
    assert found.path == tmp_path / "machine/kernels" / built.key / "linux"
    assert found.path.stat().st_mode & 0o777 == 0o755
    found.path.chmod(0o777)
    assert kernel.find() is None  # anybody may have written that
    with pytest.raises(KernelError, match=r"no kernel source at .*/absent; `apt-get install linux-source-6.12`"):
        kernel.ensure(report=print)


def test_the_variable_names_a_kernel(tarball: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernel.VARIABLE, "/bin/true")
    assert kernel.ensure(report=print).path == Path("/bin/true")
    monkeypatch.setenv(kernel.VARIABLE, str(tarball))
    with pytest.raises(KernelError, match="which cannot be executed; give a kernel, or unset it"):
        kernel.find()


def test_finding_is_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(kernel.VARIABLE, raising=False)
    kernel.find()
    start_s = time.process_time()
    kernel.find()
    assert time.process_time() - start_s < 0.05


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, r"the disk under .* is full"),
        (errno.EACCES, "Permission denied; the kernel is kept there: set XDG"),
    ],
)
def test_a_cache_that_takes_nothing(tarball: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str) -> None:
    def fails(_origin: Path, folder: Path, _report: Report) -> tuple[Path, str]:
        raise OSError(number, os.strerror(number), str(folder))

    monkeypatch.setattr(build, "build", fails)
    with pytest.raises(KernelError, match=said):
        kernel.ensure(report=print)


def test_missing_tools_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError) as caught:
        build.build(tmp_path, tmp_path, print)
    wanted = "bc, bison, build-essential, flex, tar, xz-utils"
    assert str(caught.value).startswith(
        f"building the kernel needs {wanted}; `apt-get install {wanted.replace(',', '')}"
    )


def test_too_little_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "NEEDED_BYTES", 10**18)
    monkeypatch.setattr(build, "missing_packages", list)
    with pytest.raises(KernelError, match=r"needs 1000000000.0 GB under .*; make room, or set XDG_CACHE_HOME"):
        build.build(tmp_path, tmp_path, print)


def test_a_source_that_the_patches_do_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "missing_packages", list)
    tree, place = tmp_path / "linux", tmp_path / "place"
    (tree / "arch/um").mkdir(parents=True)
    place.mkdir()
    (tree / "Makefile").write_text("mrproper:\n\ttrue\n")
    with pytest.raises(KernelError, match=r"`patch -p1 --batch --forward` failed while building the kernel: "):
        build.build(tree, place, print)
    assert source.resolve(tree).identity.startswith("tree:")
    with pytest.raises(KernelError, match="is not a Linux source tree"):
        source.resolve(tmp_path)


def test_a_killed_build_ends_its_compilers(tmp_path: Path) -> None:
    """The child, and what the child started, in one session; the command is ended by SIGTERM."""
    program = (
        "from pathlib import Path; from apnemu.lab import build; from apnemu.interrupts import signals_raise\n"
        f"with signals_raise(): build._run(['sh', '-c', 'sleep 97531 & echo go > {tmp_path}/go; wait'], Path('/'))"
    )
    command = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2])
    assert wait_until((tmp_path / "go").exists)
    command.send_signal(signal.SIGTERM)
    assert command.wait() == 143
    sleepers = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"97531" in _read(path)]
    assert sleepers == []


def test_a_build_killed_without_a_chance_to_clean_up_ends_its_compilers(tmp_path: Path) -> None:
    """The child, and what the child started in turn, though nobody is left who could end them (SIGKILL)."""
    program = (
        "from pathlib import Path; from apnemu.lab import build\n"
        f"build._run(['sh', '-c', 'sleep 97533 & echo go > {tmp_path}/go; wait'], Path('/'))"
    )
    command = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2])
    assert wait_until((tmp_path / "go").exists)
    command.kill()
    assert command.wait() == -signal.SIGKILL
    assert wait_until(lambda: not [one for one in Path("/proc").glob("[0-9]*/cmdline") if b"97533" in _read(one)])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_build_killed_while_a_compiler_begins_ends_it(number: signal.Signals) -> None:
    """At 12 instants from before the compiler is started until it runs."""
    program = (
        "from pathlib import Path; from apnemu.lab import build; from apnemu.interrupts import signals_raise\n"
        "with signals_raise():\n"
        "    print('now', flush=True)\n"
        "    for _ in range(1000): build._run(['sh', '-c', 'sleep 0.01 & exec sleep 0.01'], Path('/'))\n"
        "    build._run(['sh', '-c', 'sleep 97532 & exec sleep 97532'], Path('/'))"
    )
    draws = random.Random(int(number))
    for _ in range(12):
        command = subprocess.Popen(
            [sys.executable, "-c", program.replace("1000", str(draws.choice((0, 0, 1, 3))))],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert command.stdout is not None
        command.stdout.readline()
        time.sleep(draws.uniform(0, 0.03))
        command.send_signal(number)
        command.stdout.close()
        assert command.wait() == (-number if number == signal.SIGINT else 128 + number)
        sleepers = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"97532" in _read(path)]
        assert sleepers == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_needs_come_with_what_mends_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(kernel.VARIABLE, str(tmp_path / "absent"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(needs, "SYSTEM_PATH", str(tmp_path))
    missing = {need.name: need for need in needs.check() if not need.present}
    assert {"flex", "mininet", "openvswitch-switch", "kernel"} <= set(missing)
    assert missing["flex"].mend == "apt-get install flex"
    assert missing["kernel"].mend == "apnemu lab build"
    assert json.dumps([need.why for need in missing.values()])
