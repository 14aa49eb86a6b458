"""The progress bar shows itself to a person who waits, and to nobody else."""

from __future__ import annotations

import io
import os
import time

import pytest

from sheetcrm.progress import progress


@pytest.fixture
def terminal() -> tuple[int, io.TextIOWrapper]:
    """A terminal: what reads from it, and what is written to."""
    pty = pytest.importorskip("pty", reason="no terminals to be had on this system")
    screen, keyboard = pty.openpty()
    return screen, os.fdopen(keyboard, "w", encoding="utf-8")


def shown(screen: int, stream: io.TextIOWrapper) -> str:
    stream.flush()
    os.set_blocking(screen, False)
    try:
        return os.read(screen, 65536).decode()
    except BlockingIOError:
        return ""


def test_nobody_looks() -> None:
    with progress("en", io.StringIO()) as tell:
        assert tell is None


def test_it_is_over_before_anybody_waits(terminal: tuple[int, io.TextIOWrapper]) -> None:
    with progress("en", terminal[1]) as tell:
        assert tell
        tell("read", 1, 2)
    assert shown(*terminal) == ""


@pytest.mark.parametrize(("language", "word"), [("en", "Writing"), ("ro", "Se scrie")])
def test_it_takes_long(
    monkeypatch: pytest.MonkeyPatch, terminal: tuple[int, io.TextIOWrapper], language: str, word: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with progress(language, terminal[1], after_seconds=0.01) as tell:
        assert tell
        tell("read", 0, 0)
        time.sleep(0.4)
        tell("write", 1, 2)
        time.sleep(0.3)
    assert word in shown(*terminal)
