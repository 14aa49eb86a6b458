"""Plans, receipts and problems that can be looked at; and cells that are to be put right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetcrm import display
from sheetcrm.display import cards
from sheetcrm.fixes import Fix
from sheetcrm.frames import Kinds, frame_of
from sheetcrm.problems import SEVERITIES, Problem
from sheetcrm.tables import MoveRow, Plan, Receipt, Snapshot

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FixView", "PlanView", "Problems", "ReceiptView"]


@dataclass(frozen=True, slots=True)
class PlanView(Plan):
    """A plan that can be looked at as a table.

    >>> crm.plan().is_empty
    True
    """

    snapshot: Snapshot = field(default_factory=lambda: Snapshot(()))

    def to_frame(self) -> pd.DataFrame:
        """One row a cell, or a change without cells: tab, id, what ("set", "move" …), column, before, after.

        >>> list(crm.plan().to_frame())
        ['tab', 'id', 'what', 'column', 'before', 'after']
        """
        rows = []
        for change in display.plan_json(self, self.snapshot)["changes"]:
            same = {"tab": change["tab"], "id": change.get("id"), "what": change["change"]}
            rows += [same | cell for cell in change.get("cells") or [{}]]
        kinds: Kinds = {**dict.fromkeys(("tab", "id", "what", "column"), "text"), "before": "cell", "after": "cell"}
        return frame_of(rows, kinds)

    def _repr_html_(self) -> str:
        return cards.plan_html(self, self.language, self.snapshot)


@dataclass(frozen=True, slots=True)
class ReceiptView(Receipt):
    """What was done, in words where Jupyter shows it.

    >>> crm.sync().written
    False
    """

    def _repr_html_(self) -> str:
        return cards.receipt_html(self, self.plan.language)


class Problems(tuple[Problem, ...]):
    """Problems, the most serious first; a table where Jupyter shows them.

    >>> crm.check()
    Problems(errors=2, warnings=3, hints=49)
    """

    language = "en"

    @classmethod
    def of(cls, found: tuple[Problem, ...], language: str) -> Problems:
        """The problems, said in that language.

        >>> crm.check().of(crm.check()[:1], "ro")
        Problems(errors=1, warnings=0, hints=0)
        """
        made = cls(found)
        made.language = language
        return made

    def __repr__(self) -> str:
        return f"Problems({', '.join(f'{s}s={sum(p.severity == s for p in self)}' for s in SEVERITIES)})"

    def _repr_html_(self) -> str:
        return cards.problems_html(self, self.language)


@dataclass(frozen=True, slots=True)
class FixView:
    """Cells that are to be put right: what would be written, and what sync would then say. Nothing is written yet.

    >>> rows = crm.cells("leads")
    >>> rows.loc["R-0031", "come_back_on"] = "2027-01-15"
    >>> crm.fix(rows)
    FixView(cells=1, solved=1, left=0, new=0)
    """

    fixes: tuple[Fix, ...]
    cells: Plan
    """What `write` would do."""
    plan: PlanView
    """What `sync` would do after it."""
    snapshot: Snapshot
    before: tuple[Problem, ...]
    _write: Callable[[tuple[Fix, ...]], ReceiptView]

    def __repr__(self) -> str:
        numbers = f"solved={len(self.solved)}, left={len(self.left)}, new={len(self.new)}"
        return f"FixView(cells={len(self.fixes)}, {numbers})"

    @property
    def solved(self) -> tuple[Problem, ...]:
        """The errors and warnings that are gone then.

        >>> rows = crm.cells("leads")
        >>> rows.loc["R-0031", "come_back_on"] = "2027-01-15"
        >>> [problem.code for problem in crm.fix(rows).solved]
        ['needs-missing']
        """
        after = set(map(_key, self.plan.problems))
        return tuple(p for p in _without_hints(self.before) if _key(p) not in after)

    @property
    def left(self) -> tuple[Problem, ...]:
        """The errors and warnings that stay in the rows that are put right.

        >>> rows = crm.cells("leads")
        >>> rows.loc["R-0039", "notes"] = "Asked for the right number."
        >>> [problem.code for problem in crm.fix(rows).left]
        ['bad-phone']
        """
        before, rows = set(map(_key, self.before)), {fix.id for fix in self.fixes}
        return tuple(p for p in _without_hints(self.plan.problems) if p.id in rows and _key(p) in before)

    @property
    def new(self) -> tuple[Problem, ...]:
        """The errors and warnings that there were not before.

        >>> rows = crm.cells("leads")
        >>> rows.loc["R-0039", "email"] = "nobody at all"
        >>> [problem.code for problem in crm.fix(rows).new]
        ['bad-email']
        """
        before = set(map(_key, self.before))
        return tuple(p for p in _without_hints(self.plan.problems) if _key(p) not in before)

    def to_frame(self) -> pd.DataFrame:
        """One row a cell: tab, id, column, before, after.

        >>> rows = crm.cells("leads")
        >>> rows.loc["R-0031", "come_back_on"] = "2027-01-15"
        >>> crm.fix(rows).to_frame()[["id", "column", "after"]]
               id        column       after
        0  R-0031  come_back_on  2027-01-15
        """
        kinds: Kinds = {**dict.fromkeys(("tab", "id", "column"), "text"), "before": "cell", "after": "cell"}
        return frame_of([fix._asdict() for fix in self.fixes], kinds)

    def write(self) -> ReceiptView:
        """Write these cells, as if somebody typed them; what they mean for their rows, the next `sync` says.

        Raises `Changed` where somebody changed one of them meanwhile; nothing is written then.

        >>> crm.fix(crm.cells("leads")).write().written
        False
        """
        return self._write(self.fixes)

    def _repr_html_(self) -> str:
        moves = sum(isinstance(change, MoveRow) for change in self.plan.changes)
        return cards.fix_html(self.cells, self.plan, self.snapshot, (self.solved, self.left, self.new), moves)


def _key(problem: Problem) -> tuple[object, ...]:
    """What makes two problems the same one; its words may change."""
    return problem.tab, problem.id or problem.row, problem.column, problem.code


def _without_hints(problems: Iterable[Problem]) -> Iterator[Problem]:
    return (problem for problem in problems if problem.severity != "hint")
