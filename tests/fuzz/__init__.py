# SPDX-License-Identifier: BSD-3-Clause
"""Fuzzing of everything that apnemu is given by others: `python -m tests.fuzz NAME --seed 1 --count 2000`.

Each input is a file of this package with `case(seed, number, folder)`, which writes mutated files into a folder and
says what is done with them; the same seed and number give the same bytes.

    topology       topology files, through check, plan and blocking
    scenario       scenarios of topology files
    equipment      equipment files: times of devices, modes, the packet network
    optics         optics files, through planning by GNPy
    size_classes   tables of size classes
    power          power files and their profiles
    profile        files of grid operators and exchanges, through profile import and join
    gnpy_json      GNPy's networks, equipment, spectra, services and simulation parameters, through import
    foreign        networks of other forms, through import
    run_directory  directories of runs, through report and open_run
    settings       settings of every experiment (`--set`), through all that comes before a lab boots
    sweep          points of a sweep, and the folder of a sweep that goes on
    application    Ryu applications and their imports
    tapi           requests to the controller's REST interface, as documents and as bytes
    ctl            answers of a server to apnemu ctl
    live           messages of labs, journals and browsers to apnemu live
"""

INPUTS = (
    "topology",
    "scenario",
    "equipment",
    "optics",
    "size_classes",
    "power",
    "profile",
    "gnpy_json",
    "foreign",
    "run_directory",
    "settings",
    "sweep",
    "application",
    "tapi",
    "ctl",
    "live",
)
