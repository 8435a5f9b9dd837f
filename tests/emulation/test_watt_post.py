# SPDX-License-Identifier: BSD-3-Clause
"""Messages between parties: the schema beside somebody else's validator, seals, and a post over real connections."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import string
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apnemu.emulation.apps.watt.messages import (
    LENGTH,
    SCHEMA,
    RefusedError,
    check,
    is_sealed,
    opened,
    pair_key,
    seal,
)
from apnemu.emulation.apps.watt.post import ASK_AFTER_S, Post
from apnemu.emulation.loop import Loop, now_ns
from apnemu.units import NS_PER_S

RULES = json.loads(SCHEMA.read_text())
VALIDATOR = jsonschema.Draft202012Validator(RULES)
KINDS = RULES["properties"]["kind"]["enum"]
KEY = pair_key(b"secret", "agg", "dc-1")
COUNT = st.integers(0, 2**63 - 1)
NAME = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


def of(rule: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a rule of the schema, drawn without our own checker."""
    if "$ref" in rule:
        name = rule["$ref"].rpartition("/")[2]
        return {"name": NAME, "text": st.text(max_size=40), "count": COUNT, "slot": st.integers(0, 10**6)}.get(
            name, of(RULES["$defs"][name]) if name not in ("name", "text", "count", "slot") else NAME
        )
    if "const" in rule or "enum" in rule:
        return st.sampled_from(rule.get("enum", [rule.get("const")]))
    match rule["type"]:
        case "integer":
            return st.integers(rule["minimum"], rule["maximum"])
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(of(rule["items"]), max_size=3)
    if "propertyNames" in rule:
        return st.dictionaries(NAME, of(rule["additionalProperties"]), max_size=3)
    parts = {name: of(part) for name, part in rule["properties"].items()}
    needed = {name: part for name, part in parts.items() if name in rule["required"]}
    return st.fixed_dictionaries(needed, optional={name: parts[name] for name in parts if name not in needed})


def message(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    common = {name: of(part) for name, part in RULES["properties"].items() if name not in ("kind", "mac")}
    body = RULES["$defs"][f"body_{kind}"]
    return st.builds(
        lambda first, second: {**first, **second, "kind": kind, "mac": "0" * 64},
        st.fixed_dictionaries(common),
        of({"type": "object", **body}),
    )


MESSAGES = st.sampled_from(KINDS).flatmap(message)
ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2))


@settings(max_examples=100, deadline=None)
@given(MESSAGES, st.data())
def test_the_check_says_what_a_validator_of_somebody_else_says(whole: dict[str, Any], data: st.DataObject) -> None:
    assert VALIDATOR.is_valid(whole)
    check(whole)
    broken = json.loads(json.dumps(whole))
    place = broken
    name = data.draw(st.sampled_from(sorted(place)))
    while isinstance(place[name], dict) and place[name] and data.draw(st.booleans()):
        place = place[name]
        name = data.draw(st.sampled_from(sorted(place)))
    match data.draw(st.sampled_from(["value", "gone", "more"])):
        case "value":
            place[name] = data.draw(ODD)
        case "gone":
            del place[name]
        case "more":
            place[data.draw(st.text(string.ascii_lowercase, min_size=1))] = data.draw(ODD)
    try:
        check(broken)
        taken = True
    except RefusedError:
        taken = False
    assert taken == VALIDATOR.is_valid(broken), broken


def test_every_kind_has_a_body_and_the_file_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(RULES)
    assert {name for name in RULES["$defs"] if name.startswith("body_")} == {f"body_{kind}" for kind in KINDS}


