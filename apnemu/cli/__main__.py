# SPDX-License-Identifier: BSD-3-Clause
"""`python -m apnemu.cli` is `apnemu`."""

from apnemu.cli import main

main()
