"""Taking in a file: a trade fair's list, or an old system's export.

Each line of the file becomes a record of the tab, moved home to the tab of its
stage, and is remembered by where it came from: the same file twice adds nothing
twice, and a newer export fills in blanks only. What cannot be taken in is named
in the report, with its line and why; the rest comes in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sheetcrm import config
from sheetcrm.gather import gather
from sheetcrm.importing.files import Unread, read_file
from sheetcrm.importing.headers import target_called
from sheetcrm.importing.maps import ImportMap, read_map
from sheetcrm.importing.reading import Understood, understand
from sheetcrm.importing.report import ImportReport, columns_added, count
from sheetcrm.plan import make_plan
from sheetcrm.problems import Stopped
from sheetcrm.sync import carry_out
from sheetcrm.workbooks import open_workbook

if TYPE_CHECKING:
    from sheetcrm.importing.files import Contents
    from sheetcrm.model import State
    from sheetcrm.progress import Progress
    from sheetcrm.tables import Plan, Snapshot, Workbook

__all__ = ["ImportReport", "Importing", "import_file", "import_into", "open_import"]

WITHOUT_ID = frozenset({"products", "offers", "offer_lines"})
"""Tabs whose rows bear no ID of ours: a line is remembered, but its row is not found again."""


@dataclass(frozen=True, slots=True)
class Importing:
    """A file that was read, with its map, on its way into a tab."""

    file: str
    contents: Contents
    import_map: ImportMap
    tab: str
    """The tab as the person named it."""
    add_to_lists: bool = False

    def planned(self, snapshot: Snapshot, now: datetime) -> ImportReport:
        """What taking the file into `snapshot` would do; the report holds the plan."""
        run = gather(snapshot, now)
        states = {s.imported_as: s for s in run.ledger.states.values() if s.imported_as}
        records = {key: run.drafts.get(state.id) for key, state in states.items()}
        living = {key: draft.layout.name for key, draft in records.items() if draft}
        target = target_called(self.tab, run.layouts, run.language)
        found = understand(self.contents, self.import_map, target, run.rules.pipeline, run.context, living)
        words = found.new_choices if self.add_to_lists else {}
        plan = make_plan(snapshot, now, arrivals=found.arrivals, new_choices=words)
        if plan.stopped:
            raise Stopped("importing/stopped", problem=plan.stopped[0].message(plan.language))
        return ImportReport(
            self.file,
            target.title,
            found.lines,
            count(found.arrivals, records),
            (*found.unread, *_gone(found, states, living)),
            columns_added(plan),
            found.new_choices,
            self.add_to_lists,
            dry_run=True,
            written=False,
            plan=plan,
            encoding=self.contents.encoding,
        )


def _gone(found: Understood, states: Mapping[str, State], living: Mapping[str, str]) -> Iterator[Unread]:
    """Lines whose record people took out of the workbook: it is not put back behind their back."""
    for key, line in found.numbers.items():
        if key in states and key not in living and states[key].tab not in WITHOUT_ID:
            yield Unread(line, "gone", states[key].name, {"id": states[key].id})


def open_import(
    tab: str, file: str | Path, map_file: str | Path | None = None, *, add_to_lists: bool = False
) -> Importing:
    """Read a file and its map; nothing is asked of a workbook yet."""
    import_map = read_map(Path(map_file)) if map_file else ImportMap()
    said = {"sheet": import_map.sheet, "encoding": import_map.encoding, "delimiter": import_map.delimiter}
    return Importing(Path(file).name, read_file(Path(file), **said), import_map, tab, add_to_lists)


def import_file(
    where: str | Path,
    tab: str,
    file: str | Path,
    map_file: str | Path | None = None,
    add_to_lists: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Take the lines of a file into a tab of the workbook that `where` names."""
    if progress:
        progress("read", 0, 0)
    importing = open_import(tab, file, map_file, add_to_lists=add_to_lists)
    return import_into(open_workbook(config.resolve(where)), importing, dry_run=dry_run, progress=progress)


def import_into(
    workbook: Workbook,
    importing: Importing,
    *,
    dry_run: bool = False,
    now: Callable[[], datetime] | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Take a file that was read into a workbook; in a dry run, only say what would come of it."""
    now = now or (lambda: datetime.now(UTC))
    if dry_run:
        return importing.planned(workbook.read(), now())
    reports: list[ImportReport] = []

    def make(snapshot: Snapshot, moment: datetime) -> Plan:
        reports.append(importing.planned(snapshot, moment))
        return reports[-1].plan

    receipt = carry_out(workbook, make, now=now, progress=progress)
    return replace(reports[-1], dry_run=False, written=receipt.written, copy=receipt.copy)
