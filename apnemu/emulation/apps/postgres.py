# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A PostgreSQL primary, its synchronous standbys, and clients that note which commits were acknowledged.

    python3 -m apnemu.emulation.apps.postgres primary FOLDER SYNCHRONOUS_STANDBY_NAMES
    python3 -m apnemu.emulation.apps.postgres standby FOLDER PRIMARY_ADDRESS NAME
    python3 -m apnemu.emulation.apps.postgres bench ADDRESS BEGIN_NS TRANSACTIONS CLIENTS SCRIPT
    python3 -m apnemu.emulation.apps.postgres insert ADDRESS BEGIN_NS STOP_NS [ENOUGH_NS ENOUGH_ROWS]
    python3 -m apnemu.emulation.apps.postgres numbers ADDRESS WHO
    python3 -m apnemu.emulation.apps.postgres promote STANDBY_FOLDER ADDRESS

Source of the settings: PostgreSQL 15 documentation, chapters 20.6 and 27 (replication). `fsync` stays on; the disk is
in memory, so a commit waits for the network alone.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from glob import glob
from pathlib import Path

PROGRAMS = max(glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]), default="")
TABLE = "create table things (id bigserial primary key, said text)"
INSERT = "insert into things (said) values ('something') returning id;\n"
REPLAYED = "select not pg_is_in_recovery() or pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()"
PGBENCH_SCALE = 1
TEMPLATE = Path("/tmp/apnemu-postgres-template")
"""An empty database cluster, made once in a guest: the next stages copy it."""


def program(name: str, *arguments: str) -> list[str]:
    """Command line of a program of PostgreSQL."""
    return [f"{PROGRAMS}/{name}", *arguments]


def sql(address: str, text: str) -> str:
    """Ask the server at an address, and return its answer. A refusal ends the program, with the server's words."""
    done = subprocess.run(
        program("psql", "-h", address, "-U", "postgres", "-qAtX", "-c", text), capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"psql: {' '.join(done.stderr.split())}")
    return done.stdout.strip()


def primary(folder: str, synchronous: str) -> None:
    """Become the primary, with a database cluster of its own."""
    data = f"{folder}/data"
    if not TEMPLATE.exists():
        command = program("initdb", "-D", str(TEMPLATE), "-A", "trust", "--no-sync", "-U", "postgres")
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    shutil.copytree(TEMPLATE, data)
    Path(data).chmod(0o700)
    with Path(data, "pg_hba.conf").open("a") as access:
        access.write("host all all 0.0.0.0/0 trust\nhost replication all 0.0.0.0/0 trust\n")
    settings = [f"synchronous_standby_names={synchronous}", "wal_level=replica"]
    _serve(data, folder, *settings)


def standby(folder: str, address: str, name: str) -> None:
    """Become a standby of the primary at an address, from a base backup."""
    data = f"{folder}/data"
    source = f"host={address} user=postgres application_name={name}"
    subprocess.run(program("pg_basebackup", "-d", source, "-D", data, "-R", "-c", "fast", "-X", "stream"), check=True)
    _serve(data, folder, f"primary_conninfo={source}", "hot_standby=on")


def _serve(data: str, folder: str, *settings: str) -> None:
    """Become the server, so that ending this process ends the server."""
    common = ["listen_addresses=*", f"unix_socket_directories={folder}", "shared_buffers=32MB", "max_connections=100"]
    common += [
        "autovacuum=off",
        "max_parallel_maintenance_workers=0",  # a process that builds an index spins for its workers: no time passes
        "max_parallel_workers_per_gather=0",
        "jit=off",
        "max_wal_senders=32",
        "wal_keep_size=256MB",  # the base backup of a standby recycles what another standby still copies
        "wal_receiver_status_interval=1s",
        "wal_sender_timeout=30s",
    ]
    arguments = [part for setting in (*common, *settings) for part in ("-c", setting)]
    os.execv(f"{PROGRAMS}/postgres", ["postgres", "-D", data, *arguments])


def wait_until(begin_ns: int) -> None:
    """Sleep until other sites' traffic begins. An instant that is past ends the program: set-up took too long."""
    left_ns = begin_ns - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    if left_ns < 0:
        raise SystemExit(f"the servers were ready {-left_ns / 1e9:.3f} virtual s too late; give a larger --set setup_s")
    time.sleep(left_ns / 1e9)


