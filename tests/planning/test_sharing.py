"""Hard shares of a wavelength: how many slots, how many wavelengths, and when not."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from apnemu.model.assignment import Lightpath, Refusal
from apnemu.model.spectrum import Slot
from apnemu.planning.sharing import SLOT_GBPS, pack, slots_of, slotted, tributary_slots, whole

PATH = Lightpath(
    name="w",
    source="a",
    target="b",
    route=("a", "b"),
    fibres=("f",),
    slot=Slot(n=0, m=4),
    mode="m",
    rate_gbps=100,
    length_km=1,
    delay_ns=5000,
)


def test_shares_are_whole_slots() -> None:
    shares = slotted(PATH, {"a": 50, "b": 10.1}, mapping_ns=7)
    assert not isinstance(shares, Refusal)
    assert [(share.tenant, share.tributary_slots, share.rate_gbps) for share in shares] == [
        ("a", 40, 50.0),
        ("b", 9, 11.25),
    ]
    assert {(share.lightpath, share.scheme, share.mapping_ns) for share in shares} == {("w", "slots", 7)}


def test_what_does_not_fit_is_refused_with_the_counts() -> None:
    refused = slotted(PATH, {"a": 60, "b": 60}, mapping_ns=0)
    assert isinstance(refused, Refusal)
    assert refused.reason == (
        "slots: 96 tributary slots of 1.25 Gbit/s asked (a 48, b 48), a wavelength of 100 Gbit/s has 80; ask for less,"
        " or for another wavelength"
    )
    alone = pack({"a": 101}, 100)
    assert isinstance(alone, Refusal) and alone.reason.startswith("slots: 81 tributary slots")


def test_one_tenant_owns_and_several_share() -> None:
    assert [(share.scheme, share.rate_gbps) for share in whole(PATH, ("a",))] == [("own", 100)]
    assert [share.scheme for share in whole(PATH, ("a", "b"))] == ["statistical", "statistical"]


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0.1, 100), max_size=30))
def test_packing(tenants: dict[str, float]) -> None:
    wavelengths = pack(tenants, 100)
    assert not isinstance(wavelengths, Refusal)
    assert sorted(name for names in wavelengths for name in names) == sorted(tenants)
    needs = {tenant: tributary_slots(rate) for tenant, rate in tenants.items()}
    assert all(need * SLOT_GBPS >= tenants[tenant] - 1e-6 for tenant, need in needs.items())
    used = [sum(needs[name] for name in names) for names in wavelengths]
    assert all(count <= slots_of(100) for count in used)
    assert all(one + other > slots_of(100) for one, other in pairwise(used)) or len(used) < 2
    least = -(-sum(needs.values()) // slots_of(100))
    assert least <= len(wavelengths) <= 11 * least / 9 * 1.5 + 1
