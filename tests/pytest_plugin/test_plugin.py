# SPDX-License-Identifier: BSD-3-Clause
"""The fixture `lab` in a user's tests: what passes leaves nothing, what fails says all; xdist, -k, parameters."""

from __future__ import annotations

import json
import re

import pytest

from apnemu.caches import user_cache

pytest_plugins = ["pytester"]
pytestmark = [pytest.mark.guest, pytest.mark.slow]


@pytest.fixture
def here(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's folder, and the cache of this user, whose home pytester hides."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(user_cache().parent))
    return pytester


def ran(here: pytest.Pytester, *words: str) -> pytest.RunResult:
    return here.runpytest_subprocess("-p", "no:cacheprovider", "--basetemp", str(here.path / "temp"), *words)


def test_what_fails_says_where_what_and_how(here: pytest.Pytester) -> None:
    here.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.apnemu(topology="three-sites", network="packet")

        def test_too_far(lab):
            lab.assert_delay("tokyo", "osaka", about_ms=5, within_us=10)
        """
    )
    result = ran(here, "--apnemu-runs", "kept", "-o", "junit_logging=all")
    result.assert_outcomes(failed=1)
    out = result.stdout.str()
    folder = here.path / "kept" / "test_too_far-1"
    assert "AssertionError: tokyo to osaka" in out
    assert "expected: a round trip of 5 ms, within 10 us, of every request" in out
    assert re.search(r"measured: 6\.07\d+ ms, 107\d\.\d+ us off; 3 sent, 0 lost", out)
    assert f"run directory: {folder}" in out
    assert "shell/asserted.py" not in out, "the message, and not our code, is shown"
    kept = {path.name for path in folder.iterdir()}
    assert kept == {"calls.jsonl", "capture.pcapng", "console.log", "said.log", "topology.yaml"}
    assert b"fibre tokyo-nagoya" in (folder / "capture.pcapng").read_bytes()
    calls = [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]
    assert [call["call"] for call in calls] == ["ping", "ping"]


@pytest.mark.long
def test_each_worker_has_a_lab_of_its_own(here: pytest.Pytester) -> None:
    here.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("lab", [{"network": "packet"}, {"network": "apn"}], indirect=True)
        @pytest.mark.apnemu(topology="three-sites", pcap=False)
        def test_reach(lab):
            if lab.network == "apn":
                lab.request("tokyo", "osaka")
            lab.assert_reachable("tokyo", "osaka")

        @pytest.mark.apnemu(topology="three-sites")
        def test_other(lab):
            raise AssertionError
        """
    )
    ran(here, "-n", "2", "-k", "reach", "-q").assert_outcomes(passed=2)
    shown = ran(here, "--setup-show", "-k", "reach and lab0").stdout.str()
    assert re.search(r"SETUP +F lab \(.*\)\[\{'network': 'packet'\}\]", shown)
    assert "TEARDOWN F lab" in shown


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("", "which network? give @pytest.mark.apnemu(topology=...)"),
        ('topology="nowhere"', "no lab: TOPOLOGY: there is no topology 'nowhere'"),
        ('topology="three-sites", colour="red"', "unexpected keyword argument 'colour'"),
        ('"three-sites"', "takes keywords, such as topology=..."),
        (
            'topology="three-sites", controller="x.py"',
            "no lab: --controller: there is no file x.py; give a Ryu application",
        ),
    ],
)
def test_what_cannot_be_is_one_line(here: pytest.Pytester, mark: str, said: str) -> None:
    here.makepyfile(f"import pytest\n\n@pytest.mark.apnemu({mark})\ndef test_it(lab):\n    pass\n")
    result = ran(here, "-q", "--strict-markers")
    result.assert_outcomes(errors=1)
    lines = [line for line in result.stdout.lines if said in line and not line.startswith("ERROR")]
    assert len(lines) == 1, result.stdout.str()


def test_without_a_kernel_a_line_says_what_to_do(here: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APNEMU_KERNEL", "/nowhere/linux")
    here.makepyfile("import pytest\n\n@pytest.mark.apnemu(topology='three-sites')\ndef test_it(lab):\n    pass\n")
    result = ran(here, "-q")
    result.assert_outcomes(errors=1)
    assert (
        "APNEMU_KERNEL is /nowhere/linux, which cannot be executed; give a kernel, or unset it" in result.stdout.str()
    )


def test_who_does_not_use_it_pays_nothing(here: pytest.Pytester) -> None:
    """Neither rooms of apnemu nor what they need are imported by a test without a lab."""
    here.makepyfile(
        """
        import sys

        def test_it(request):
            assert request.config.pluginmanager.has_plugin("apnemu")
            ours = sorted(name for name in sys.modules if name.startswith("apnemu"))
            assert ours == ["apnemu", "apnemu.pytest_plugin"], ours
            assert "numpy" not in sys.modules
        """
    )
    ran(here, "-q").assert_outcomes(passed=1)
