# SPDX-License-Identifier: BSD-3-Clause
"""What a test asserts of a network: delay, loss, reachability, flow tables.

What does not hold raises AssertionError: where, what was expected, what was measured, when, and the run directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from apnemu.shell.answers import Flow, FlowEntry, Ping
from apnemu.shell.predicted import round_trip_ns
from apnemu.units import NS_PER_S, ns_to_ms

if TYPE_CHECKING:
    from apnemu.shell.opened import Opened

MOST_ENTRIES = 40
"""Most entries of a flow table that a message has."""


class Asserted:
    """Assertions of a lab."""

    _opened: Opened
    ping: Any
    flow: Any
    flows: Any
    light: Any

    def predicted_ms(self, source: str, target: str, *, frame_bytes: int = 98) -> float:
        """Round trip of a lone packet, in ms, in closed form: from lengths, declared delays and line rates.

        Over the packet network it is that of apnemu's own routes, the shortest; on the APN that of the light that
        joins both sites now. Raises InputError where there is no light.
        """
        light = self.light() if self._opened.network == "apn" else []
        return ns_to_ms(round_trip_ns(self._opened.plant, self._opened.network, (source, target), light, frame_bytes))

    def assert_delay(
        self,
        source: str,
        target: str,
        about_ms: float | None = None,
        *,
        within_us: float = 1.0,
        probes: Ping | None = None,
        warm_up: int = 2,
        **how: Any,
    ) -> Ping:
        """Assert that every round trip is `about_ms`, or the closed form, within a tolerance; and that all come back.

        `probes` are judged if given; else some are sent, as `ping` does with `how`, after `warm_up` others, which
        switches look up for the first time (0.9 us on the APN, 41 us on the packet network of three-sites).
        """
        __tracebackhide__ = True
        expected_ms = self.predicted_ms(source, target, **_frame(how)) if about_ms is None else about_ms
        if probes is None and warm_up:
            self.ping(source, target, count=warm_up)
        found = self.ping(source, target, **how) if probes is None else probes
        form = " by the closed form" if about_ms is None else ""
        expected = f"a round trip of {expected_ms:.6g} ms{form}, within {within_us:g} us, of every request"
        worst = max(found.delays_s, key=lambda delay_s: abs(delay_s * 1e3 - expected_ms), default=None)
        if found.lost or worst is None:
            self._fail(f"{source} to {target}", expected, str(found))
        if (off_us := abs(worst * 1e3 - expected_ms) * 1e3) > within_us:
            self._fail(f"{source} to {target}", expected, f"{worst * 1e3:.6f} ms, {off_us:.3f} us off; {found}")
        return found

    def assert_loss(
        self,
        source: str,
        target: str,
        *,
        at_most: float = 0.0,
        at_least: float = 0.0,
        probes: Ping | Flow | None = None,
        **how: Any,
    ) -> Ping | Flow:
        """Assert that the share of lost requests, or of a flow's datagrams, is within limits."""
        __tracebackhide__ = True
        found = self.ping(source, target, **how) if probes is None else probes
        share = found.lost / found.sent if found.sent else 0.0
        if not at_least <= share <= at_most:
            least = f"at least {at_least:.4g} and " if at_least else ""
            self._fail(f"{source} to {target}", f"a loss of {least}at most {at_most:.4g}", f"{share:.4g}: {found}")
        return found

    def assert_reachable(self, source: str, target: str, **how: Any) -> Ping:
        """Assert that every echo request is answered."""
        __tracebackhide__ = True
        found: Ping = self.ping(source, target, **how)
        if found.lost:
            self._fail(f"{source} to {target}", "every echo request answered", str(found))
        return found

    def assert_unreachable(self, source: str, target: str, **how: Any) -> Ping:
        """Assert that no echo request is answered."""
        __tracebackhide__ = True
        found: Ping = self.ping(source, target, **how)
        if found.lost < found.sent:
            self._fail(f"{source} to {target}", "no echo request answered", str(found))
        return found

    def assert_goodput(
        self,
        source: str,
        target: str,
        about_gbps: float | None = None,
        *,
        within: float = 0.05,
        at_least_gbps: float | None = None,
        carried: Flow | None = None,
        **how: Any,
    ) -> Flow:
        """Assert what a flow carries: about a goodput, within a share of it, or at least one."""
        __tracebackhide__ = True
        found: Flow = self.flow(source, target, **how) if carried is None else carried
        if about_gbps is not None and abs(found.goodput_gbps - about_gbps) > within * about_gbps:
            self._fail(f"{source} to {target}", f"{about_gbps:g} Gbit/s within {within:.1%}", str(found))
        if at_least_gbps is not None and found.goodput_gbps < at_least_gbps:
            self._fail(f"{source} to {target}", f"at least {at_least_gbps:g} Gbit/s", str(found))
        return found

    def assert_flow(
        self, switch: str, *, actions: str = "", priority: int | None = None, packets: int = 0, **match: Any
    ) -> FlowEntry:
        """Assert that a switch has an entry with these fields of a match, whose actions contain a text, and that has
        seen so many packets."""
        __tracebackhide__ = True
        table: Sequence[FlowEntry] = self.flows(switch)
        for entry in table:
            fits = all(entry.match.get(name) == ("" if value is True else str(value)) for name, value in match.items())
            fits = fits and actions in entry.actions and entry.packets >= packets
            if fits and (priority is None or entry.priority == priority):
                return entry
        wanted = ",".join(name if value is True else f"{name}={value}" for name, value in match.items()) or "anything"
        expected = f"an entry: {wanted} -> {actions or 'anything'}"
        expected += f", priority {priority}" if priority is not None else ""
        expected += f", at least {packets} packets" if packets else ""
        seen = "".join(f"\n    {entry}" for entry in table[:MOST_ENTRIES]) or " an empty table"
        self._fail(f"switch of {switch}", expected, f"{len(table)} entries:{seen}")

    def _fail(self, where: str, expected: str, measured: str) -> NoReturn:
        __tracebackhide__ = True
        at_s = self._opened.caller.clock_ns / NS_PER_S
        raise AssertionError(
            f"{where}\n  expected: {expected}\n  measured: {measured}\n  at: {at_s:.6f} s, {self._opened.network}"
            f" network\n  run directory: {self._opened.folder}"
        )


def _frame(how: dict[str, Any]) -> dict[str, Any]:
    return {"frame_bytes": how["frame_bytes"]} if "frame_bytes" in how else {}
