# SPDX-License-Identifier: BSD-3-Clause
"""Applications that are not ours: what is refused before the lab boots, and what both frameworks make of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apnemu.controllers import checking, frameworks
from apnemu.errors import InputError
from apnemu.running import options
from tests.controllers.test_runtime import RUNTIMES

HEAD = "from ryu.base import app_manager\n"
BODY = "class Mine(app_manager.RyuApp):\n    pass\n"
FINE = {
    "frameworks' own": "import ryu.lib.hub\nfrom os_ken.topology.api import get_link\nfrom ryu.lib import packet\n",
    "a name of a module": "from ryu.lib.dpid import dpid_to_str\nfrom ryu.exception import RyuException\n",
    "a file beside": "import beside\nfrom beside import LATER\n",
    "a folder beside": "import further.part\n",
    "may fail": "try:\n    import surely_not_there\nexcept ImportError:\n    pass\n",
    "perhaps never": "def later():\n    import surely_not_there\n",
    "elsewhere": "import sys\nsys.path.append('/opt/mine')\nimport surely_not_there\n",
}
REFUSED = {
    "Ryu's applications": (
        "from ryu.app import simple_switch_13\n",
        "it imports ryu.app.simple_switch_13, which OS-Ken",
    ),
    "Ryu's web pages": ("from ryu.app.wsgi import route\n", "it imports ryu.app.wsgi, which OS-Ken"),
    "by OS-Ken's name": ("import os_ken.app.wsgi\n", "it imports os_ken.app.wsgi, which OS-Ken"),
    "a required application": (
        "app_manager.require_app('ryu.app.ofctl_rest')\n",
        "it imports ryu.app.ofctl_rest, which",
    ),
    "a package": (
        "import surely_not_there.part\n",
        "it imports surely_not_there.part, which the Python of apnemu has not",
    ),
    "Python 2": ("print 'hello'\n", "it is not Python 3"),
}


@pytest.fixture
def no_ryu(monkeypatch: pytest.MonkeyPatch) -> None:
    there = frameworks.installed_in
    monkeypatch.setattr(checking, "installed_in", lambda runtime: there(runtime) if runtime == "os-ken" else None)


def application(folder: Path, words: str, name: str = "mine.py", body: str = BODY) -> Path:
    (folder / "beside.py").write_text("LATER = 1\n")
    (folder / "further").mkdir(exist_ok=True)
    (folder / "further" / "part.py").write_text("")
    file = folder / name
    file.write_text(HEAD + words + body)
    return file


@pytest.mark.usefixtures("no_ryu")
@pytest.mark.parametrize("words", FINE.values(), ids=FINE)
def test_what_is_there_may_be_imported(tmp_path: Path, words: str) -> None:
    checking.check_imports(application(tmp_path, words), "os-ken")


@pytest.mark.usefixtures("no_ryu")
@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_there_is_refused_with_its_line_and_the_way_out(tmp_path: Path, words: str, said: str) -> None:
    file = application(tmp_path, words)
    with pytest.raises(InputError) as refused:
        checking.check_imports(file, "os-ken")
    assert str(refused.value).startswith(f"{file}:2: {said}")
    assert ("apnemu setup ryu" in str(refused.value)) == ("OS-Ken" in said or "ofctl_rest" in said)


@pytest.mark.usefixtures("no_ryu")
def test_a_file_beside_is_read_too(tmp_path: Path) -> None:
    file = application(tmp_path, "import beside\n")
    (tmp_path / "beside.py").write_text("\n\nimport ryu.app.wsgi\n")
    with pytest.raises(InputError, match=r"beside\.py:3: it imports ryu\.app\.wsgi"):
        checking.check_imports(file, "os-ken")


def run(runtime: str, file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-m", "apnemu.controllers.runtime", "--runtime", runtime),
            *("--file", str(file), "--", "--ofp-listen-host", "127.0.0.1", *words),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


ASKS = """
import os
from beside import LATER
from {name}.controller import ofp_event
from {name}.controller.handler import MAIN_DISPATCHER, set_ev_cls
from {name}.lib import hub
from {name}.topology import switches
import helper

class More(app_manager.RyuApp):
    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def came(self, ev):
        pass

    def start(self):
        super().start()
        hub.spawn(self.look)

    def look(self):
        late = hub.Timeout(0.2)
        try:
            hub.Event().wait()
        except hub.Timeout as fired:
            print("fired", fired is late, flush=True)
        found = app_manager.lookup_service_brick("switches")
        print("started", isinstance(found, switches.Switches), found.link_discovery, flush=True)
        print(len(helper.get_switch(self)), flush=True)
        os._exit(0)
"""


@pytest.mark.slow
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", ["ryu", "os_ken"])
def test_by_either_name_on_either_framework(tmp_path: Path, runtime: str, name: str) -> None:
    """Timeouts fire outside a `with`, an application that a module beside it requires is started, options arrive."""
    (tmp_path / "helper.py").write_text("from ryu.topology.api import get_switch\n")
    file = application(tmp_path, ASKS.format(name=name), name="json.py", body="")
    if name == "os_ken":
        file.write_text(file.read_text().replace("RyuApp", "OSKenApp").replace("from ryu", "from os_ken"))
    done = run(runtime, file, "--observe-links")
    assert done.stdout.split("\n")[:3] == ["fired True", "started True True", "0"], done.stderr


@pytest.mark.slow
def test_a_file_without_an_application_says_so(tmp_path: Path) -> None:
    file = tmp_path / "empty.py"
    file.write_text("import ryu\n")
    done = run("os-ken", file)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        f"{file} has no application; give a file with a class derived from RyuApp",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--nonsense",), "--: unrecognized arguments: --nonsense; it must be an option of ryu-manager"),
        (("--ofp-tcp-listen-port", "6633"), "--: --ofp-tcp-listen-port is 6633; it must be 6653"),
    ],
)
def test_options_are_refused_before_the_lab_boots(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError) as refused:
        options.application(application(tmp_path, ""), "os-ken", words)
    assert str(refused.value).startswith(said)


def test_settle() -> None:
    file = Path("mine.py")
    assert (options.settle_of(None, None), options.settle_of("40", file), options.settle_of("ready", file)) == (
        2,
        40,
        None,
    )
    for wrong, controller in (("soon", file), ("-1", file), ("nan", file), ("3601", file), ("40", None)):
        with pytest.raises(InputError, match=r"^--settle: settle is "):
            options.settle_of(wrong, controller)
    for word, way_out in (("--observe-links", "give one with --controller"), ("load=full", "write --set load=full")):
        with pytest.raises(InputError, match=f"'{word}' is for an application of one's own; {way_out}"):
            options.application(None, "os-ken", [word])
