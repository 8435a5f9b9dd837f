# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A block device that one data centre lends to another over NVMe/TCP, and what fio measures on it.

    python3 -m apnemu.emulation.apps.storage serve NAME ADDRESS JSON
    python3 -m apnemu.emulation.apps.storage measure NAME ADDRESS BEGIN_NS JSON

Target and initiator are the kernel's (nvmet, nvme-tcp). Data go over a single TCP connection: a host has a connection
for each of its processors, and a host of the lab has one processor. The device is the kernel's null_blk: a command
takes its declared time, whatever its size and however many are under way, and the device keeps nothing of what is
written. fio measures the latency of each command from its submission to its completion, and bytes completed, once the
connection's windows fit the path. fio's own system calls take their declared time: at most about 300,000 commands a
second.

Sources: NVM Express TCP Transport Specification 1.0; nvmet, nvme-tcp and null_blk of Linux 6.12; fio 3.33's manual.

*Not modelled:* a device's own bandwidth, its queues, cache and wear.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CONFIG = Path("/sys/kernel/config")
FABRICS = "/dev/nvme-fabrics"
PORT = 4420
"""Port that IANA gives to NVMe over Fabrics."""
QUEUE = 1024
"""Most commands that the device and the connection hold: nvmet's own limit (NVMET_MAX_QUEUE_SIZE)."""
SECTOR_BYTES = 4096
LONGEST_IO_SECTORS = 8192
"""Longest transfer that the target takes, in sectors of 512 bytes: 4 MiB (NVMET_TCP_MAXH2CDATA)."""
DEVICE_LIMIT_S, LOOK_EVERY_S = 60.0, 0.001
TAKES_TIME, MULTI_QUEUE = "2", "2"
"""Settings of null_blk: irqmode (timer) and queue_mode."""
GLOBAL = (
    *("direct=1", "ioengine=io_uring", "norandommap", "group_reporting"),
    *("thread", "iomem=mmap"),  # a process, or memory that a job keeps after its end, costs the lab more
    "clocksource=clock_gettime",  # a processor's own counter runs in the host's time
    *("disable_clat=1", "disable_slat=1", "write_lat_log=log", "log_entries=131072"),
)
"""Settings of all of fio's jobs."""
SYSCTLS = {"tcp_slow_start_after_idle": "0"}
"""Settings of TCP with which a window that fits the path stays so while the disk is idle."""


def write(path: Path, value: object) -> None:
    """Make a setting of the kernel. A refusal ends the program, with the setting's name."""
    try:
        path.write_text(str(value))
    except OSError as error:
        raise SystemExit(f"{path}: {value!r} is refused: {error.strerror}") from error


def tune() -> None:
    """Make the settings of TCP in this program's namespace."""
    for name, value in SYSCTLS.items():
        write(Path("/proc/sys/net/ipv4", name), value)


def serve(name: str, address: str, plan: dict[str, Any]) -> None:
    """Lend a device until SIGTERM comes; then take everything apart.

    The port listens in the namespace of the process that links a subsystem to it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    tune()
    if not (CONFIG / "nvmet").is_dir() and ctypes.CDLL(None).mount(b"configfs", bytes(CONFIG), b"configfs", 0, None):
        raise SystemExit(f"no configfs at {CONFIG}")
    device = CONFIG / "nullb" / name
    device.mkdir()
    settings = {
        "size": plan["device_bytes"] >> 20,
        "blocksize": SECTOR_BYTES,
        "max_sectors": LONGEST_IO_SECTORS,
        "hw_queue_depth": QUEUE,
        "queue_mode": MULTI_QUEUE,
        "irqmode": TAKES_TIME,
        "completion_nsec": plan["device_ns"],
    }
    for key, value in settings.items():
        write(device / key, value)
    write(device / "power", 1)
    subsystem = CONFIG / "nvmet/subsystems" / nqn(name)
    subsystem.mkdir()
    write(subsystem / "attr_allow_any_host", 1)
    lent = subsystem / "namespaces/1"
    lent.mkdir()
    write(lent / "device_path", f"/dev/{name}")
    write(lent / "enable", 1)
    port = CONFIG / "nvmet/ports/1"
    port.mkdir()
    where = {"addr_trtype": "tcp", "addr_adrfam": "ipv4", "addr_traddr": address, "addr_trsvcid": PORT}
    for key, value in {**where, "param_inline_data_size": plan["inline_data_bytes"]}.items():
        write(port / key, value)
    link = port / "subsystems" / nqn(name)
    link.symlink_to(subsystem)
    print("serving", flush=True)
    signal.sigwait({signal.SIGTERM})
    link.unlink()
    port.rmdir()
    write(lent / "enable", 0)
    lent.rmdir()
    subsystem.rmdir()
    write(device / "power", 0)
    device.rmdir()


def nqn(name: str) -> str:
    """NVMe qualified name of a device's subsystem."""
    return f"nqn.2026-11.apnemu:{name}"


