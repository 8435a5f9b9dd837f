# SPDX-License-Identifier: BSD-3-Clause
"""Files that the guest finds when it boots: how to mount its root, and what to run.

They lie in a folder of their own, which the guest can read and never write: what the host and the guest's kernel do
there (the kernel keeps its process's number in it, and removes that at its end) no program of the guest can turn to
another place. It is handed to the kernel as a descriptor, since its name differs from run to run.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from apnemu import shared_folder
from apnemu.caches import foreign_part
from apnemu.errors import GuestError, LabError
from apnemu.lab import hiding
from apnemu.lab.disk import disk_named
from apnemu.lab.job import Job

PRIVATE: Final = "/proc/self/fd/6"
"""Path of these files' folder, as the guest's kernel names it: a descriptor that `launch` hands on."""
PREFIX: Final = "apnemu-lab-"
"""Beginning of that folder's name, in this user's folder for what runs ($XDG_RUNTIME_DIR) or for temporary files."""
ROOM_BYTES: Final = 1024 * 1024
ROOM_NAMES: Final = 256
STALE_S: Final = 60.0
"""Age from which such a folder that nobody holds is one of a command that was killed."""
READABLE: Final = "readable"
"""File with what the guest's kernel may read of the host, by name, with a zero byte between; `launch` takes it."""
EXIT: Final = ".exit"
"""File in the job's folder with the program's exit code, which the guest writes at its end."""
MOST_EXIT_BYTES: Final = 64
HOST_FOLDER: Final = "/proc/self/cwd"
"""Path of the job's folder on the host, as the guest's kernel names it."""
_MEMORY: Final = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": f"glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold={32 << 20}"
    f":glibc.malloc.top_pad={32 << 20}:glibc.malloc.trim_threshold={64 << 20}",
}
"""Settings with which programs ask the kernel for memory in large pieces. In small pieces a few bytes more (a longer
file name) now and then take a further system call, which is virtual time: measured from environment to environment."""
ENVIRONMENT: Final = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "PAGER": "cat",  # a pager that waits for a terminal would spin for ever
    "PYTHONDONTWRITEBYTECODE": "1",
    **_MEMORY,
}
NOT_FOUND: Final = "not found"

_FSTAB: Final = f"""\
overlay /media/root overlay lowerdir=/,upperdir=/media/upper,workdir=/media/work
proc /media/root/proc proc defaults
sysfs /media/root/sys sysfs defaults
cgroup2 /media/root/sys/fs/cgroup cgroup2 defaults
devtmpfs /media/root/dev devtmpfs defaults
devpts /media/root/dev/pts devpts gid=5,mode=620,ptmxmode=666,X-mount.mkdir
shm /media/root/dev/shm tmpfs mode=1777,X-mount.mkdir
run /media/root/run tmpfs mode=755
none /media/root/run/apnemu hostfs {HOST_FOLDER},X-mount.mkdir
"""


@contextmanager
def staged(job: Job, *, has_stdout: bool = False, has_stderr: bool = False) -> Iterator[int]:
    """Keep the files in place while the guest runs; gives the descriptor of their folder.

    The job's folder is locked, and made if it is not there.

    Raises:
        GuestError: another lab runs in the folder, or it holds the folder for temporary files.
    """
    with _locked(job.folder), _private(job.folder) as (place, descriptor):
        with disk_named(place):
            shared_folder.remove(job.folder, EXIT)  # a command that was killed left it
            (place / "dev").mkdir()
            for name, target in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
                (place / "dev" / name).symlink_to("/proc/self/fd" + target)
            hidden = hiding.hidden_from(job.visible) if job.hide_home else None
            mounts = [
                _FSTAB,
                hidden.fstab() if hidden else "",
                *(_shown(name, path) for name, path in job.shown.items()),
            ]
            (place / "fstab").write_bytes(os.fsencode("".join(mounts)))
            (place / "boot.sh").write_text(Path(__file__).with_name("boot.sh").read_text())
            script = job_script(job, has_stdout=has_stdout, has_stderr=has_stderr)
            folders = " ".join(hidden.folders() if hidden else [])
            (place / "job.sh").write_bytes(os.fsencode(f"folders='{folders}'\n{script}"))
            if hidden and hidden.homes:
                hidden.make_views(place)
                readable = hidden.readable([job.folder, job.kernel, place, *job.shown.values()])
                (place / READABLE).write_bytes(b"\0".join(map(os.fsencode, readable)))
        try:
            yield descriptor
        finally:
            shared_folder.remove(job.folder, EXIT)


