# SPDX-License-Identifier: BSD-3-Clause
"""What a guest tells and what a page asks for: read, or refused in one line; a timeline from states."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.emulation.shell.commands import LATER
from apnemu.errors import GuestError, InputError
from apnemu.live import orders, told
from apnemu.live.board import KEPT, Board
from apnemu.live.orders import Order

KNOWN = told.Known(sites=frozenset({"a", "b", "c"}), fibres=frozenset({"a-b", "b-c"}))
PATH = {"route": ["a", "b"], "n": 4, "m": 4, "mode": "m", "carries": True}
LIGHT = {
    "name": "x",
    "source": "a",
    "target": "b",
    "rate_gbps": 100,
    "protection": "none",
    "state": "lit",
    "reason": "",
    "paths": [PATH],
}
WRONG = {
    "clock_ns": [-1, 1 << 70, "0", True, None, 1.5],
    "cut": ["a-b", ["x"], ["a-b"] * 9, [1], None],
    "lost": [["<b>"], {"a": 1}],
    "watched": [[["a"]], [["a", "d"]], [["a", "b", "c"]]],
    "samples": [[["a", "b", 1]], [["a", "b", -1, None]], [["a", "b", 1, "2"]], "x"],
    "events": [[[1]], [[1, 2]], [[-1, "x"]]],
    "light": [
        [{}],
        [{**LIGHT, "state": "on"}],
        [{**LIGHT, "more": 1}],
        [{**LIGHT, "source": "z"}],
        [{**LIGHT, "rate_gbps": -1}],
        [{**LIGHT, "rate_gbps": True}],
        [{**LIGHT, "paths": [{**PATH, "n": 1 << 40}]}],
        [{**LIGHT, "paths": [{**PATH, "m": 0}]}],
        [{**LIGHT, "paths": [{**PATH, "carries": 1}]}],
        [{**LIGHT, "paths": [{**PATH, "route": ["a", "elsewhere"]}]}],
        [{**LIGHT, "paths": [PATH] * 17}],
    ],
    "load": [-0.5, "much", True],
    "stage": [None, 5],
}


def test_what_is_right_is_read() -> None:
    message = {
        "clock_ns": 7,
        "cut": ["a-b"],
        "lost": ["c"],
        "watched": [["a", "b"]],
        "samples": [["a", "b", 5, 1000], ["a", "b", 6, None]],
        "events": [[5, "cut a-b\x1b[2J\u202e"]],
        "light": [LIGHT],
        "load": 0.5,
    }
    seen = told.read(json.dumps(message), KNOWN)
    assert seen["samples"] == message["samples"]
    assert seen["light"] == [LIGHT]
    assert seen["events"] == [[5, "cut a-b\\x1b[2J\\u202e"]]


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_what_is_wrong_is_refused(key: str, value: object) -> None:
    with pytest.raises(GuestError, match=f"a program in the lab told the page a wrong {key}: "):
        told.read(json.dumps({key: value}), KNOWN)


@pytest.mark.parametrize("text", ["", "[]", "1", "{", "[" * 100_000, '{"colour": 1}', '{"clock_ns": NaN}', "\x00"])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(GuestError, match="a program in the lab") as error:
        told.read(text, KNOWN)
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*told.READERS, "x"]), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*told.READERS]), JSON))
def test_a_message_is_read_or_refused(message: dict[str, Any]) -> None:
    try:
        seen = told.read(json.dumps(message), KNOWN)
    except GuestError:
        return
    assert set(seen) == set(message)
    json.dumps(seen, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["do", "what", "from", "to", "gbps", "pace", "by", "every", "line", "name"]), JSON)
)
def test_an_order_is_read_or_refused(asked: dict[str, Any]) -> None:
    try:
        order = orders.read(json.dumps(asked))
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert order.line.isprintable() and order.ns >= 0


@pytest.mark.parametrize(
    "asked",
    [
        {"do": "cut", "what": "--silent"},
        {"do": "cut", "what": "a\nexit"},
        {"do": "cut", "what": ""},
        {"do": "light", "from": "a", "to": "b", "gbps": -1, "protection": "none"},
        {"do": "run", "pace": -1},
        {"do": "run", "pace": 1e9},
        {"do": "advance", "by": "soon"},
        {"do": "advance", "by": "11y"},
        {"do": "line", "line": "a\nb"},
        {"do": "line", "line": "x" * 2001},
        {"do": "shutdown"},
        {},
        [],
    ],
)
def test_what_no_page_asks_for_is_refused(asked: object) -> None:
    if asked == {"do": "cut", "what": ""}:
        asked = {"do": "cut", "what": 5}
    with pytest.raises(InputError):
        orders.read(json.dumps(asked))


def test_what_takes_no_time_is_what_the_shell_takes_at_any_instant() -> None:
    for word in LATER:
        order = orders.read(json.dumps({"do": word, "what": "a-b"}))
        assert (order.kind, order.line) == ("now", f"{word} a-b")
    assert orders.read('{"do": "repair"}').line == "repair"


def test_who_follows_gets_all_that_is_kept_and_then_what_is_new() -> None:
    board = Board(["apn"])
    for at in range(KEPT["samples"] + 5):
        board.post("apn", samples=[["a", "b", at, None]])
    board.post("apn", cut=["a-b"])
    board.post(mode="paused")
    heard: list[dict[str, Any]] = []
    assert board.alone_s() == 0
    leave = board.follow(heard.append)
    assert heard[0]["mode"] == "paused"
    kept = heard[0]["networks"]["apn"]
    assert kept["cut"] == ["a-b"]
    assert [len(kept["samples"]), kept["samples"][0][2]] == [KEPT["samples"], 5]
    board.post("apn", clock_ns=9)
    assert heard[1] == {"networks": {"apn": {"clock_ns": 9}}}
    leave()
    board.post("apn", clock_ns=10)
    assert len(heard) == 2
    assert board.alone_s() > 0
    board.follow(heard.append)
    assert board.alone_s() == 0


def test_orders_wait_up_to_a_bound() -> None:
    board = Board(["apn"])
    taken = [board.ask(Order(kind="pause")) for _ in range(101)]
    assert taken == [True] * 100 + [False]
    assert board.order(0) == Order(kind="pause")
