# SPDX-License-Identifier: BSD-3-Clause
"""A guest sees nothing of its user's home but what it needs and what is shown."""

from __future__ import annotations

import ctypes
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from apnemu import api
from apnemu.errors import InputError
from apnemu.lab import guest, hiding, staging
from apnemu.lab.job import Job
from apnemu.running.options import shows_of

from .conftest import console_of

LANDLOCK = ctypes.CDLL(None).syscall(444, None, 0, 1) >= 2
"""Whether this host can bind what a guest's kernel reads."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a secret, a project, and a name with a space that leads into the project."""
    home = tmp_path / "users" / "my home"
    for name in ("secret", ".ssh/key", "project/part/program", "project/data", "other/file", "single"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"{name} is read\n")
    (home / "a link").symlink_to("project/part")
    (tmp_path / "users/neighbour").mkdir()
    (tmp_path / "users/neighbour/file").write_text("neighbour is read\n")
    monkeypatch.setenv("HOME", str(home))
    return home


def test_what_is_shown_is_what_was_asked_for(home: Path, tmp_path: Path) -> None:
    hidden = hiding.hidden_from([home / "project", home / "project/part", home / "single", home / "a link/program"])
    assert home in hidden.homes
    assert [path for path in hidden.shown if path.is_relative_to(home)] == [home / "project", home / "single"]
    assert hidden.links[home / "a link"] == Path("project/part")
    hidden.make_views(tmp_path)
    view = tmp_path / f"home{hidden.homes.index(home)}"
    assert sorted(path.relative_to(view).as_posix() for path in view.rglob("*")) == ["a link", "project", "single"]
    assert not any("secret" in line for line in hidden.fstab().splitlines())
    assert str(home).replace(" ", "\\040") + "/single" in hidden.fstab()


def test_what_may_be_read_is_everything_but_the_home(home: Path, tmp_path: Path) -> None:
    readable = hiding.hidden_from([home / "project"]).readable([home / "other"])
    assert {home / "project", home / "other", tmp_path / "users/neighbour", Path("/usr"), Path("/etc")} <= set(readable)
    for name in ("secret", ".ssh/key", "single"):
        assert not [path for path in readable if (home / name).is_relative_to(path)]


@pytest.mark.parametrize("around", ["", "..", "../.."])
def test_a_home_that_was_asked_for_is_not_hidden(home: Path, around: str) -> None:
    assert home not in hiding.hidden_from([home / around]).homes


def test_a_file_is_shown_with_its_neighbours_but_never_with_a_home(home: Path) -> None:
    assert hiding.around(home / "project/data") == (home / "project",)
    assert hiding.around(home / "project") == (home / "project",)
    assert hiding.around(home / "single") == (home / "single",)
    assert hiding.around(home) == hiding.around(home.parent) == hiding.around(Path("/")) == ()


@pytest.mark.parametrize("given", ["", "/", "relative", "/usr/games", "/no/such", "/dev"])
def test_a_home_that_is_none_hides_nothing_that_a_lab_needs(
    given: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", given)
    monkeypatch.chdir(tmp_path)
    own = Path(pwd.getpwuid(os.geteuid()).pw_dir).resolve()
    assert set(hiding.hidden_from([]).homes) <= {own}


def test_the_python_that_runs_this_is_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment, the Python that it was made of (through two links), an editable package, what pip put beside."""
    real = home / "pythons/3.11.9"
    (real / "bin").mkdir(parents=True)
    (real / "bin/python3").write_text("")
    (home / "pythons/3.11").symlink_to("3.11.9")
    (home / "venv/bin").mkdir(parents=True)
    (home / "venv/bin/python3").symlink_to(home / "pythons/3.11/bin/python3")
    (home / "editable").mkdir()
    (home / "user-site").mkdir()
    monkeypatch.setattr(sys, "prefix", str(home / "venv"))
    monkeypatch.setattr(sys, "base_prefix", str(home / "pythons/3.11"))
    monkeypatch.setattr(sys, "executable", str(home / "venv/bin/python3"))
    monkeypatch.setattr(sys, "path", ["", str(home / "project"), str(home / "editable"), str(home / "user-site")])
    monkeypatch.setenv("PYTHONPATH", str(home / "project"))
    hidden = hiding.hidden_from([])
    assert {path.relative_to(home).as_posix() for path in hidden.shown if path.is_relative_to(home)} == {
        *("venv", "pythons/3.11.9", "editable", "user-site"),
    }
    assert hidden.links[home / "pythons/3.11"] == Path("3.11.9")


def test_an_environment_that_is_the_home_shows_its_parts_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "bin").mkdir()
    (home / "bin/python3").write_text("")
    monkeypatch.setattr(sys, "prefix", str(home))
    monkeypatch.setattr(sys, "executable", str(home / "bin/python3"))
    shown = [path for path in hiding.hidden_from([]).shown if path.is_relative_to(home)]
    assert shown == [home / "bin"]


def test_nothing_is_hidden_where_nobody_wants_it(home: Path, tmp_path: Path) -> None:
    job = Job(kernel=Path("/x"), folder=tmp_path / "run", argv=("x",), hide_home=False)
    with staging.staged(job) as private:
        place = Path(os.readlink(f"/proc/self/fd/{private}"))
        assert str(home).replace(" ", "\\040") not in (place / "fstab").read_text()
        assert not (place / staging.READABLE).exists()


def test_a_path_to_show_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="--show: there is no /nonexistent/x; give a file or a folder that the lab is"):
        shows_of(["/nonexistent/x"])
    with pytest.raises(InputError, match="--show: there is no"):
        api.run("latency", topology="three-sites", show=["/nonexistent/x"])


LOOK = """
cd "$1"
ls -A | sort | tr '\\n' ' '; echo
cat secret .ssh/key other/file project/part/program project/data single "a link/program" 2> /dev/null
echo changed > project/data; echo mine > new; cat project/data new
mkdir /tmp/again
for root in "$1" "/proc/self/root$1" /; do
    mount -t hostfs -o "$root" none /tmp/again
    place=/tmp/again; test "$root" = / && place="/tmp/again$1"
    cat "$place/secret" "$place/.ssh/key" "$place/other/file"
    cat "$place/single" 2> /dev/null
    umount /tmp/again
done
mount -t hostfs -o / none /tmp/again
cat "/tmp/again$(dirname "$1")/neighbour/file"
cd /run/apnemu; mkdir a b; touch a/x; mv a/x b/x && test -e b/x && echo moved
true
"""


@pytest.mark.guest
def test_no_way_from_the_guest_into_the_home(make_job: Callable[..., guest.Job], home: Path) -> None:
    shown = (home / "project", home / "single", home / "a link")
    job = make_job("sh", "-c", LOOK, "sh", str(home), visible=shown)
    assert guest.run(job).exit_code == 0, console_of(job.folder)
    said = [line for line in console_of(job.folder).splitlines() if not line.startswith("cat: ")]
    read = ["project/part/program", "project/data", "single", "project/part/program"]
    assert said[:7] == ["a link project single ", *(f"{name} is read" for name in read), "changed", "mine"]
    assert (home / "project/data").read_text() == "project/data is read\n"
    assert not (home / "new").exists()
    if not LANDLOCK:
        pytest.skip("this host has no Landlock, by which what a guest's kernel reads is bound")
    assert said[7:] == [*["single is read"] * 3, "neighbour is read", "moved"]
