# SPDX-License-Identifier: BSD-3-Clause
"""Small plants for the tests of planning: built in words, or drawn by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from apnemu.model.demand import Demand
from apnemu.model.plant import Controller, Devices, Fibre, Mode, PacketNetwork, Plant, Roadm, Site
from apnemu.model.spectrum import Band

MODES = (
    Mode(name="far-100", rate_gbps=100, slot_m=4, reach_km=3000, fec_ns=30_000, source="test"),
    Mode(name="fast-400", rate_gbps=400, slot_m=6, reach_km=100, fec_ns=10_000, source="test"),
    Mode(name="mid-200", rate_gbps=200, slot_m=4, reach_km=1000, fec_ns=20_000, source="test"),
    Mode(name="wide-400", rate_gbps=400, slot_m=7, reach_km=500, fec_ns=15_000, source="test"),
)
MS = 1_000_000
DEVICES = Devices(
    wss_switching_ns=3 * MS,
    amplifier_settling_ns=20 * MS,
    laser_tuning_ns=300 * MS,
    fec_lock_ns=4000 * MS,
    controller_computing_ns=50_000 * MS,
    loss_of_light_detection_ns=7 * MS,
    protection_switching_ns=600_000 * MS,
)
"""Each time has digits of its own, so that a sum shows what is in it."""
ANEW = (3 + 300 + 20 + 4000) * MS
"""Light that is set up anew: the switch, then laser, amplifiers and lock."""


def make_plant(
    fibres: list[tuple[str, str, str, float]],
    demands: list[tuple[str, str, float]] | None = None,
    *,
    sites: list[str] | None = None,
    exchanges: tuple[str, ...] = (),
    band: Band | None = None,
    roadm: Roadm | None = None,
) -> Plant:
    """Fibres as (name, a, b, km), demands as (from, to, Gbit/s), sites in alphabetical order if not given."""
    names = sites or sorted({end for _, a, b, _ in fibres for end in (a, b)})
    return Plant(
        name="test",
        source="test",
        licence="test",
        inferred=(),
        sites=tuple(
            Site(name=name, kind="exchange" if name in exchanges else "edge", lat=0.0, lon=0.0) for name in names
        ),
        fibres=tuple(Fibre(name=name, a=a, b=b, length_km=km) for name, a, b, km in fibres),
        demands=tuple(
            Demand(name=f"d{index}", source=source, target=target, rate_gbps=rate)
            for index, (source, target, rate) in enumerate(demands or [])
        ),
        modes=MODES,
        roadm=roadm or Roadm(),
        packet=PacketNetwork(
            line_rate_gbps=10.0, mtu_bytes=1500, buffer_bytes=10**6, forwarding_ns=0, oeo_ns=0, fec_ns=0
        ),
        band=band or Band(),
        controller=Controller(delay_ns=0),
    )


@st.composite
def plants(draw: st.DrawFn, max_demands: int = 0) -> Plant:
    """Up to 7 sites and 12 fibres, some side by side, of few lengths so that ties are common; not always joined."""
    sites = [f"s{index}" for index in range(draw(st.integers(2, 7)))]
    pair = st.lists(st.sampled_from(sites), min_size=2, max_size=2, unique=True)
    names = draw(st.permutations("abcdefghijkl"))
    lengths = st.sampled_from([0.1, 0.2, 0.3, 50.0, 100.0, 400.0])
    fibres = [(names[i], *draw(pair), draw(lengths)) for i in range(draw(st.integers(1, 12)))]
    rates = st.sampled_from([10.0, 100.0, 150.0, 200.0, 400.0, 800.0])
    demands = [(*draw(pair), draw(rates)) for _ in range(draw(st.integers(0, max_demands)))] if max_demands else []
    band = Band(low=-16, high=draw(st.integers(-8, 40)))
    return make_plant(fibres, demands, sites=sites, band=band)
