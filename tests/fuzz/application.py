# SPDX-License-Identifier: BSD-3-Clause
"""Ryu applications with broken syntax, or imports of what is not there, in their own file or in one beside it."""

from __future__ import annotations

import random
from pathlib import Path

from apnemu.running import options
from tests.fuzz.mutations import mutated_text
from tests.fuzz.trial import Case, warmed

FILE = "mine.py"
SOUND = '''# A switch that learns.
from __future__ import annotations

import collections
import beside
from further import part
from ryu.base import app_manager
from ryu.controller import ofp_event
from ryu.controller.handler import MAIN_DISPATCHER, set_ev_cls
from ryu.lib import hub
from ryu.lib.packet import ethernet, packet
from ryu.ofproto import ofproto_v1_3

app_manager.require_app("ryu.app.ofctl.service")


class Switch(app_manager.RyuApp):
    """It keeps where each address was seen: {'00:00:00:00:00:01': 1}."""

    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.seen = collections.defaultdict(dict)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def came(self, event: object) -> None:
        try:
            import numpy
        except ImportError:
            numpy = None
        frame = packet.Packet(event.msg.data).get_protocol(ethernet.ethernet)
        self.logger.info(f"{frame.src!r:>20} at {event.msg.match['in_port']}")
        hub.spawn(lambda: [*range(10)])
'''
BESIDE = {"beside.py": "LATER = 1\nfrom ryu.lib import mac\n", "further/part.py": "import json\n"}
IMPORTS = (
    "import surely_not_there", "import a.b.c.d", "from . import x", "from .. import x",
    "from .beside import LATER", "import ryu", "import ryu.app.simple_switch_13",
    "from ryu.app import simple_switch", "import ryu.no.such.part", "import os_ken.base.app_manager",
    "from os_ken.lib import no_such", "from beside import *", "import mine", "import __main__",
    f"import {'x' * 300}", f"import {'x' * 5000}", f"import {'.'.join('x' * 200)}", "import é", "import 東京",
    "import os.path.no", "import ryu.app." + "y" * 400, "from further import *",
    "import further.part.deeper", "import encodings.idna", "import antigravity",
    "if True:\n    import not_there_1\nelse:\n    import not_there_2", "with open('x'):\n    import no_3",
    "class A:\n    import not_there_4", "try:\n    import not_there_5\nexcept ImportError:\n    pass",
    "import sys.path", "app_manager.require_app('ryu.app.rest_topology')", "app_manager.require_app('')",
    "app_manager.require_app('..')", "app_manager.require_app('a b\\n')", "app_manager.require_app(1)",
    "app_manager.require_app('\\ud800')", "app_manager.require_app('\\0')",
    "app_manager.require_app('x' * 9)", "app_manager.require_app('" + "z" * 5000 + "')",
)  # fmt: skip
ODD = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbfimport ryu\n", b"# coding: no-such\n",
    b"# coding: utf-16\nimport ryu\n", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", b"(" * 300,
    b"(" * 100_000, b"x = " + b"-" * 100_000 + b"1\n", b"x = " + b"+".join([b"1"] * 50_000),
    b"x = " + b"[" * 150 + b"]" * 150, b"x" + b".y" * 50_000, b"9" * 100_000,
    b"if 1:\n" + b"".join(b" " * depth + b"if 1:\n" for depth in range(1, 120)), b"'\\d'\n",
    b"0xfor x in y\n", b"print 'x'\n", b"async def f(): await = 1\n", b"\x0c\n", b"\t\n  x\n",
    b"x = '''\n" * 9, b"f'{' + '}'\n", b"\\\n" * 1000, b"\x1b[2J", b"lambda: (yield)\n",
    b"def f(" + b"a, " * 5000 + b"): pass\n", b"import ryu\r\rimport os\r", b"\xc3\x28",
)  # fmt: skip


def case(seed: int, number: int, folder: Path) -> Case:
    """An application, or a file beside it, with something wrong in it."""
    draw = random.Random(f"application {seed} {number}")
    (folder / "further").mkdir()
    for name, content in {FILE: SOUND, **BESIDE}.items():
        (folder / name).write_text(content)
    file = folder / draw.choice((FILE, FILE, FILE, "beside.py"))
    how, content = _broken(file.read_text(), draw)
    file.write_bytes(content)
    return Case(kind=how, steps=(checked,), names=(f"{FILE}:", "beside.py:"))


def checked() -> None:
    """Check the file as `apnemu run --controller` does before a lab boots."""
    print(options.application(FILE, "os-ken"))


def _broken(text: str, draw: random.Random) -> tuple[str, bytes]:
    lines = text.splitlines(keepends=True)
    at = draw.randrange(len(lines))
    match draw.randrange(8):
        case 0 | 1 | 2:
            return "imports", "".join([*lines[:at], draw.choice(IMPORTS) + "\n", *lines[at:]]).encode()
        case 3:
            here = next((index for index, line in enumerate(lines) if line.startswith(("import", "from"))), 0)
            return "imports", "".join([*lines[: here + 1], draw.choice(IMPORTS) + "\n", *lines[here + 1 :]]).encode()
        case 4 | 5:
            return "text", mutated_text(text, draw).encode("utf-8", "surrogatepass")
        case 6:
            return "odd", draw.choice(ODD)
        case _:
            data, at = text.encode(), draw.randrange(len(text))
            noise = draw.randbytes(draw.choice((1, 5))) + draw.choice((b"", *ODD))[:200]
            return "bytes", data[:at] + noise + data[at + 1 :]


warmed()
