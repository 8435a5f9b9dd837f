# SPDX-License-Identifier: BSD-3-Clause
"""Hard shares of a wavelength: how many slots, how many wavelengths, and when not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apnemu.model.assignment import LightId, Lightpath, Refusal
from apnemu.model.spectrum import Slot
from apnemu.planning.wavelength_sharing import SLOT_GBPS, slots_of, slotted, tributary_slots, whole

PATH = Lightpath(
    id=LightId(service="w"),
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
    alone = slotted(PATH, {"a": 101}, mapping_ns=0)
    assert isinstance(alone, Refusal) and alone.reason.startswith("slots: 81 tributary slots")


def test_one_tenant_owns_and_several_share() -> None:
    assert [(share.scheme, share.rate_gbps) for share in whole(PATH, ("a",))] == [("own", 100)]
    assert [share.scheme for share in whole(PATH, ("a", "b"))] == ["statistical", "statistical"]


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0.1, 100), max_size=9))
def test_every_tenant_gets_what_it_asked_and_no_more_than_a_slot_besides_or_none_gets_any(
    tenants: dict[str, float],
) -> None:
    shares = slotted(PATH, tenants, mapping_ns=0)
    needs = [tributary_slots(rate) for rate in tenants.values()]
    if isinstance(shares, Refusal):
        assert sum(needs) > slots_of(PATH.rate_gbps)
        return
    assert [share.tenant for share in shares] == list(tenants)
    assert sum(share.rate_gbps for share in shares) <= PATH.rate_gbps
    for share in shares:
        asked = tenants[share.tenant]
        assert asked - 1e-6 <= share.rate_gbps < max(asked + SLOT_GBPS, SLOT_GBPS + 1e-6)
