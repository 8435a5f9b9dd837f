# SPDX-License-Identifier: BSD-3-Clause
"""[guest] iperf3 in a host of the lab, for a time that need not be whole seconds.

    python3 iperf.py serve PORT EVERY_S
    python3 iperf.py call ADDRESS PORT CONTROL SECONDS

The server prints a record of its one caller, with the bytes of each interval of `EVERY_S`, as it has received them.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time


def serve(port: str, every_s: str) -> None:
    """Serve one caller, and print a record: begin, end and bytes of each interval."""
    command = ("iperf3", "--server", "-4", "--one-off", "--port", port, "--interval", every_s, "--json")
    document = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    sums = [interval["sum"] for interval in document["intervals"]]
    print(
        "@record", json.dumps({"intervals": [[each["start"], each["end"], each["bytes"]] for each in sums]}), flush=True
    )


def call(address: str, port: str, control: str, seconds: float) -> None:
    """Send for so long, as fast as TCP can."""
    command = ("iperf3", "--client", address, "--port", port, "--congestion", control, "--time", "3600", "--zerocopy")
    with subprocess.Popen((*command, "--interval", "0"), stdout=subprocess.DEVNULL) as running:
        time.sleep(seconds)
        running.send_signal(signal.SIGINT)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3])
    else:
        call(*sys.argv[2:5], float(sys.argv[5]))
