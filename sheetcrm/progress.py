"""A progress bar, for a person who waits.

It shows itself only where somebody looks, and only once it has taken longer than
a second. It knows how a step is called, not what is done in it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING, TextIO, TypeAlias

from sheetcrm import messages

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

__all__ = ["Progress", "progress"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the step ("read", "plan", "write", "verify"), how much is done, and of how much (0: unknown)."""


@contextmanager
def progress(language: str, stream: TextIO | None = None, after_seconds: float = 1.0) -> Iterator[Progress | None]:
    """What to tell of each step; `None` where nobody looks."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield None
        return
    bar = _Bar(language, stream)
    timer = Timer(after_seconds, bar.show)
    timer.daemon = True
    timer.start()
    try:
        yield bar.tell
    finally:
        timer.cancel()
        bar.close()


class _Bar:
    def __init__(self, language: str, stream: TextIO) -> None:
        self._language = language
        self._stream = stream
        self._lock = Lock()
        self._step, self._done, self._total = "read", 0, 0
        self._closed = False
        self._shown: RichProgress | None = None

    def tell(self, step: str, done: int, total: int) -> None:
        """Note how far it is, and draw it if it is time."""
        with self._lock:
            self._step, self._done, self._total = step, done, total
            self._draw()

    def show(self) -> None:
        """It has taken long enough."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._closed:
                return
            self._shown = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                console=Console(file=self._stream),
                transient=True,
            )
            self._shown.add_task("", total=None)
            self._draw()
            self._shown.start()

    def close(self) -> None:
        """Leave the line as it was."""
        with self._lock:
            self._closed = True
            if self._shown:
                self._shown.stop()

    def _draw(self) -> None:
        if self._shown:
            label = messages.text("cli", f"step-{self._step}", self._language)
            (task,) = self._shown.task_ids
            self._shown.update(task, description=label, completed=self._done, total=self._total or None)
