"""Whose turn it is: new records without an owner go round the active owners of Lists.

Knows the turns that were given, from History. Which records are given away is
decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sheetcrm.model import Event
from sheetcrm.pipeline import Owner

__all__ = ["TURN", "Turns"]

TURN = "turn"
"""The event of a record that was given to an owner, whose code is its `after`."""


class Turns:
    """The active owners, the one whose last turn is longest ago first; who had none yet, before all, as in Lists."""

    def __init__(self, owners: Sequence[Owner], events: Iterable[Event]) -> None:
        last = {event.after: event.number for event in events if event.event == TURN}
        self._waiting = sorted((o for o in owners if o.active), key=lambda owner: last.get(owner.code, 0))

    @property
    def next(self) -> Owner | None:
        """Whose turn it is; `None` where Lists has no active owner."""
        return self._waiting[0] if self._waiting else None

    def taken(self) -> None:
        """That turn is over."""
        self._waiting.append(self._waiting.pop(0))
