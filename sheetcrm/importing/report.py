"""What an import did, or would do, with every line of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sheetcrm import messages
from sheetcrm.columns import header
from sheetcrm.drafts import Draft
from sheetcrm.importing.files import Unread
from sheetcrm.run import Arrival
from sheetcrm.tables import AddColumn, Plan, is_blank, raw_text

__all__ = ["Counts", "ImportReport", "columns_added", "count"]

SHOWN_LINES = 20


@dataclass(frozen=True, slots=True)
class Counts:
    """What becomes of the records of a file."""

    added: int = 0
    updated: int = 0
    """There before; blank cells were filled in."""
    unchanged: int = 0
    """There before, with nothing to add."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; with `dry_run`, what it would do."""

    file: str
    tab: str
    """The tab's title as it stands in the workbook."""
    lines: int
    """Lines below the header that are not blank."""
    counts: Counts
    unread: tuple[Unread, ...]
    columns_added: tuple[str, ...]
    """Headers of the team's own that came along."""
    new_words: Mapping[str, tuple[str, ...]]
    """List → words that stand in no list; put there if `added_to_lists`."""
    added_to_lists: bool
    dry_run: bool
    written: bool
    plan: Plan = field(default_factory=Plan)
    copy: str = ""
    """The dated copy that was kept of the workbook as it was before."""
    encoding: str = ""

    @property
    def added(self) -> int:
        """Records that are new."""
        return self.counts.added

    @property
    def updated(self) -> int:
        """Records of which blanks were filled."""
        return self.counts.updated

    @property
    def skipped(self) -> int:
        """Records that were there already, with nothing to add."""
        return self.counts.unchanged

    @property
    def lists_added(self) -> Mapping[str, tuple[str, ...]]:
        """Header of a list → the words that were put there."""
        words = self.new_words if self.added_to_lists else {}
        return {header(kind, self.language): new for kind, new in words.items()}

    @property
    def language(self) -> str:
        """The workbook's language."""
        return self.plan.language

    def as_json(self) -> dict[str, object]:
        """The shape of `import --json`."""
        return {
            "file": self.file,
            "tab": self.tab,
            "encoding": self.encoding or None,
            "lines": self.lines,
            "added": self.counts.added,
            "updated": self.counts.updated,
            "unchanged": self.counts.unchanged,
            "not_read": [
                {"line": n.line, "why": n.why, "message": self._why(n, self.language), "text": n.text}
                for n in self.unread
            ],
            "columns_added": list(self.columns_added),
            "list_lines_added": self._listed(self.added_to_lists),
            "not_in_lists": self._listed(not self.added_to_lists),
            "dry_run": self.dry_run,
            "written": self.written,
            "copy": self.copy or None,
        }

    def as_text(self, language: str) -> str:
        """The report for a person."""
        return "\n".join(self._sentences(language))

    def _listed(self, wanted: bool) -> dict[str, list[str]]:
        return {kind: list(words) for kind, words in self.new_words.items()} if wanted else {}

    def _why(self, unread: Unread, language: str) -> str:
        return messages.text("importing", f"why-{unread.why}", language, **unread.values)

    def _sentences(self, language: str) -> Iterator[str]:
        def say(key: str, **values: object) -> str:
            return messages.text("importing", f"report-{key}", language, **values)

        yield say("title", file=self.file, tab=self.tab)
        counts = self.counts
        yield say("lines", n=self.lines)
        yield from (
            "  " + say(key, n=n)
            for key, n in (("added", counts.added), ("updated", counts.updated), ("unchanged", counts.unchanged))
            if n or key == "added"
        )
        if self.unread:
            yield say("unread", n=len(self.unread))
        for unread in islice(self.unread, SHOWN_LINES):
            yield "  " + say("unread-line", line=unread.line, why=self._why(unread, language), text=unread.text)
        if len(self.unread) > SHOWN_LINES:
            yield "  " + say("more", n=len(self.unread) - SHOWN_LINES)
        if self.columns_added:
            yield say("columns", names=", ".join(self.columns_added))
        for kind, words in self.new_words.items():
            key = "lists" if self.added_to_lists else "unlisted"
            yield say(key, column=header(kind, language), names=", ".join(words))
        if self.dry_run:
            yield say("dry")
        elif not self.written:
            yield say("nothing")


def count(arrivals: Sequence[Arrival], records: Mapping[str, Draft | None]) -> Counts:
    """Which arrivals are new, and which find a row with blanks that they fill in.

    `records` has the keys of what came before, with its row where there is one.
    """
    before = [(arrival, records[arrival.key]) for arrival in arrivals if arrival.key in records]
    updated = sum(draft is not None and _fills_a_blank(arrival, draft) for arrival, draft in before)
    return Counts(len(arrivals) - len(before), updated, len(before) - updated)


def _fills_a_blank(arrival: Arrival, draft: Draft) -> bool:
    layout, row = draft.layout, draft.entry.cells
    own = {raw_text(layout.tab.cell(layout.header_row, c)).strip(): c for c in layout.own_columns}
    columns = (layout.columns.get(name, own.get(name, -1)) for name in arrival.cells)
    return any(c < 0 or c >= len(row) or is_blank(row[c]) for c in columns)


def columns_added(plan: Plan) -> tuple[str, ...]:
    """The headers of the team's own that a plan adds, wherever it adds them."""
    return tuple(dict.fromkeys(c.header for c in plan.changes if isinstance(c, AddColumn) and not c.mark))
