"""Sync's marks: hidden names by which it knows its tabs and columns again, however people rename or move them.

It knows how they are called and where they stand in the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from sheetcrm.tables import column_letters
from sheetcrm.workbooks.excel.formulas import column_number
from sheetcrm.workbooks.excel.markup import local_name
from sheetcrm.workbooks.excel.package import WORKBOOK_ORDER, Package, insert_in_order

__all__ = ["COLUMN_MARK", "TAB_MARK", "mark_names", "read_marks", "set_marks"]

TAB_MARK = "_sheetcrm.tab."
COLUMN_MARK = "_sheetcrm.col."

_PLACE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]+)\$?([0-9]+)")


def mark_names(title: str, mark: str, columns: Mapping[str, int], header_row: int) -> dict[str, str]:
    """Name → the place that it gives a name to, for one tab. Columns and rows count from 0."""
    quoted = "'" + title.replace("'", "''") + "'"
    names = {f"{TAB_MARK}{mark}": f"{quoted}!$A$1"} if mark else {}
    for field, column in columns.items():
        names[f"{COLUMN_MARK}{mark}.{field}"] = f"{quoted}!${column_letters(column)}${header_row + 1}"
    return names


def read_marks(package: Package) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Title → mark of the tab; mark → field → column from 0."""
    tabs: dict[str, str] = {}
    columns: dict[str, dict[str, int]] = {}
    for name in package.defined_names:
        # The names of a copied tab are local ones: the copy is nobody's but the person's.
        match = None if name.is_local else _PLACE.fullmatch(name.refers_to.strip())
        if match is None:
            continue
        if name.name.startswith(TAB_MARK):
            tabs[(match[1] or match[2]).replace("''", "'")] = name.name.removeprefix(TAB_MARK)
        elif name.name.startswith(COLUMN_MARK):
            tab, _, field = name.name.removeprefix(COLUMN_MARK).rpartition(".")
            columns.setdefault(tab, {})[field] = column_number(match[3]) - 1
    return tabs, columns


def set_marks(package: Package, tabs: Mapping[str, tuple[str, Mapping[str, int], int]]) -> None:
    """Leave marks on tabs: title → mark, columns of fields, header row. What stands there already stays."""
    known, fields = read_marks(package)
    wanted: dict[str, str] = {}
    for title, (mark, columns, header_row) in tabs.items():
        moved = {f: c for f, c in columns.items() if fields.get(mark, {}).get(f) != c or known.get(title) != mark}
        names = mark_names(title, mark, moved, header_row)
        if known.get(title) == mark:
            names.pop(f"{TAB_MARK}{mark}", None)
        wanted |= names
    if not wanted:
        return
    root = package.workbook
    group = next((child for child in root if local_name(child) == "definedNames"), None)
    space = etree.QName(root).namespace
    if group is None:
        group = etree.Element(f"{{{space}}}definedNames")
        insert_in_order(root, group, WORKBOOK_ORDER)
    there = {e.get("name"): e for e in group if e.get("localSheetId") is None}
    for name, place in wanted.items():
        element = there[name] if name in there else etree.SubElement(group, f"{{{space}}}definedName", name=name)
        element.set("hidden", "1")
        element.text = place
    package.put_xml(package.workbook_part, root)
