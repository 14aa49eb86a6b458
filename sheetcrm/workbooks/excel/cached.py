"""The results of formulas, put back into a file that openpyxl saved without them.

Every reader but Excel itself shows what stands there. It knows how openpyxl writes
a cell with a formula, and nothing else of the file.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from html import escape
from io import BytesIO

from openpyxl.utils.datetime import to_excel

from sheetcrm.tables import Cell, CellError, Snapshot, Tab
from sheetcrm.workbooks.excel.package import Package
from sheetcrm.workbooks.excel.scan import place_of

__all__ = ["with_results"]

_FORMULA_CELL = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)>(<f(?:\s[^>]*?)?(?:/>|>[^<]*</f>))<v\s*(?:/>|></v>)</c>'
)


def with_results(saved: bytes, expected: Snapshot, epoch: datetime) -> bytes:
    """The same file, in which each formula says what it says in `expected`."""
    package = Package(saved, "")
    tabs = {tab.title: tab for tab in expected.tabs if tab.formulas}
    parts = {sheet.part.lower(): tabs[sheet.title] for sheet in package.sheets if sheet.title in tabs}
    if not parts:
        return saved
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(saved)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            tab = parts.get(info.filename.lower())
            new.writestr(info.filename, data if tab is None else _FORMULA_CELL.sub(_result_of(tab, epoch), data))
    return target.getvalue()


def _result_of(tab: Tab, epoch: datetime) -> Callable[[re.Match[bytes]], bytes]:
    def result(match: re.Match[bytes]) -> bytes:
        kind, text = _as_xml(tab.cell(*place_of(match[1].decode("ascii"))), epoch)
        said = b"<v>" + text.encode("utf-8") + b"</v>"
        return b'<c r="' + match[1] + b'"' + match[2] + kind + b">" + match[3] + said + b"</c>"

    return result


def _as_xml(value: Cell, epoch: datetime) -> tuple[bytes, str]:
    if isinstance(value, CellError):
        return b' t="e"', escape(value, quote=False)
    if isinstance(value, str):
        return b' t="str"', escape(value, quote=False)
    if isinstance(value, bool):
        return b' t="b"', str(int(value))
    if isinstance(value, date | time | timedelta):
        value = to_excel(value, epoch)  # type: ignore[no-untyped-call]  # openpyxl's stubs say nothing of it
    return b"", repr(value) if isinstance(value, float) else str(value)
