# SPDX-License-Identifier: BSD-3-Clause
"""Imports of a guest: little of pyroute2 and setuptools, and both whole for whoever imports them later."""

from __future__ import annotations

import subprocess
import sys

IMPORTED = """
import sys
import apnemu.emulation.net
import apnemu.emulation.routers
assert not [name for name in sys.modules if name.partition(".")[0] in ("pkg_resources", "setuptools", "distutils")]
assert "pyroute2" not in sys.modules and "asyncio" not in sys.modules
import distutils.version
import pyroute2
assert pyroute2.IPRoute and pyroute2.netlink.rtnl.RTM_NEWLINK == 16
assert distutils.version.StrictVersion("1.9") < distutils.version.StrictVersion("1.10")
assert apnemu.emulation.net.Mininet.__module__ == "mininet.net"
"""
MODULES = "import sys; import apnemu.emulation.__main__; print(len(sys.modules))"
MOST_MODULES = 400


def _run(program: str) -> str:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_imported_bare_is_whole_for_others() -> None:
    _run(IMPORTED)


def test_a_guest_imports_little() -> None:
    assert int(_run(MODULES)) < MOST_MODULES
