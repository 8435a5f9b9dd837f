"""`python -m apnemu.cli` is `apnemu`."""

from apnemu.cli import main

main()