@contextmanager
def _private(shared: Path) -> Iterator[tuple[Path, int]]:
    """A new folder that nobody else can look into, and its descriptor; it is locked as long as either is used.

    Raises GuestError where the guest could write there.
    """
    running = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    places = [running] if running.is_absolute() and not foreign_part(running) else []
    places.append(Path(tempfile.gettempdir()))
    allowed = [one for one in places if not one.resolve().is_relative_to(shared.resolve())]
    if not allowed:
        raise GuestError(
            f"{shared} holds {places[-1]}, where labs keep what no guest may write; give it another folder"
        )
    above = next(filter(_has_room, allowed), allowed[-1])
    _forget_stale(above)
    place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=above))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield place, descriptor


def _has_room(folder: Path) -> bool:
    """Whether the files that a guest boots from find room in a folder; one that is full is none to begin in."""
    try:
        state = os.statvfs(folder)
    except OSError:
        return False
    has_names = state.f_files == 0 or state.f_favail >= ROOM_NAMES
    return has_names and state.f_bavail * state.f_frsize >= ROOM_BYTES and os.access(folder, os.W_OK | os.X_OK)


def _forget_stale(folder: Path) -> None:
    """Remove what commands of this user left that were killed: folders that no lab and no command holds."""
    for place in folder.glob(PREFIX + "*"):
        with suppress(OSError), ExitStack() as stack:
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            state = os.fstat(descriptor)
            if state.st_uid == os.geteuid() and state.st_mtime < time.time() - STALE_S:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)


def _shown(name: str, path: Path) -> str:
    """Line of fstab(5) that binds a folder."""
    return f"{hiding.escaped(path.resolve())} /media/root/run/{name} none bind,ro,X-mount.mkdir\n"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise GuestError(f"another lab runs in {folder}; give each its own folder") from error
        yield
    finally:
        os.close(lock)


def job_script(job: Job, *, has_stdout: bool = False, has_stderr: bool = False) -> str:
    """Script with a function `job` that runs the program and leaves its exit code, or that it was not found, in `EXIT`.

    Process 1 then ends, and the guest with it. Output for the caller goes through `cat`, since programs behave
    differently on a terminal; as with ssh, the guest then lives until the last program that holds the output has let go
    of it.
    """
    program, directory = shlex.quote(job.argv[0]), shlex.quote(job.working_directory)
    environment = {**ENVIRONMENT, **job.environment}
    call, raw = "run", []
    if has_stderr:
        call = "{ run 2>&1 1>&4 4>&- | cat > /dev/tty2 4>&-; } 4>&1"
        raw.append("stty -opost < /dev/tty2")
    if has_stdout:
        call += " | cat > /dev/tty1"
        raw.append("stty -opost < /dev/tty1")
    lines = [
        *(f"export {key}={shlex.quote(value)}" for key, value in environment.items()),
        f"end=/run/apnemu/{EXIT}",
        f"cd {directory} && found=$(command -v {program}) || {{ echo {NOT_FOUND} > $end; exit 0; }}",
        "unset OLDPWD con con0 con1 con2 mem uml_dir umid",  # the last ones are what the kernel makes of its own
        f"run() {{ (exec {shlex.join(job.argv)}); echo $? > $end; }}",
        "exec < /dev/null > /dev/console 2>&1",
        *raw,
        call,
        "exit 0",
    ]
    return "\n".join(["job() {", *lines, "}", ""])


def exit_text(job: Job) -> str:
    """Text that the guest left: an exit code, NOT_FOUND, or nothing if its program did not end."""
    try:
        return shared_folder.read_text(job.folder, EXIT, most_bytes=MOST_EXIT_BYTES).strip()
    except (OSError, LabError):
        return ""