@settings(max_examples=50, deadline=None)
@given(MESSAGES)
def test_a_sealed_message_opens_as_it_was_and_one_changed_byte_is_seen(whole: dict[str, Any]) -> None:
    frame = seal(whole, KEY)
    body = frame[LENGTH.size :]
    assert LENGTH.unpack_from(frame)[0] == len(body)
    back = opened(body)
    assert {**back, "mac": 0} == {**whole, "mac": 0}
    assert is_sealed(back, KEY) and not is_sealed(back, pair_key(b"secret", "agg", "dc-2"))
    draws = random.Random(body)
    for _ in range(10):
        place = draws.randrange(len(body))
        changed = body[:place] + bytes([body[place] ^ (1 << draws.randrange(8))]) + body[place + 1 :]
        with contextlib.suppress(RefusedError):
            assert not is_sealed(opened(changed), KEY)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "is no object"),
        (b'{"kind":"hello","kind":"hello"}', "twice"),
        (b'{"kind":1.5}', "1.5 is no integer"),
        (b'{"kind":NaN}', "NaN is no integer"),
        (b'{"kind":"boo"}', "'boo' is none of"),
        (b'{"kind":{}}', "is none of"),
        (b'{"kind":"hello"}', "v is missing"),
        (b'{"kind":' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_message_is_refused_in_a_line(body: bytes, why: str) -> None:
    with pytest.raises(RefusedError, match=why) as refusal:
        opened(body)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 300


def test_a_message_whose_json_is_written_otherwise_is_refused() -> None:
    bare = {"v": 1, "kind": "hello", "from": "dc-1", "to": "agg", "seq": 1, "slot": 0, "sent_ns": 1}
    frame = seal({**bare, "good_until_slot": 0}, KEY)
    spaced = json.dumps(json.loads(frame[LENGTH.size :])).encode()
    with pytest.raises(RefusedError, match="canonical"):
        opened(spaced)


class Party:
    """A party of a test: its post, what it has taken, and what it has refused."""

    def __init__(self, loop: Loop, name: str, peers: list[str], secret: bytes = b"secret") -> None:
        self.taken: list[dict[str, Any]] = []
        self.refused: list[tuple[str, str]] = []
        keys = {peer: pair_key(secret, name, peer) for peer in peers}
        self.post = Post(loop, name, keys, self.taken.append, lambda who, why: self.refused.append((who, why)))


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


def until(loop: Loop, what: Any) -> None:
    """Serve the loop until something is true: 20 s at most."""
    loop.run(now_ns() + 20 * NS_PER_S, unless=what)
    assert what()


def test_two_parties_speak_and_large_messages_arrive_whole(loop: Loop) -> None:
    agg, agent = Party(loop, "agg", ["dc-1"]), Party(loop, "dc-1", ["agg"])
    port = agg.post.serve(0)
    agent.post.call("agg", "127.0.0.1", port)
    until(loop, lambda: agent.post.reaches("agg") and agg.post.reaches("dc-1"))
    series = list(range(1000))
    sites = {f"s-{number}": series for number in range(400)}
    assert agg.post.send("dc-1", "plan", 7, 11, kw=sites, moves=[])
    assert agent.post.send("agg", "grant", 7, 11, granted_kw={"a": [1, -2]})
    until(loop, lambda: agent.taken and agg.taken)
    assert agent.taken[0]["kw"] == sites and agent.taken[0]["slot"] == 7
    assert agg.taken[0]["granted_kw"] == {"a": [1, -2]}
    assert not agg.refused and not agent.refused
    agent.post.close()
    agg.post.close()


def forged(**changes: Any) -> dict[str, Any]:
    at_ns = now_ns()
    return {
        **{"v": 1, "kind": "answer", "from": "dc-1", "to": "agg", "seq": at_ns, "slot": 0, "sent_ns": at_ns},
        **{"good_until_slot": 4, "kw": 5, "at_ns": 0},
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "secret", "why"),
    [
        ({}, b"another", "not sealed by dc-1"),
        ({"from": "dc-9"}, b"secret", "dc-9 is nobody"),
        ({"to": "tso-1"}, b"secret", "message to tso-1"),
        ({"seq": 3}, b"secret", "message 3 of dc-1 again"),
    ],
)
def test_a_forged_message_is_refused_and_its_connection_ends(
    loop: Loop, changes: dict[str, Any], secret: bytes, why: str
) -> None:
    agg = Party(loop, "agg", ["dc-1"])
    with socket.create_connection(("127.0.0.1", agg.post.serve(0))) as other:
        other.sendall(seal(forged(**changes), pair_key(secret, "dc-1", "agg")) * 2)
        until(loop, lambda: agg.refused)
        assert other.recv(1) == b""
    assert agg.refused == [("127.0.0.1", agg.refused[0][1])] and why in agg.refused[0][1]
    assert not agg.taken
    agg.post.close()


