# SPDX-License-Identifier: BSD-3-Clause
"""What a guest may add to its folder on the host's disk, however it goes about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from apnemu import disk_use
from apnemu.disk_use import use_of
from apnemu.errors import GuestError
from apnemu.lab import allowance, guest

from .conftest import console_of, processes_in

MakeJob = Callable[..., guest.Job]
MB = 1024 * 1024
LIMIT_MB = 32
SLACK = 4
"""What may be written until it is seen, as a multiple of the allowance: a guest writes some GB a second into memory."""

WAYS = {
    "a long file": "f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))",
    "a long file without a byte in it": "import os; os.truncate(os.open('sparse', os.O_CREAT | os.O_RDWR), 1 << 40)",
    "a byte far away": "f = open('far', 'wb'); f.seek(1 << 40); f.write(b'x'); f.flush()",
    "several files": "for i in range(10**6): open(f'f{i}', 'wb').write(bytes(1 << 20))",
    "files in folders": "import os\nfor i in range(10**6): os.makedirs(f'{i % 7}/{i % 5}', exist_ok=True);"
    " open(f'{i % 7}/{i % 5}/{i}', 'wb').write(bytes(1 << 20))",
    "files without names": "import os\nkept = []\nfor i in range(10**6):\n    f = open('x', 'wb'); os.unlink('x')\n"
    "    f.write(bytes(1 << 20)); f.flush(); kept.append(f)",
    "a folder that cannot be listed": "import os; os.mkdir('d'); os.chmod('d', 0o300)\n"
    "for i in range(10**6): open(f'd/{i}', 'wb').write(bytes(1 << 20))",
    "a core": "import os, resource\nresource.setrlimit(resource.RLIMIT_CORE, (-1, -1))\n"
    "open('/proc/sys/kernel/core_pattern', 'w').write('/run/apnemu/core')\nx = bytes(1) * (200 << 20)\nos.abort()",
    "a mapping": "import mmap, os\nf = os.open('m', os.O_CREAT | os.O_RDWR); os.truncate(f, 20 << 20)\n"
    "m = mmap.mmap(f, 0); m[:] = b'x' * (20 << 20); m.flush(); os.truncate(f, 90 << 20)",
}


@pytest.mark.guest
@pytest.mark.parametrize("way", WAYS)
def test_a_guest_comes_to_its_allowance(make_job: MakeJob, way: str) -> None:
    program = f"import os; os.chdir('/run/apnemu')\n{WAYS[way]}"
    job = make_job("python3", "-c", program, disk_limit_mb=LIMIT_MB, memory_mb=1024)
    with pytest.raises(GuestError) as caught:
        guest.run(job)
    said = str(caught.value)
    assert f"{LIMIT_MB} MB in all and as the length of a file (disk_limit_mb); give more (--disk-limit-mb), or" in said
    assert processes_in(job.folder) == []
    left = use_of(job.folder, most_names=10**6)
    assert left.taken_bytes < LIMIT_MB * MB * SLACK
    assert left.longest_bytes <= LIMIT_MB * MB


@pytest.mark.guest
def test_many_small_files(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "MOST_NAMES", 300)
    program = "import os\nfor i in range(10**6): os.symlink('x', f'/run/apnemu/{i}')"
    job = make_job("python3", "-c", program)
    with pytest.raises(GuestError, match=r"the lab made more than 300 files in .*run, all that it may; give more"):
        guest.run(job)


@pytest.mark.guest
def test_folders_that_are_too_deep_to_count(make_job: MakeJob) -> None:
    program = (
        "import os, time\nos.chdir('/run/apnemu')\nfor i in range(300): os.mkdir('d'); os.chdir('d')\ntime.sleep(9)"
    )
    spin = "\nwhile True: sum(range(10**6)); time.sleep(1e-6)"
    with pytest.raises(
        GuestError, match=r"has folders in folders, more than 64, so that what the lab takes of the disk"
    ):
        guest.run(make_job("python3", "-c", program + spin))


@pytest.mark.guest
def test_what_lay_there_and_what_is_removed_is_not_counted(make_job: MakeJob, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "before").write_bytes(bytes(3 * LIMIT_MB * MB))
    program = (
        "import os\nos.chdir('/run/apnemu')\nf = open('before', 'ab'); f.write(bytes(20 << 20)); f.close()\n"
        "for i in range(9):\n    open('now', 'wb').write(bytes(5 << 20)); os.unlink('now')\n"
        "open('/tmp/in memory', 'wb').write(bytes(100 << 20))\nprint('done')"
    )
    job = make_job("python3", "-c", program, disk_limit_mb=LIMIT_MB, memory_mb=1024)
    assert guest.run(job).exit_code == 0
    assert console_of(job.folder) == "done"
    assert (job.folder / "before").stat().st_size == (3 * LIMIT_MB + 20) * MB


def test_use_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").write_bytes(bytes(10_000))
    os.link(tmp_path / "a/file", tmp_path / "again")
    (tmp_path / "outside").symlink_to("/usr")
    (tmp_path / "away").symlink_to("nowhere")
    os.truncate(tmp_path / "a/file", 1 << 33)
    os.mkfifo(tmp_path / "fifo")
    use = use_of(tmp_path, most_names=10)
    assert (use.names, use.longest_bytes, use.hidden) == (6, 1 << 33, "")
    assert 10_000 <= use.taken_bytes < 40_000
    assert use_of(tmp_path, most_names=2).names == 3
    deep = tmp_path.joinpath(*["d"] * disk_use.DEEPEST)
    deep.mkdir(parents=True)
    assert use_of(tmp_path, most_names=100).hidden == ""
    (deep / "d").mkdir()
    assert use_of(tmp_path, most_names=100).hidden.startswith("folders in folders")


def test_use_of_files_without_names(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    before = disk_use.use_without_names(os.getpid(), device)
    with (tmp_path / "file").open("wb") as file:
        file.write(bytes(100_000))
        file.flush()
        assert disk_use.use_without_names(os.getpid(), device) == before
        (tmp_path / "file").unlink()
        again = os.dup(file.fileno())
        assert 100_000 <= disk_use.use_without_names(os.getpid(), device) - before < 140_000
        os.close(again)
    assert disk_use.use_without_names(2**22 + 1, device) == 0


@pytest.mark.parametrize("disk_limit_mb", [0, -3])
def test_an_allowance_of_nothing_is_refused(tmp_path: Path, disk_limit_mb: int) -> None:
    with pytest.raises(ValueError, match=f"disk_limit_mb is {disk_limit_mb}; it must be at least 1"):
        guest.Job(kernel=tmp_path, folder=tmp_path, argv=("true",), disk_limit_mb=disk_limit_mb)
