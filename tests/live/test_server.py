# SPDX-License-Identifier: BSD-3-Clause
"""The server: on loopback alone, for the token, this Host and this Origin; what it serves is small and translated."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tornado.websocket import websocket_connect

from apnemu.errors import InputError
from apnemu.live.board import Board
from apnemu.live.page import FILES, MOST_PAGE_BYTES, files
from apnemu.live.server import served
from apnemu.live.words import STATES, WORDS
from apnemu.model.assignment import Assignment
from apnemu.question.discovery import known_topologies, shipped_topology
from apnemu.report.language import catalogue, heard, spoken
from apnemu.report.picture import picture_of
from apnemu.topology import read_plant

PAGE = {"": ("text/html; charset=utf-8", b"<p>page"), "live.js": ("text/javascript", b"//")}


@pytest.fixture
def board() -> Board:
    return Board(["apn"])


@pytest.fixture
def address(board: Board) -> Iterator[str]:
    with served(board, PAGE) as made:
        yield made


def asked(address: str, path: str = "", method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=20)
    connection.request(method, path or parts.path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def test_the_page_has_a_strict_policy(address: str) -> None:
    status, headers, body = asked(address)
    assert (status, body) == (200, b"<p>page")
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert asked(address, urlsplit(address).path + "live.js")[0] == 200
    assert asked(address, urlsplit(address).path + "../secret")[0] == 404


@pytest.mark.parametrize(
    "path", ["/", "/live.js", "/wrong/", "/wrong/live.js", "/wrong/follow", "//", "/%00/", "/favicon.ico"]
)
def test_without_the_token_all_is_forbidden(address: str, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert asked(address, path, method)[0] == 403, method


def test_a_token_that_is_cut_short_or_longer_is_forbidden(address: str) -> None:
    token = urlsplit(address).path.strip("/")
    assert len(token) >= 32
    for wrong in (token[:-1], token + "a", token.swapcase()):
        assert asked(address, f"/{wrong}/")[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_another_host_is_forbidden(address: str, host: str) -> None:
    """A name that somebody else's DNS leads here (rebinding)."""
    assert asked(address, Host=host.format(port=urlsplit(address).port))[0] in (400, 403)
    assert asked(address, Host=f"localhost:{urlsplit(address).port}")[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_another_origin_is_forbidden(address: str, origin: str) -> None:
    assert asked(address, Origin=origin)[0] == 403
    parts = urlsplit(address)
    assert asked(address, Origin=f"http://{parts.netloc}")[0] == 200
    follow = f"{parts.path}follow"
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = base64.b64encode(bytes(16)).decode()
    assert asked(address, follow, **upgrade, Origin=origin)[0] == 403
    assert asked(address, follow, **upgrade, Host="evil.example")[0] == 403
    assert asked(address, "/wrong/follow", **upgrade)[0] == 403


def test_a_page_follows_and_asks(board: Board, address: str) -> None:
    board.post("apn", cut=["a-b"])
    parts = urlsplit(address)

    async def talk() -> list[dict[str, object]]:
        connection = await websocket_connect(f"ws://{parts.netloc}{parts.path}follow")
        heard = [json.loads(str(await connection.read_message()))]
        board.post(mode="paused")
        heard.append(json.loads(str(await connection.read_message())))
        await connection.write_message('{"do": "cut", "what": "a-b"}')
        await connection.write_message("nonsense")
        heard.append(json.loads(str(await connection.read_message())))
        connection.close()
        while await connection.read_message() is not None:
            pass
        return heard

    first, second, third = asyncio.run(talk())
    assert first == {"mode": "starts", "networks": {"apn": {"cut": ["a-b"]}}}
    assert second == {"mode": "paused"}
    assert third == {"refused": "the page asked for what cannot be read; load it again"}
    order = board.order(5)
    assert order is not None and order.line == "cut a-b"


def test_nothing_listens_beyond_loopback(address: str) -> None:
    port = urlsplit(address).port
    listed = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=True).stdout
    own = [line.split()[3] for line in listed.splitlines() if line.split()[3].endswith(f":{port}")]
    assert own == [f"127.0.0.1:{port}"]


def test_nothing_listens_afterwards_and_a_taken_port_is_refused(board: Board) -> None:
    with served(board, PAGE) as address:
        port = urlsplit(address).port or 0
        with pytest.raises(InputError, match=f"port {port} cannot be had: "), served(board, PAGE, port=port):
            pass
    with socket.socket() as tried:
        assert tried.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("topology", known_topologies())
def test_the_page_is_small_and_names_are_text(topology: str) -> None:
    plant = read_plant(shipped_topology(topology))
    picture = picture_of(plant, Assignment(lightpaths=(), refusals=()))
    picture["sites"][0]["label"] = "<img src=x>'\"</script>"
    centres = [site["name"] for site in picture["sites"]]
    page = files(picture, networks=["apn", "packet"], title="<i>", centres=centres, is_shell=True)
    assert sum(len(content) for _, content in page.values()) < MOST_PAGE_BYTES
    text = page[""][1].decode()
    assert "<img" not in text and "<i>" not in text
    assert text.count("<script") == text.count("</script>") == 2
    assert re.search(r" style=| on[a-z]+=|javascript:", text) is None


def test_texts_of_ours_are_in_japanese() -> None:
    known = catalogue("ja")
    template = (FILES / "live.html.j2").read_text("utf-8")
    texts = {*re.findall(r'_\("([^"]+)"\)', template), *WORDS.values(), *STATES.values(), "APN", "packet network"}
    assert len(texts) > 50
    assert sorted(text for text in texts if text not in known.whole and text != "APN") == []
    with spoken("ja"):
        for event in (
            "cut a-b",
            "repaired a-b",
            "light x: lit, over a-b",
            "light x: planned",
            "light x asked for: a to b, 100 Gbit/s",
            "light x given back",
        ):
            assert re.search("[ぁ-んァ-ヶ一-龠]", heard(event)), event


def test_every_text_of_the_script_is_a_word_of_the_list() -> None:
    script = (FILES / "live.js").read_text("utf-8")
    used = set(re.findall(r"words\.(\w+)", script)) | {"starts", "paused", "runs", "busy", "ended", "gone"}
    used |= {"fibre", "site", "light"}
    assert used == set(WORDS)
    assert "innerHTML" not in script and "eval(" not in script


def test_the_files_are_no_more_than_is_served() -> None:
    assert sorted(file.name for file in Path(FILES).iterdir()) == ["live.css", "live.html.j2", "live.js"]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: int) -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    css = (FILES / "live.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    for ground in ("paper", "sheet"):
        for text in ("ink", "muted", "lit", "planned", "good", "bad"):
            low, high = sorted((luminance(colours[text]), luminance(colours[ground])))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, as WCAG has it.

    >>> luminance("#ffffff"), luminance("#000000")
    (1.0, 0.0)
    """
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return round(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2], 12)
