# SPDX-License-Identifier: BSD-3-Clause
"""Workers that do many tasks of one kind: processes on this machine, each bound to a core, or a Dask cluster.

A task is a value that pickle takes, and so is what its `call` returns, which each worker imports by its name.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from apnemu.errors import InputError, LabError
from apnemu.interrupts import SIGNAL_EXIT, EndedBySignal

CONNECT_WITHIN_S = 30
PR_SET_PDEATHSIG = 1

Task = TypeVar("Task")
Result = TypeVar("Result")


def on_this_machine(call: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> Iterator[Result]:
    """Do tasks on this machine; results come in the order in which they are ready. Each worker takes one core."""
    spawn = multiprocessing.get_context("spawn")
    counter = spawn.Value("i", 0)
    pool = ProcessPoolExecutor(
        max_workers=min(workers, len(tasks)), mp_context=spawn, initializer=_begin, initargs=(counter, os.getpid())
    )
    try:
        # Ctrl-C reaches all processes of a terminal: workers are begun without, and are told to stop by this one
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            futures = [pool.submit(_done, call, task) for task in tasks]
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise LabError(
            "a worker was ended from outside (out of memory?); what is done is kept: the same command goes on"
        ) from error
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(counter: Any, parent: int) -> None:
    """Prepare a worker: bind it to a core, let it end with its parent, and end its lab when it is told to stop."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    cores = sorted(os.sched_getaffinity(0))
    with counter.get_lock():
        number = counter.value
        counter.value += 1
    os.sched_setaffinity(0, {cores[number % len(cores)]})


def _done(call: Callable[[Task], Result], task: Task) -> Result:
    """Do a task. A signal that ends it ends the worker once the task has tidied up: the pool would give it the next."""
    try:
        return call(task)
    except EndedBySignal as ended:
        os._exit(SIGNAL_EXIT + ended.number)


def on_a_cluster(
    call: Callable[[Task], Result], tasks: Sequence[Task], address: str
) -> Iterator[tuple[Task, Result | None, str]]:
    """Do tasks by a Dask scheduler at `address`: each with its result, or None and why the cluster has lost it.

    Its workers must see the same files and have this apnemu.
    """
    try:
        from dask import distributed
    except ImportError as error:
        raise InputError(
            "dask.distributed is not installed; pip install 'apnemu[cluster]', or use --workers", file="--scheduler"
        ) from error
    try:
        client = distributed.Client(  # type: ignore[no-untyped-call]  # dask has few types
            address, timeout=CONNECT_WITHIN_S
        )
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address} ({error}); give one such as tcp://127.0.0.1:8786",
            file="--scheduler",
        ) from error
    with client:
        futures = {client.submit(call, task, pure=False): task for task in tasks}
        for future in distributed.as_completed(futures):  # type: ignore[no-untyped-call]
            lost = future.exception()
            if lost is None:
                yield futures[future], future.result(), ""
            else:
                yield futures[future], None, f"the cluster lost it: {type(lost).__name__}: {lost}"
