"""apnemu: an emulator of all-photonics networks between data centres, in virtual time."""

__version__ = "0.2.0"
