# SPDX-License-Identifier: BSD-3-Clause
"""Homes that a guest does not see, but for what is shown of them: keys, mail and notes are no program's of a lab.

In the guest each home is an empty folder with mount points for what is shown. That alone would bind nobody who is root
in the guest, since root can mount the host's files again; so the host lets the guest's kernel read no file else, where
it has Landlock (`launch`). Landlock knows no exceptions from what it allows: the rest of the host is named, folder by
folder. It hides no names: who mounts anew can list a home, and can read nothing in it.

Rejected: a mount namespace, which needs root, or a namespace of users in which all files of others belong to nobody.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apnemu.caches import home

SYSTEM: Final = tuple(map(Path, ("/bin", "/boot", "/dev", "/etc", "/proc", "/run", "/sbin", "/sys", "/usr")))
"""Folders that a guest needs, or has of its own: a home in one of them (a service's) is not hidden."""
PARTS: Final = ("bin", "lib", "lib64", "pyvenv.cfg")
"""Parts of an environment of Python that a guest needs, where it is made in a home itself."""
MOST_LINKS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Homes that a guest does not see, what is shown of them, and links on the way there (place -> target)."""

    homes: tuple[Path, ...]
    shown: tuple[Path, ...]
    links: dict[Path, Path]

    def make_views(self, place: Path) -> None:
        """Make the folders that a guest sees as homes, `place`/home0 and so on, with a place for all that is shown."""
        for number, hidden in enumerate(self.homes):
            view = place / f"home{number}"
            view.mkdir()
            for path in self.shown:
                if path.is_relative_to(hidden):
                    point = view / path.relative_to(hidden)
                    (point if path.is_dir() else point.parent).mkdir(parents=True, exist_ok=True)
                    if not path.is_dir():
                        point.touch()
            for path, target in self.links.items():
                if path.is_relative_to(hidden):
                    point = view / path.relative_to(hidden)
                    point.parent.mkdir(parents=True, exist_ok=True)
                    with suppress(FileExistsError):
                        point.symlink_to(target)

    def folders(self) -> list[str]:
        """Folders that a guest makes in its memory before it mounts `fstab`."""
        made = [f"/media/home{number}-{part}" for number in range(len(self.homes)) for part in ("upper", "work")]
        for number, path in enumerate(self.shown):
            if path.is_dir():
                made += [f"/media/shown{number}{part}" for part in ("", "-upper", "-work")]
        return made

    def fstab(self) -> str:
        """Lines of fstab(5): each home from `make_views`, and over it what is shown; a guest's changes are lost."""
        lines = [_overlay(path, f"/mnt/home{number}", f"/media/home{number}") for number, path in enumerate(self.homes)]
        for number, path in enumerate(self.shown):
            if path.is_dir():
                lines.append(f"{escaped(path)} /media/shown{number} none bind\n")
                lines.append(_overlay(path, f"/media/shown{number}", f"/media/shown{number}"))
            else:
                lines.append(f"{escaped(path)} /media/root{escaped(path)} none bind,ro\n")
        return "".join(lines)

    def readable(self, further: Iterable[Path]) -> list[Path]:
        """Folders and files that a guest's kernel may read: the whole host but the homes, what is shown, `further`."""
        return [*_around(Path("/"), self.homes), *self.shown, *(path.resolve() for path in further)]


def hidden_from(shown: Iterable[Path]) -> Hidden:
    """Hide this user's homes but for some paths in them, and the Python that runs this.

    A home that lies in a path that is shown is not hidden.
    """
    asked = [path.absolute() for path in shown]
    homes = [path for path in _homes() if not any(path.is_relative_to(one.resolve()) for one in asked)]
    links: dict[Path, Path] = {}
    wanted = {_way(path, links) for path in [*asked, *_python(homes)]}
    within = sorted(path for path in wanted if any(path.is_relative_to(one) for one in homes) and path.exists())
    tops = [path for path in within if not any(path.is_relative_to(other) for other in within if other != path)]
    links = {path: target for path, target in links.items() if not any(path.is_relative_to(top) for top in tops)}
    return Hidden(homes=tuple(homes), shown=tuple(tops), links=links)


def around(path: Path) -> tuple[Path, ...]:
    """A file with the folder that it lies in, or a folder: what is shown of itself; no home, nor what is around it."""
    path = path.absolute()
    folder = path if path.is_dir() else path.parent
    if any(one.is_relative_to(folder.resolve()) for one in _homes()):
        return () if path == folder else (path,)
    return (folder,)


def escaped(path: Path) -> str:
    """A path as a word of fstab(5): characters that would end a word or a line are written as it has them."""
    return "".join(f"\\{ord(char):03o}" if char in " \t\n\\#" else char for char in str(path))


def _overlay(path: Path, lower: str, own: str) -> str:
    return f"overlay /media/root{escaped(path)} overlay lowerdir={lower},upperdir={own}-upper,workdir={own}-work\n"


def _homes() -> list[Path]:
    """Homes of this user: by $HOME, by the machine's list of users, and of whoever became root by sudo."""
    named = [home()]
    numbers = [os.geteuid(), *([int(text)] if (text := os.environ.get("SUDO_UID", "")).isdecimal() else [])]
    for number in numbers:
        with suppress(KeyError, OverflowError):
            named.append(Path(pwd.getpwuid(number).pw_dir))
    found = sorted({path.resolve() for path in named if path.is_dir()})
    found = [path for path in found if path != Path("/") and not any(path.is_relative_to(one) for one in SYSTEM)]
    return [path for path in found if not any(path.is_relative_to(other) for other in found if other != path)]


def _python(homes: list[Path]) -> Iterator[Path]:
    """Places of the Python that runs this, as a guest needs them, but for what $PYTHONPATH adds."""
    for prefix in {Path(sys.prefix), Path(sys.base_prefix)}:
        is_home = any(one.is_relative_to(prefix.resolve()) for one in homes)
        yield from (prefix / part for part in PARTS) if is_home else (prefix,)
    yield from (Path(sys.executable), Path(getattr(sys, "_base_executable", sys.executable)))
    added = {"", os.getcwd(), *os.environ.get("PYTHONPATH", "").split(os.pathsep)}
    named = [path for path in sys.path if path not in added]
    for finder in sys.meta_path:  # packages that setuptools installed as editable
        mapping = getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", {})
        named += [str(path) for path in mapping.values()] if isinstance(mapping, dict) else []
    package = Path(__file__).parents[1]
    named += [str(part) for part in package.iterdir() if part.is_symlink()]  # a checkout's parts stand beside it
    for path in named:
        if Path(path).exists() and not any(one.is_relative_to(Path(path).resolve()) for one in homes):
            yield Path(path)


def _way(path: Path, links: dict[Path, Path]) -> Path:
    """Follow a path to its end; symbolic links on the way are put into `links`."""
    waiting, place, before = list(path.absolute().parts[1:]), Path("/"), len(links)
    while waiting and len(links) < before + MOST_LINKS:
        part = waiting.pop(0)
        place = place.parent if part == ".." else place / part
        if place.is_symlink():
            links[place] = target = place.readlink()
            waiting = [*(target.parts[1:] if target.is_absolute() else target.parts), *waiting]
            place = Path("/") if target.is_absolute() else place.parent
    return place.joinpath(*waiting)


def _around(folder: Path, homes: tuple[Path, ...]) -> Iterator[Path]:
    """What is in a folder but for homes, whole where no home is in it."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # what this user cannot list, no guest of theirs needs
        return
    for path in (folder / name for name in names):
        if path.is_symlink() or path in homes:
            continue
        if any(one.is_relative_to(path) for one in homes):
            yield from _around(path, homes)
        else:
            yield path