def measure(name: str, address: str, begin_ns: int, plan: dict[str, Any]) -> None:
    """Connect, run fio's jobs one after another from `begin_ns` on, print a record for each, disconnect."""
    tune()
    wanted = f"transport=tcp,traddr={address},trsvcid={PORT},nqn={nqn(name)},queue_size={QUEUE}"
    try:
        with open(FABRICS, "r+b", buffering=0) as fabrics:
            fabrics.write(wanted.encode())
            answer = dict(word.split("=") for word in fabrics.read(256).decode().strip().split(","))
    except OSError as error:
        raise SystemExit(f"no connection to {name}'s device: {error.strerror}") from error
    controller = Path("/sys/class/nvme", f"nvme{answer['instance']}")
    device = _device(controller)
    left_ns = begin_ns - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    if left_ns < 0:
        raise SystemExit(f"the device was there {-left_ns / 1e9:.3f} virtual s too late; give a larger --set setup_s")
    time.sleep(left_ns / 1e9)
    for record in run_fio(device, plan):
        print("@record", json.dumps(record), flush=True)
    write(controller / "delete_controller", 1)


def _device(controller: Path) -> str:
    """Wait for the namespace, which the controller looks for once it is connected; returns its device."""
    for _ in range(round(DEVICE_LIMIT_S / LOOK_EVERY_S)):
        names = [path.name for path in sorted(controller.glob(f"{controller.name}n*"))]
        if names and os.path.exists(f"/dev/{names[0]}"):
            return f"/dev/{names[0]}"
        time.sleep(LOOK_EVERY_S)
    raise SystemExit(f"{controller.name} has no namespace after {DEVICE_LIMIT_S:.0f} virtual s")


def run_fio(device: str, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Run fio; returns a record for each job, with what was asked and what fio measured."""
    Path("jobs.fio").write_text(job_file(device, plan))
    done = subprocess.run(
        ["fio", "--output-format=json", "--output=found.json", "jobs.fio"], capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"fio: {' '.join((done.stderr or done.stdout).split())}")
    text = Path("found.json").read_text()
    jobs = json.loads(text[text.index("{") :])["jobs"]
    first, records = 1, []
    for job, wanted in zip(jobs, plan["jobs"], strict=True):
        last = first + wanted.get("jobs", 1)
        logs = [Path(f"log_lat.{number}.log") for number in range(first, last)]
        records.append({**wanted, **_measured(job[wanted["rw"]], logs)})
        first = last
    return records


def job_file(device: str, plan: dict[str, Any]) -> str:
    """File of fio's jobs, which run one after another.

    >>> print(job_file("/dev/d", {"seed": 7, "jobs": [{"rw": "read", "block_bytes": 4096, "queue_depth": 2,
    ...     "ramp_ns": 5_000_000, "run_ns": 90_000_000}]}).partition("[0]")[2].strip())
    stonewall
    bs=4096
    iodepth=2
    rw=randread
    time_based
    ramp_time=5000us
    runtime=90000us
    """
    lines = ["[global]", f"filename={device}", f"randseed={plan['seed']}", *GLOBAL]
    for number, job in enumerate(plan["jobs"]):
        lines += [f"[{number}]", "stonewall", f"bs={job['block_bytes']}", f"iodepth={job['queue_depth']}"]
        if "read_bytes" in job:
            share = -(-job["read_bytes"] // (job["jobs"] * job["block_bytes"])) * job["block_bytes"]
            lines += [f"rw={job['rw']}", f"numjobs={job['jobs']}", f"size={share}", f"offset_increment={share}"]
            continue
        lines += [f"rw=rand{job['rw']}", "time_based"]
        lines += [f"ramp_time={job['ramp_ns'] // 1000}us", f"runtime={job['run_ns'] // 1000}us"]
    return "\n".join(lines) + "\n"


def _measured(side: dict[str, Any], logs: Sequence[Path]) -> dict[str, Any]:
    """Figures of a job: bytes and ms by fio's count; latencies from its log of commands (time, ns, direction, ...).

    fio rounds ms up, so that a rate is low by less than a ms's worth; its own percentiles have bins 1.6 % wide, and it
    counts the commands that began.
    """
    times_ns = sorted(int(line.split(b",", 2)[1]) for log in logs for line in log.read_bytes().splitlines())
    return {
        "read_or_written_bytes": side["io_bytes"],
        "runtime_ms": side["runtime"],
        "latency_ns_min": times_ns[0],
        "latency_ns_p50": times_ns[(len(times_ns) - 1) // 2],
        "latency_ns_p99": times_ns[-(-99 * len(times_ns) // 100) - 1],
        "latency_ns_max": times_ns[-1],
    }


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]))
    else:
        measure(sys.argv[2], sys.argv[3], int(sys.argv[4]), json.loads(sys.argv[5]))
