# SPDX-License-Identifier: BSD-3-Clause
"""`python -m apnemu` is `apnemu`."""

from __future__ import annotations

from apnemu.beginning import begin


def main() -> None:
    """The program `apnemu`."""
    begin()
    from apnemu.cli import main as command  # half of what apnemu needs, in some tenths of a second

    command()


if __name__ == "__main__":
    main()
