"""Whatever happens on the way to Google, all is written once. `benchmarks/google_faults.py` tries much more."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from benchmarks.google_faults import KINDS, Trial, after, blind, killed, tried, two_at_once
from benchmarks.google_rig import Arrival, Rig, Scene, is_left, scenes
from sheetcrm.workbooks.google.aside import PROBE_TITLE

FIRST, SECOND, HEALED = "first night", "second night", "the list is sorted"
READ, READ_AGAIN, WRITE = 1, 2, 3


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig() as rig:
        yield rig


@pytest.fixture(scope="module")
def known(rig: Rig) -> dict[str, Scene]:
    return scenes(rig, only=(FIRST, SECOND, HEALED))


def late(kind: str) -> float:
    return 1.05 if kind.startswith("slow") else 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_that_fails_once_is_written_once(rig: Rig, known: dict[str, Scene], kind: str) -> None:
    assert tried(rig, known[SECOND], Trial(SECOND, kind, WRITE, late=late(kind))) == (0, [])


@pytest.mark.parametrize("call", [READ, READ_AGAIN, WRITE])
@pytest.mark.parametrize("kind", ["429", "502", "reset-after"])
def test_three_failures_in_a_row_are_waited_for(rig: Rig, known: dict[str, Scene], kind: str, call: int) -> None:
    assert tried(rig, known[SECOND], Trial(SECOND, kind, call, times=3)) == (0, [])


@pytest.mark.parametrize(
    ("kind", "method", "exit_code"),
    [
        pytest.param("503", "", 69, id="nothing is answered"),
        pytest.param("503-after", "write", 0, id="writes land and nobody says so"),
        pytest.param("429", "write", 69, id="the quota is gone"),
        pytest.param("401", "read", 77, id="the key is refused"),
        pytest.param("500", "token", 69, id="nobody can sign in"),
    ],
)
def test_failures_that_never_end_are_said_in_a_sentence(
    rig: Rig, known: dict[str, Scene], kind: str, method: str, exit_code: int
) -> None:
    assert tried(rig, known[SECOND], Trial(SECOND, kind, 1, method, None)) == (exit_code, [])


@pytest.mark.parametrize("kind", ["500", "reset-after"])
def test_each_write_of_the_first_night_may_fail(rig: Rig, known: dict[str, Scene], kind: str) -> None:
    scene = known[FIRST]
    for call, reads in enumerate(scene.reads, 1):
        if not reads:
            assert tried(rig, scene, Trial(FIRST, kind, call)) == (0, []), f"call {call}"


def test_each_call_of_a_night_that_heals_may_fail(rig: Rig, known: dict[str, Scene]) -> None:
    scene = known[HEALED]
    for call in range(WRITE, len(scene.reads) + 1):
        assert tried(rig, scene, Trial(HEALED, "503-after", call)) == (0, []), f"call {call}"


def test_what_a_late_probe_leaves_is_taken_away_by_the_next_write(rig: Rig, known: dict[str, Scene]) -> None:
    scene = known[SECOND]
    rig.put(scene)
    probe = {"title": f"{PROBE_TITLE}7", "hidden": True}
    rig.as_owner("batchUpdate", {}, {"requests": [{"addSheet": {"properties": probe}}]})
    assert list(after(rig, scene)) == []
    assert not any(is_left(sheet) for sheet in rig.spreadsheet().sheets)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_sync_is_carried_on_by_the_next(rig: Rig, known: dict[str, Scene], seed: int) -> None:
    assert killed(rig, known[SECOND], random.Random(seed))[1] == []


@pytest.mark.parametrize("meet", ["read", "write"])
def test_of_two_at_once_one_wins(rig: Rig, known: dict[str, Scene], meet: str) -> None:
    refused = "1 writes landed, 1 refused, exit codes 0 and 0"
    seen = "1 writes landed, 0 refused, exit codes 0 and 0"  # the slower one read again after the other had written
    came, wrong = two_at_once(rig, known[SECOND], meet)
    assert wrong == []
    assert came in ({refused} if meet == "write" else {refused, seen})


def test_a_write_repeated_blindly_would_be_noticed() -> None:
    lost, landed, look = Arrival(True, "a", 503), Arrival(True, "a", 200), Arrival(False, "", 200)
    assert list(blind([lost, look, landed])) == []
    assert list(blind([Arrival(True, "a", 429), landed])) == []
    assert len(list(blind([lost, landed]))) == 1
    assert len(list(blind([lost, Arrival(False, "", 200, lost=True), landed]))) == 1