def bench(address: str, begin_ns: int, transactions: int, clients: int, script: str) -> None:
    """Run pgbench, and print the times of its commits as a record.

    They are from pgbench's own log of each transaction, whose third column is the time that it took, in us.
    """
    sql(address, TABLE)
    arguments = ["-h", address, "-U", "postgres", "-n", "-c", str(clients), "-t", str(transactions), "-l"]
    if script == "insert":
        Path("insert.sql").write_text("insert into things (said) values ('something');\n")
        arguments += ["-f", "insert.sql"]
    else:
        subprocess.run(program("pgbench", "-h", address, "-U", "postgres", "-i", "-q", "-s", str(PGBENCH_SCALE)),
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        arguments += ["-b", "simple-update"]
    wait_until(begin_ns)
    begun_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    done = subprocess.run(program("pgbench", *arguments), capture_output=True, text=True)
    took_s = (time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begun_ns) / 1e9
    if done.returncode:
        raise SystemExit(f"pgbench: {' '.join(done.stderr.split())}")
    lines = [line.split() for file in sorted(glob("pgbench_log.*")) for line in Path(file).read_text().splitlines()]
    times_us = sorted(int(words[2]) for words in lines)
    record = {
        "commits": len(times_us),
        "commit_ns_min": times_us[0] * 1000,
        "commit_ns_p50": times_us[(len(times_us) - 1) // 2] * 1000,
        "commit_ns_p99": times_us[-(-99 * len(times_us) // 100) - 1] * 1000,
        "commit_ns_max": times_us[-1] * 1000,
        "commits_per_s": round(len(times_us) / took_s, 3),
    }
    print("@record", json.dumps(record), flush=True)


def insert(address: str, begin_ns: int, stop_ns: int, enough_ns: int = 0, enough_rows: int = 0) -> None:
    """Insert rows, one after another, until `stop_ns`, or until `enough_rows` have been acknowledged since `enough_ns`.

    The client notes the instant of each acknowledgement, and sleeps until the server's next answer.
    """
    sql(address, TABLE)
    wait_until(begin_ns)
    command = program("psql", "-h", address, "-U", "postgres", "-qAtX")
    acknowledged: list[tuple[int, int]] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
        assert client.stdin is not None and client.stdout is not None
        answers = _lines_until(client.stdout.fileno(), stop_ns)
        wanted, since = True, 0
        while wanted:
            client.stdin.write(INSERT.encode())
            client.stdin.flush()
            line = next(answers, b"")
            if line and not line.isdigit():
                raise SystemExit(f"psql: {line.decode(errors='replace')}")
            if line:
                now_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
                acknowledged.append((int(line), now_ns))
                since += now_ns >= enough_ns
            wanted = bool(line) and not 0 < enough_rows <= since
        client.kill()
    record = {
        "acknowledged": [number for number, _ in acknowledged],
        "at_ns": [at_ns for _, at_ns in acknowledged],
        "since": since,
    }
    Path("acknowledged.json").write_text(json.dumps(record))
    print("@record", json.dumps(record), flush=True)


def _lines_until(descriptor: int, stop_ns: int) -> Iterator[bytes]:
    """Yield lines as they come, without empty ones, until `stop_ns` or the end of the output."""
    rest = b""
    while (left_ns := stop_ns - time.clock_gettime_ns(time.CLOCK_MONOTONIC)) > 0:
        if not select.select([descriptor], [], [], left_ns / 1e9)[0]:
            continue
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.strip() for line in lines if line.strip())


def promote(folder: str, address: str) -> None:
    """Make the standby the primary, as after the loss of the other; record what it has, and that it takes a row."""
    data = f"{folder}/data"
    subprocess.run(program("pg_ctl", "promote", "-D", data, "-s", "-w"), check=True)
    rows = _numbers(address)
    sql(address, "insert into things (said) values ('after the failover')")
    takes_rows = int(sql(address, "select count(*) from things")) == len(rows) + 1
    print("@record", json.dumps({"standby_has": rows, "standby_takes_rows": takes_rows}), flush=True)


def numbers(address: str, who: str) -> None:
    """Record which rows the `primary` or a `standby` has, acknowledged or not; a standby first replays what it got."""
    while sql(address, REPLAYED) != "t":
        time.sleep(0.001)
    print("@record", json.dumps({f"{who}_has": _numbers(address)}), flush=True)


def _numbers(address: str) -> list[int]:
    return [int(word) for word in sql(address, "select id from things order by id").split()]


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    if what == "primary":
        primary(*words)
    elif what == "standby":
        standby(*words)
    elif what == "bench":
        bench(words[0], int(words[1]), int(words[2]), int(words[3]), words[4])
    elif what == "insert":
        insert(words[0], *map(int, words[1:]))
    elif what == "numbers":
        numbers(*words)
    else:
        promote(*words)
