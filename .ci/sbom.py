# SPDX-License-Identifier: BSD-3-Clause
"""Complete a bill of materials (CycloneDX, on standard input) by Debian's packages and by the lab's kernel.

Arguments are names of Debian packages; those that are not installed are left out.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from apnemu.lab import build, kernel


def main() -> None:
    """Read, complete and write the bill."""
    bill = json.load(sys.stdin)
    bill["components"] = [*bill.get("components", []), *debian_packages(sys.argv[1:]), *kernel_parts()]
    json.dump(bill, sys.stdout, indent=2)
    print()


def debian_packages(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield a component for each installed package."""
    form = "${Package}\t${Version}\t${Architecture}\t${db:Status-Status}\n"
    listed = subprocess.run(["dpkg-query", "-Wf", form, *names], capture_output=True, text=True).stdout
    for line in listed.splitlines():
        name, version, architecture, state = line.split("\t")
        if state == "installed":
            purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={architecture}"
            yield {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def kernel_parts() -> Iterator[dict[str, Any]]:
    """Yield the kernel's source, by the hash that was recorded when it was built, and our configuration and patches."""
    if ready := kernel.find():
        source = {
            "type": "operating-system",
            "name": "linux",
            "version": ready.version,
            "bom-ref": f"linux@{ready.key}",
        }
        algorithm, _, digest = ready.source.partition(":")
        if algorithm == "sha256":
            source["hashes"] = [{"alg": "SHA-256", "content": digest}]
        yield source
    for file in build.recipe_files():
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        name = f"apnemu/lab/kernel/{file.name}"
        yield {"type": "file", "name": name, "bom-ref": name, "hashes": [{"alg": "SHA-256", "content": digest}]}


if __name__ == "__main__":
    main()
