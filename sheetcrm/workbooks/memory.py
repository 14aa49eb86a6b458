"""A workbook that lives in memory: the plainest store, and the measure of the others.

It opens nothing. What another store reads back after a plan must say what
`applied` says here.
"""

from __future__ import annotations

from dataclasses import replace

from sheetcrm.tables import Plan, Receipt, Snapshot
from sheetcrm.workbooks.edits import applied, check_headers

__all__ = ["MemoryWorkbook", "applied"]


class MemoryWorkbook:
    """Tabs in memory. `snapshot` may be replaced at any time, as if people typed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._written = 0

    def read(self) -> Snapshot:
        """Every tab as it stands now."""
        return self.snapshot

    def apply(self, plan: Plan, base: Snapshot) -> Receipt:
        """Make `plan` true, whole or not at all; raises `Changed` where it no longer fits."""
        if plan.is_empty:
            return Receipt(False, plan)
        check_headers(self.snapshot, base, plan)
        after = applied(self.snapshot, plan)
        self._written += 1
        self.snapshot = replace(after, token=f"memory-{self._written}")
        return Receipt(True, plan)
