# SPDX-License-Identifier: BSD-3-Clause
"""An application: its disk, its process, what it prints, and how it ends."""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apnemu.emulation.namespaces import inside
from apnemu.errors import LabError
from apnemu.model.activities import Application

DISKS = Path("/run/apnemu-apps")
RECORD = "@record "
LAST_WORDS = 3
PIECE_BYTES = 1 << 16
FULL_BELOW_BYTES = 64 * 1024
_FIELD = re.compile(r"\{(address|folder|python|run|start)((?::[a-z0-9-]+)*)\}")
_libc = ctypes.CDLL(None, use_errno=True)


class Process:
    """An application that has been started. `records` holds what it printed as records and nobody has taken yet.

    Raises:
        LabError: its user, its program or room for its disk is not there.
    """

    def __init__(
        self, plan: Application, addresses: Mapping[str, str], namespace: int, run: Path, log: Path, start_ns: int
    ) -> None:
        self.plan = plan
        self._start_ns = start_ns
        self.ready = not plan.ready
        self.code: int | None = None
        self._disk = DISKS / plan.name
        self._left = plan.output_limit_bytes
        self._begun = b""
        self._words: list[str] = []
        self.records: list[dict[str, Any]] = []
        user = _user(plan)
        _mount(self._disk, plan.disk_bytes, user)
        argv = [self._filled(word, addresses, run) for word in plan.argv]
        environment = {
            **os.environ,
            "HOME": str(self._disk),
            "LANG": "C.UTF-8",
            "PAGER": "cat",
            "PYTHONUNBUFFERED": "1",
            **{name: self._filled(value, addresses, run) for name, value in plan.environment},
        }
        self._log = log.open("wb", buffering=0)
        self._log_name = log.name
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user.pw_uid else {}
        try:
            with inside(namespace):
                self._process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd=self._disk,
                    env=environment,
                    start_new_session=True,
                    **identity,  # type: ignore[call-overload]  # mypy does not see through the mapping
                )
        except OSError as error:
            raise LabError(f"{self._who()} cannot be started: {argv[0]}: {error.strerror}") from error
        assert self._process.stdout is not None
        self.output = self._process.stdout.fileno()
        os.set_blocking(self.output, False)
        self.pid = self._process.pid
        self.end_fd = os.pidfd_open(self.pid)

    def read(self) -> bool:
        """Take what the program has printed; False once nothing more can come.

        Raises:
            LabError: it printed more than its limit, or a record that is none.
        """
        while True:
            try:
                piece = os.read(self.output, PIECE_BYTES)
            except BlockingIOError:
                return True
            if not piece:
                self._lines(b"\n" if self._begun else b"")
                return False
            self._log.write(piece[: max(0, self._left)])
            self._left -= len(piece)
            if self._left < 0:
                raise self.failure(f"printed more than {self.plan.output_limit_bytes} bytes")
            self._lines(piece)

    def _lines(self, piece: bytes) -> None:
        *whole, self._begun = (self._begun + piece).split(b"\n")
        for raw in whole:
            line = raw.decode(errors="replace")
            if line.startswith(RECORD):
                self.records.append(self._record(line[len(RECORD) :]))
                continue
            if line.strip():
                self._words = [*self._words, " ".join(line.split())][-LAST_WORDS:]
            if self.plan.ready.startswith("says:") and self.plan.ready[len("says:") :] in line:
                self.ready = True

    def _record(self, text: str) -> dict[str, Any]:
        try:
            record = json.loads(text)
        except ValueError as error:
            raise self.failure(f"printed a record that is not JSON ({error})") from error
        if not isinstance(record, dict):
            raise self.failure("printed a record that is not a JSON object")
        return record

    def listens(self) -> bool:
        """Whether the program listens on its port in its namespace (state 0A of /proc/net/tcp is LISTEN)."""
        port = f":{int(self.plan.ready.partition(':')[2]):04X}"
        lines = Path(f"/proc/{self.pid}/net/tcp").read_text().splitlines()[1:]
        return any(words[1].endswith(port) and words[3] == "0A" for words in map(str.split, lines))

    def ended(self) -> None:
        """Note the exit code of the process, which has ended, and end what it left in its session."""
        self.code = self._process.wait()
        self.kill()

    def terminate(self) -> None:
        """Tell the program to end, with the signal of its plan."""
        try:
            os.kill(self.pid, signal.Signals[f"SIG{self.plan.end_signal}"])
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """End all processes of the program's group."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def close(self) -> None:
        """Close what belongs to the program on this side, and unmount its disk."""
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()
        os.close(self.end_fd)
        _libc.umount2(str(self._disk).encode(), 2)  # MNT_DETACH: a child may still stand in it

    def failure(self, why: str) -> LabError:
        """Make the error that names the application, its site, why it failed, and its last words."""
        room = os.statvfs(self._disk)
        if room.f_bavail * room.f_frsize < FULL_BELOW_BYTES:
            why += f", its disk of {self.plan.disk_bytes / 1e6:.0f} MB is full"
        words = f"; it said: {' | '.join(self._words)}" if self._words else "; it said nothing"
        return LabError(f"{self._who()} {why}{words}; all of it is in apps/{self._log_name}")

    def _who(self) -> str:
        return f"application {self.plan.name} at {self.plan.site}"

    def _filled(self, text: str, addresses: Mapping[str, str], run: Path) -> str:
        def fill(field: re.Match[str]) -> str:
            what, rest = field[1], field[2].split(":")[1:]
            if what == "address":
                return addresses[f"{rest[0]}-h{rest[1] if len(rest) > 1 else 1}"]
            if what == "folder":
                return str(DISKS / rest[0] if rest else self._disk)
            if what == "start":
                return str(self._start_ns + (int(rest[0]) if rest else 0))
            return {"python": sys.executable, "run": str(run)}[what]

        return _FIELD.sub(fill, text)


def _user(plan: Application) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(plan.user)
    except KeyError as error:
        raise LabError(
            f"application {plan.name} at {plan.site} is to run as {plan.user}; there is no such user"
        ) from error


def _mount(folder: Path, size_bytes: int, user: pwd.struct_passwd) -> None:
    """Mount a disk in memory of at most `size_bytes`.

    Raises:
        LabError: the kernel refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size_bytes},mode=0750,uid={user.pw_uid},gid={user.pw_gid}"
    if _libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, options.encode()):
        number = ctypes.get_errno()
        raise LabError(f"no disk for {folder.name} in the lab: {os.strerror(number)}")
