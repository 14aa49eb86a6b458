"""The demo: an invented team works in a workbook, and sync comes by each night.

Everything in it is real: the workbook is the one that `init` makes, people's
edits are written into the file, and the same sync runs as on every other night.
The clock is handed in, so the same evening tells the same story.
"""

from __future__ import annotations

from sheetcrm.demo.theatre import play

__all__ = ["play"]
