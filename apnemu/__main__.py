"""`python -m apnemu` is `apnemu`."""

from apnemu.cli import main

main()
