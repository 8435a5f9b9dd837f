"""What may stand in an optics file, with every limit, in one table; most limits only catch a slip of unit."""

from __future__ import annotations

from apnemu.topology.format import ABOUT, PROSE, TITLE, VERSION
from apnemu.topology.shapes import ListOf, Number, Record

LOSS_DB = Number(low=0, high=60, hint="give dB")
OSNR_DB = Number(low=0, above=True, high=100, hint="give dB in 0.1 nm (12.5 GHz)")
POWER_DBM = Number(low=-40, high=40, hint="give dBm")
PMD_PS = Number(low=0, high=1000, hint="give ps")
BAUD_GBD = Number(low=0, above=True, high=1000, hint="give GBd, for example 63.1")


def record(hint: str, **keys: Number | ListOf) -> Record:
    """A mapping in which every key must be there, and where it comes from."""
    return Record(keys={**keys, "source": PROSE}, required=(*keys, "source"), hint=hint)


def named(hint: str, **keys: Number | ListOf) -> Record:
    return Record(keys={"name": TITLE, **keys, "source": PROSE}, required=("name", *keys, "source"), hint=hint)


def steps(high: float, unit: str) -> ListOf:
    at = Number(low=0, above=True, high=high, hint=f"give {unit}")
    step = Record(keys={"at": at, "penalty_db": LOSS_DB}, required=("at", "penalty_db"), hint="write {at, penalty_db}")
    return ListOf(item=step, noun="step", least=1, most=100, hint="list {at, penalty_db}, smallest value first")


FIBRE_TYPE = named(
    "a kind of fibre",
    loss_db_per_km=Number(low=0, above=True, high=10, hint="silica is near 0.2 dB/km"),
    dispersion_ps_per_nm_km=Number(low=-200, high=200, hint="give ps/(nm km); G.652 has 16.7"),
    effective_area_um2=Number(low=1, high=10_000, hint="give square micrometres; G.652 has 83"),
    pmd_ps_per_sqrt_km=Number(low=0, high=10, hint="give ps per root of km; 0.04 is usual"),
)
AMPLIFIER = named(
    "an EDFA of variable gain",
    gain_min_db=LOSS_DB,
    gain_flat_max_db=LOSS_DB,
    power_max_dbm=POWER_DBM,
    nf_min_db=LOSS_DB,
    nf_max_db=LOSS_DB,
)
MODE = named(
    "what a transceiver mode needs",
    baud_gbd=BAUD_GBD,
    roll_off=Number(low=0, high=1, hint="give the pulse's roll-off, 0 to 1"),
    need_osnr_db=OSNR_DB,
    tx_osnr_db=OSNR_DB,
    dispersion=steps(1_000_000, "ps/nm"),
    pmd=steps(1_000, "ps"),
    pdl=steps(60, "dB"),
)
OPTICS = Record(
    keys={
        "apnemu-optics": VERSION,
        "about": ABOUT,
        "fibre_type": TITLE,
        "fibre_types": ListOf(item=FIBRE_TYPE, noun="fibre type", least=1, most=100, hint="list the kinds of fibre"),
        "span": record(
            "what a span loses beside its fibre", connector_db=LOSS_DB, ageing_db=LOSS_DB, padding_db=LOSS_DB
        ),
        "amplifiers": ListOf(item=AMPLIFIER, noun="amplifier", least=1, most=100, hint="list the EDFAs to choose from"),
        "roadm": record(
            "what a ROADM does to light",
            out_mw_per_ghz_of_slot=Number(low=0, above=True, high=1, hint="give mW per GHz of slot; 2e-4 is usual"),
            add_loss_db=LOSS_DB,
            add_osnr_db=OSNR_DB,
            drop_loss_db=LOSS_DB,
            drop_osnr_db=OSNR_DB,
            express_loss_db=LOSS_DB,
            pmd_ps=PMD_PS,
            pdl_db=LOSS_DB,
        ),
        "load": record(
            "the load that light is judged under",
            launch_dbm=POWER_DBM,
            launch_slot_ghz=Number(low=12.5, high=1000, hint="give GHz, for example 50"),
            launch_baud_gbd=BAUD_GBD,
            margin_db=LOSS_DB,
        ),
        "modes": ListOf(item=MODE, noun="mode", least=1, most=1000, hint="list what each mode needs"),
    },
    required=("apnemu-optics", "fibre_type", "fibre_types", "span", "amplifiers", "roadm", "load", "modes"),
    hint="an optics file begins with apnemu-optics: 1",
)