def test_a_party_that_speaks_for_another_over_its_own_connection_is_named(loop: Loop) -> None:
    agg = Party(loop, "agg", ["dc-1", "dc-2"])
    with socket.create_connection(("127.0.0.1", agg.post.serve(0))) as other:
        other.sendall(seal(forged(**{"from": "dc-2"}), pair_key(b"secret", "dc-2", "agg")))
        until(loop, lambda: agg.taken)
        other.sendall(seal(forged(), pair_key(b"secret", "dc-1", "agg")))
        until(loop, lambda: agg.refused)
    assert agg.refused == [("dc-2", "message from dc-1 over the connection of dc-2")]
    agg.post.close()


def test_a_message_that_is_sent_again_is_refused_after_a_restart_too(loop: Loop) -> None:
    for restarted in (False, True):
        agg = Party(loop, "agg", ["dc-1"])
        frame = seal(forged(), pair_key(b"secret", "dc-1", "agg"))
        if restarted:
            agg = Party(loop, "agg", ["dc-1"])
        with socket.create_connection(("127.0.0.1", agg.post.serve(0))) as other:
            other.sendall(frame if restarted else frame * 2)
            until(loop, lambda agg=agg: agg.refused)
        assert len(agg.taken) == (0 if restarted else 1)
        assert "again" in agg.refused[0][1]
        agg.post.close()


def test_a_frame_that_is_too_long_or_never_whole_takes_no_memory(loop: Loop) -> None:
    agg = Party(loop, "agg", ["dc-1"])
    with socket.create_connection(("127.0.0.1", agg.post.serve(0))) as other:
        other.sendall(LENGTH.pack(2**32 - 1))
        until(loop, lambda: agg.refused)
    assert "4294967295 bytes" in agg.refused[0][1]
    agg.post.close()


def test_a_party_that_comes_back_is_called_again(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apnemu.emulation.apps.watt.post.CALL_AGAIN_NS", NS_PER_S // 100)
    agent = Party(loop, "dc-1", ["agg"])
    first = Party(loop, "agg", ["dc-1"])
    port = first.post.serve(0)
    agent.post.call("agg", "127.0.0.1", port)
    until(loop, lambda: agent.post.reaches("agg") and first.post.reaches("dc-1"))
    first.post.close()
    until(loop, lambda: not agent.post.reaches("agg"))
    assert not agent.post.send("agg", "answer", 0, 0, kw=1, at_ns=1)
    second = Party(loop, "agg", ["dc-1"])
    second.post.serve(port)
    until(loop, lambda: agent.post.reaches("agg"))
    assert agent.post.send("agg", "answer", 1, 5, kw=2, at_ns=1)
    until(loop, lambda: second.taken)
    assert second.taken[0]["kw"] == 2 and not second.refused
    agent.post.close()
    second.post.close()


def test_a_silent_connection_is_asked_whether_its_other_end_is_there(loop: Loop) -> None:
    """Who calls another would else never learn that the other has given the connection up, and never call again."""
    a, b = Party(loop, "agent-a", ["agent-b"]), Party(loop, "agent-b", ["agent-a"])
    b.post.call("agent-a", "127.0.0.1", a.post.serve(0))
    until(loop, lambda: a.post.reaches("agent-b") and b.post.reaches("agent-a"))
    for post in (a.post, b.post):
        (line,) = post._lines.values()
        assert line.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert line.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == ASK_AFTER_S
        post.close()
