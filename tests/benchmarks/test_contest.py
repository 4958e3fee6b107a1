"""Contests: whoever is absent, stuck or broken is a row with a reason."""

import numpy as np
import pytest

from benchmarks.contest import Entrant, Failed, by_least, contend, entrants, quickest, ratios
from benchmarks.peak import gigaflops, probe_text


def entrant(name, times, reason=""):
    one = Entrant(name, "a setting", "OIH-15", (), reason=reason, rtol=1e-6, error=1e-7)
    one.turns = [{"wall": t, "cpu": 0.9 * t, "solved": 8, "calls": 1} for t in times]
    return one


@pytest.mark.slow
def test_a_tool_that_is_not_installed_is_a_row_with_its_reason():
    (only,) = entrants("nothing_of_this_name", "OIH-15")
    assert "No module named" in only.reason
    contend([only], 1)
    assert "ms_per_subject" not in only.row()


@pytest.mark.slow
def test_a_tool_that_is_named_with_a_setting_and_not_installed_is_out_at_once():
    one = Entrant("nothing_of_this_name", "a setting", "OIH-15", ())
    one.qualify(1e-6, limit=100.0)
    assert one.reason.startswith("ModuleNotFoundError")


@pytest.mark.slow
def test_an_unknown_setting_is_a_reason_and_not_a_crash():
    one = Entrant("scipy", "no such method", "OIH-15", ())
    try:
        with pytest.raises(Failed, match="`method` must be one of"):
            one.ask(100.0, do="accuracy", rtol=1e-4)
    finally:
        one.close()


def test_whoever_takes_too_long_is_out():
    one = Entrant("scipy", "odeint", "OIH-15", ())
    one.qualify(1e-6, limit=0.01)
    assert "no answer within" in one.reason
    assert one._process is None


def test_a_process_that_ends_is_a_reason():
    one = Entrant("scipy", "odeint", "OIH-15", ())
    one.start()
    one._process.kill()
    one._process.wait()
    one.turn(1, 0.1, 10.0)
    assert one.reason.startswith("the process ended with -9")


@pytest.mark.parametrize(
    ("factor", "rtol"), [(0.6, 10**-5.5), (0.3, 10**-5.25), (0.19, 1e-5)]
)  # fmt: skip
def test_the_tolerance_is_the_loosest_that_will_do_to_a_quarter_of_a_decade(
    monkeypatch, factor, rtol
):
    one = entrant("a", [])
    monkeypatch.setattr(one, "ask", lambda _, rtol, **_more: {"error": factor * rtol})
    one.qualify(2e-6, limit=100.0)
    assert one.rtol == pytest.approx(rtol)
    assert one.error == pytest.approx(factor * rtol)


def test_a_tool_that_gives_up_at_a_loose_tolerance_is_asked_for_a_tighter_one(monkeypatch):
    def ask(_, rtol, **more):
        if rtol > 1.1e-5:
            raise Failed("too loose")
        return {"error": rtol}

    class Process:
        def poll(self):
            return None  # it runs

    one = entrant("a", [])
    one._process = Process()
    monkeypatch.setattr(one, "ask", ask)
    one.qualify(1.01e-5, limit=100.0)
    assert one.rtol == pytest.approx(1e-5)


def test_the_quickest_is_by_the_least_time_of_those_that_take_part():
    fast, slow, out = entrant("a", [1, 9, 9]), entrant("b", [2, 2, 2]), entrant("c", [0.1], "late")
    assert quickest([slow, fast, out]) is fast
    assert quickest([out]) is None


def test_ratios_are_taken_within_a_turn():
    found = ratios(entrant("a", [1.0, 2.0]), entrant("b", [3.0, 8.0]))
    assert found == {"median": 3.5, "least": 3.0, "greatest": 4.0}


def test_the_least_times_are_compared_whatever_their_turns():
    assert by_least(entrant("a", [2.0, 1.0]), entrant("b", [3.0, 8.0])) == pytest.approx(3.0)


def test_the_probe_does_as_many_multiply_adds_as_it_counts():
    assert probe_text(8).count("call <8 x double> @llvm.fma") == 12
    # any processor of the last twenty years, and none of the next few
    assert 1.0 < gigaflops(256, 2) < 1000.0
    assert np.isfinite(gigaflops(512, 1))
