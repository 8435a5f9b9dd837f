# SPDX-License-Identifier: BSD-3-Clause
"""`python -m apnemu` is `apnemu`."""

from apnemu.cli import main

main()
