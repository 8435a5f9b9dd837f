# SPDX-License-Identifier: BSD-3-Clause
"""Mininet's Python: what files declare beside Mininet itself; nothing of them is executed."""

from __future__ import annotations

import inspect
from pathlib import Path

import mininet.topo
import mininet.topolib
import pytest

from apnemu.errors import InputError
from apnemu.importing import Wishes, read_foreign

HEAD = "from mininet.topo import Topo\nfrom mininet.util import irange\n"
SOURCES = {"topo": inspect.getsource(mininet.topo), "topolib": inspect.getsource(mininet.topolib)}


def classes_of(module: str, *names: str) -> str:
    """The text of some classes of Mininet's own."""
    return HEAD + "\n".join(inspect.getsource(getattr(getattr(mininet, module), name)) for name in names)


def read(tmp_path: Path, text: str, **wishes: float):  # type: ignore[no-untyped-def]
    file = tmp_path / "net.py"
    file.write_text(text)
    return read_foreign(file, Wishes(**({"length_km": 80.0} | wishes))).plant


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("topolib", "TreeTopo", "depth=3, fanout=2"),
        ("topolib", "TorusTopo", "3, 4"),
        ("topo", "LinearTopo", "k=5, n=2"),
        ("topo", "LinearTopo", "k=4"),
    ],
)
def test_mininets_own_topologies_are_read_as_mininet_builds_them(
    tmp_path: Path, module: str, name: str, words: str
) -> None:
    built = eval(f"kind({words})", {"kind": getattr(getattr(mininet, module), name)})
    plant = read(tmp_path, classes_of(module, name) + f"\ntopos = {{'t': lambda: {name}({words})}}\n")
    switches = set(built.switches())
    assert {site.name for site in plant.sites} == switches
    joined = sorted(tuple(sorted(ends)) for ends in built.links() if set(ends) <= switches)
    assert sorted(tuple(sorted((fibre.a, fibre.b))) for fibre in plant.fibres) == joined
    hosts = {switch: sum(switch in ends and not set(ends) <= switches for ends in built.links()) for switch in switches}
    assert {site.name: site.hosts for site in plant.sites} == hosts


def test_a_script_without_a_topo_is_read_by_its_function(tmp_path: Path) -> None:
    text = (
        "from mininet.net import Mininet\nfrom mininet.cli import CLI\n"
        "def net():\n    net = Mininet(controller=None)\n    s = {n: net.addSwitch(f's{n}') for n in (1, 2, 3)}\n"
        "    h1 = net.addHost('h1', ip='10.0.0.1')\n    h2 = net.addHost('h2')\n    net.addLink(h1, s[1])\n"
        "    net.addLink(h2, s[3])\n    net.addLink(s[1], s[2], delay='1ms', loss=2)\n"
        "    net.addLink(s[2], s[3], delay='500us')\n"
        "    net.start()\n    CLI(net)\n    net.stop()\nif __name__ == '__main__':\n    net()\n"
    )
    plant = read(tmp_path, text)
    assert [(site.name, site.kind, site.hosts) for site in plant.sites] == [
        ("s1", "edge", 1),
        ("s2", "exchange", 0),
        ("s3", "edge", 1),
    ]
    assert [(fibre.delay_ns, fibre.loss) for fibre in plant.fibres] == [(1_000_000, 0.02), (500_000, 0.0)]


def test_nothing_of_a_file_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    evil = (
        f"import os, pathlib\nopen({str(mark)!r}, 'w').write('x')\npathlib.Path({str(mark)!r}).touch()\n"
        f"os.system('touch {mark}')\nexec(\"open({str(mark)!r}, chr(119))\")\n"
        f"().__class__.__base__.__subclasses__()\n'{{0.__class__}}'.format(1)\n"
        "from mininet.topo import Topo\nclass T(Topo):\n    def build(self):\n"
        f"        __import__('os').mkdir({str(mark)!r})\n"
        "        self.addLink(self.addHost('a'), self.addHost('b'))\n"
    )
    assert len(read(tmp_path, evil).sites) == 2
    assert not mark.exists()


def test_what_would_take_for_ever_is_refused(tmp_path: Path) -> None:
    for line in ("[0] * 10**9", "range(10**12)", "'%s' % ('x' * 9999) * 9999", "[[0] * 9999 for _ in range(99999)]"):
        with pytest.raises(InputError, match=r"read, not executed|declares no link"):
            read(tmp_path, f"{HEAD}class T(Topo):\n    def build(self):\n        x = {line}\n")
