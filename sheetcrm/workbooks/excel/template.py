"""A template of an offer: where its placeholders stand, which rows repeat, and what is wrong with it.

It reads an Excel file and changes nothing; what the placeholders mean is known to
`placeholders`, how they are filled to `filling`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from sheetcrm import messages
from sheetcrm.placeholders import GROUPS, NAMES, REQUIRED, names_in, only_name
from sheetcrm.tables import column_letters
from sheetcrm.workbooks.excel.contents import contents_of
from sheetcrm.workbooks.excel.editor import XlsxFile
from sheetcrm.workbooks.excel.formulas import Area, areas, text_of, title_of
from sheetcrm.workbooks.excel.markup import local_name, start_tag, unescaped, with_prefix
from sheetcrm.workbooks.excel.package import Package
from sheetcrm.workbooks.excel.rows import style_of
from sheetcrm.workbooks.excel.tab import TabEditor

__all__ = ["Block", "Finding", "Spot", "Template", "check_template", "drawing_parts", "places"]

_PHONETIC = re.compile(
    rb"<((?:[\w.-]+:)?)(?:rPh|phoneticPr)(?=[\s/>])[^>]*?(?:/>|>.*?</\1(?:rPh|phoneticPr)>)", re.DOTALL
)
_TEXT = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^>]*)?>([^<]*)</")
_RUN = re.compile(rb"<(?:[\w.-]+:)?r[\s>]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REACHES_OUT = re.compile(rb"WEBSERVICE\(|\bRTD\(|\|'[^']*'!|\|\w+!|\[\d+\]", re.IGNORECASE)


class Spot(NamedTuple):
    """A cell in which placeholders stand."""

    text: str
    name: str
    """The placeholder that is all that stands there; "" where there is more."""
    style: int
    runs: bytes = b""
    """The pieces of its text, where these differ in looks, as they stand in the part."""

    @property
    def names(self) -> list[str]:
        """The placeholders in it."""
        return [self.name] if self.name else list(names_in(self.text))


class Block(NamedTuple):
    """Rows that follow one another and repeat together."""

    kind: str
    """line: once per line; vat: once per VAT rate."""
    top: int
    bottom: int

    @property
    def height(self) -> int:
        """How many rows they are."""
        return self.bottom - self.top + 1


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a template, or good to know."""

    code: str
    tab: str = ""
    place: str = ""
    """The cell, or what else on the tab."""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether no offer can be made with the template before it is mended."""
        return messages.area("offers")[f"template-{self.code}"]["severity"] == "error"

    def said(self, language: str) -> str:
        """Where, what, and how to mend it."""
        # A text is filled in only where there is something to fill in, and its braces stand for one then.
        what = messages.text("offers", f"template-{self.code}", language, **{"name": "", **self.values})
        where = "!".join(part for part in (self.tab, self.place) if part)
        return f"{where}: {what}" if where else what


class Template:
    """Where the placeholders of a file stand."""

    def __init__(self, file: XlsxFile) -> None:
        self.file = file
        self.spots: dict[str, dict[tuple[int, int], Spot]] = {}
        """Title of a tab → row and column → what stands there."""
        self.blocks: dict[str, list[Block]] = {}
        """Title of a tab → the rows in it that repeat, from the top."""
        self.findings: list[Finding] = []
        shared = _shared_texts(file.package)
        for title in file.tabs:
            with file.tab(title).refusing():
                self.spots[title] = dict(_spots(file.tab(title), shared))
                self._find_in_formulas(title)
        self._find_named()
        for title in file.tabs:
            self.blocks[title] = self._found_blocks(title)
        self._find_unknown()
        self._find_missing()
        self._find_reaching_out()

    @property
    def errors(self) -> list[Finding]:
        """What must be mended."""
        return [finding for finding in self.findings if finding.is_error]

    def _find(self, code: str, tab: str = "", place: str = "", **values: str) -> None:
        self.findings.append(Finding(code, tab, place, values))

    def _find_in_formulas(self, title: str) -> None:
        tab = self.file.tab(title)
        if not (tab.rows.has_formulas and b"{{" in tab.rows.xml):
            return
        for row in tab.rows:
            for cell in tab.rows.cells(row.inner) if b"{{" in row.inner else ():
                formula = tab.rows.formula.search(row.inner, cell.start, cell.end)
                if formula and formula[2] and any(names_in(unescaped(formula[2]))):
                    self._find("in-formula", title, _place(row.number, cell.column))

    def _find_named(self) -> None:
        """Names of cells that are placeholders: `client.name`, given to a cell in Excel's name box."""
        tabs = {title.casefold(): title for title in self.file.tabs}
        for name in self.file.package.defined_names:
            key = name.name.casefold()
            if key.partition(".")[0] not in GROUPS or "." not in key:
                continue
            tab, _, place = name.refers_to.strip().rpartition("!")
            found = areas(place.replace("$", ""))
            title = tabs.get(title_of(f"{tab}!"))
            if key not in NAMES:
                self._find("unknown", title or "", place.replace("$", ""), name=key)
            elif title is not None and len(found) == 1 and found[0][:2] == found[0][2:]:
                row, column = found[0].top, found[0].left
                there = next((c for c in _cells_of(self.file.tab(title), row) if c[0] == column), (column, 0))
                self.spots[title][row, column] = Spot("{{" + key + "}}", key, there[1])
            else:
                self._find("named-place", title or "", place.replace("$", ""), name=key)

    def _found_blocks(self, title: str) -> list[Block]:
        kinds: dict[int, set[str]] = defaultdict(set)
        for (row, _), spot in self.spots[title].items():
            kinds[row] |= {name.partition(".")[0] for name in spot.names} & {"line", "vat"}
        for row in [row for row, found in kinds.items() if len(found) > 1]:
            self._find("two-kinds", title, str(row))
            kinds[row] = {"line"}
        blocks: list[Block] = []
        merged = self.file.tab(title).skeleton.merged
        for row, kind in sorted((row, next(iter(found))) for row, found in kinds.items() if found):
            if blocks and blocks[-1].kind == kind and blocks[-1].bottom >= row - 1:
                blocks[-1] = _with_merged(blocks[-1]._replace(bottom=max(row, blocks[-1].bottom)), merged)
            else:
                blocks.append(_with_merged(Block(kind, row, row), merged))
        for one, other in pairwise(blocks):
            if one.bottom >= other.top:
                self._find("blocks-overlap", title, str(other.top))
        return blocks

    def _find_unknown(self) -> None:
        for title, tab in self.spots.items():
            for (row, column), spot in tab.items():
                for name in spot.names:
                    if name not in NAMES:
                        self._find("unknown", title, _place(row, column), name=name)
            for name in names_in(_header_text(self.file.tab(title))):
                if name not in NAMES:
                    self._find("unknown", title, "&", name=name)
                elif name.startswith(("line.", "vat.")):
                    self._find("not-there", title, "&", name=name)
        for part in drawing_parts(self.file.package):
            for name in names_in(" ".join(drawing_texts(self.file.package.text(part)))):
                if name not in NAMES or name.startswith(("line.", "vat.")):
                    self._find("not-there" if name in NAMES else "unknown", part.rpartition("/")[2], name=name)

    def _find_missing(self) -> None:
        spots = [(title, spot) for title, tab in self.spots.items() for spot in tab.values()]
        there = {name for _, spot in spots for name in spot.names}
        if not any(block.kind == "line" for blocks in self.blocks.values() for block in blocks):
            self._find("no-line-row")
        elsewhere = set(names_in(" ".join(_header_text(self.file.tab(title)) for title in self.file.tabs)))
        for names in REQUIRED:
            if not there & set(names) and not elsewhere & set(names):
                self._find("missing", name=" / ".join("{{" + name + "}}" for name in names))
        if not there & {"offer.total", "offer.net"} and not any(
            self.file.tab(title).had_formulas for title in self.file.tabs
        ):
            self._find("missing", name="{{offer.total}}")

    def _find_reaching_out(self) -> None:
        package = self.file.package
        holds = contents_of(package)
        if holds.get("macros"):
            self._find("macros")
        links = set(_outside(package))
        for target in sorted(links):
            self._find("external-link", target=target)
        if holds.get("connections"):
            self._find("external-link", target=str(holds["connections"]) + " × connection")
        for title in self.file.tabs:
            rows = self.file.tab(title).rows
            formulas = rows.formula.finditer(rows.xml, rows.start, rows.end) if rows.has_formulas else ()
            if any(found[2] and _REACHES_OUT.search(found[2]) for found in formulas):
                self._find("external-formula", title)


def check_template(path: str | Path, *, data: bytes | None = None) -> list[Finding]:
    """What is wrong with a template, the errors first, and what is good to know: its macros and outside links.

    Raises `Unsupported` where the file is none that can be filled.
    """
    template = Template(XlsxFile(path, data=data))
    return sorted(template.findings, key=lambda finding: not finding.is_error)


# ---------------------------------------------------------------- cells


def _spots(tab: TabEditor, shared: Mapping[int, tuple[str, bytes]]) -> Iterator[tuple[tuple[int, int], Spot]]:
    """The cells of a tab that hold placeholders, but for those that merged ones cover."""
    rows = tab.rows
    numbers = b"|".join(b"%d" % number for number in shared)
    wanted = re.compile(rb"\{\{" + (rb"|v>\s*(?:" + numbers + rb")\s*<" if numbers else b""))
    if not wanted.search(rows.xml, rows.start, rows.end):
        return
    covered = [area for area in tab.skeleton.merged if area.left < area.right or area.top < area.bottom]
    for row in rows:
        if not wanted.search(row.inner):
            continue
        for cell in rows.cells(row.inner):
            whole = row.inner[cell.start : cell.end]
            text, runs = _text_of_cell(whole, cell.tag, shared)
            if rows.formula.search(whole) or not any(names_in(text)):
                continue
            place = row.number, cell.column
            if any(area.has(*place) and place != (area.top, area.left) for area in covered):
                continue
            mine = with_prefix(runs, _prefix_of(runs), rows.prefix) if runs else b""
            yield place, Spot(text, only_name(text), style_of(cell.tag), mine)


def _text_of_cell(whole: bytes, tag: bytes, shared: Mapping[int, tuple[str, bytes]]) -> tuple[str, bytes]:
    if b't="s"' in tag or b"t='s'" in tag:
        found = re.search(rb"v>\s*(\d+)\s*<", whole)
        return shared.get(int(found[1]), ("", b"")) if found else ("", b"")
    return _text_and_runs(whole[len(tag) : whole.rfind(b"</")]) if b"{{" in whole or b"<" in whole else ("", b"")


def _text_and_runs(inner: bytes) -> tuple[str, bytes]:
    """The text in a shared or inline string, and its runs where it has several looks."""
    inner = _PHONETIC.sub(b"", inner)
    text = "".join(unescaped(part) for part in _TEXT.findall(inner))
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if not _RUN.search(inner):
        return text, b""
    start, end = re.search(rb"<(?:[\w.-]+:)?r[\s>]", inner), inner.rfind(b"r>")
    return text, inner[start.start() : end + 2] if start else b""


def _prefix_of(xml: bytes) -> bytes:
    found = re.match(rb"<((?:[\w.-]+:)?)", xml)
    return found[1] if found else b""


def _shared_texts(package: Package) -> dict[int, tuple[str, bytes]]:
    """The shared strings with placeholders, by number."""
    found: dict[int, tuple[str, bytes]] = {}
    for part in package.related(package.workbook_part, "sharedStrings"):
        data = package.text(part)
        if b"{" not in data:
            continue
        for number, tag in enumerate(start_tag("si").finditer(data)):
            if tag[0].endswith(b"/>"):
                continue
            inner = data[tag.end() : data.find(b"</" + _prefix_of(tag[0]) + b"si>", tag.end())]
            if b"{" in inner:
                text, runs = _text_and_runs(inner)
                if any(names_in(text)):
                    found[number] = text, runs
    return found


def _cells_of(tab: TabEditor, row: int) -> Iterator[tuple[int, int]]:
    found = tab.rows.row(row)
    for cell in tab.rows.cells(found.inner) if found else ():
        yield cell.column, style_of(cell.tag)


def _with_merged(block: Block, merged: Iterable[Area]) -> Block:
    """The block with rows that merged cells tie to it. Cells merged over all of it and more reach over copies."""
    merged = list(merged)
    while True:
        bottoms = [a.bottom for a in merged if block.top <= a.top <= block.bottom < a.bottom]
        tops = [a.top for a in merged if a.top < block.top <= a.bottom < block.bottom]
        wider = block._replace(top=min([block.top, *tops]), bottom=max([block.bottom, *bottoms]))
        if wider == block:
            return block
        block = wider


def _place(row: int, column: int) -> str:
    return text_of(Area(column, row, column, row))


# ---------------------------------------------------------------- beside cells


def _header_text(tab: TabEditor) -> str:
    if b"{{" not in tab.rows.tail:
        return ""
    group = tab.skeleton.child("headerFooter")
    return " ".join(child.text or "" for child in group) if group is not None else ""


def drawing_parts(package: Package) -> Iterator[str]:
    """The parts in which text boxes and titles of charts may hold placeholders."""
    for part in package.names:
        if part.endswith(".xml") and ("/drawings/" in part or "/charts/" in part) and b"{{" in package.part(part):
            yield part


def drawing_texts(data: bytes) -> Iterator[str]:
    """Each piece of text in a drawing."""
    for found in _TEXT.finditer(data):
        yield unescaped(found[1])


def _outside(package: Package) -> Iterator[str]:
    """Places outside of the file that it takes something from; links that people click are none."""
    for name in package.names:
        if not name.endswith(".rels"):
            continue
        for relation in package.xml(name):
            kind = relation.get("Type", "").rpartition("/")[2]
            if (
                local_name(relation) == "Relationship"
                and kind != "hyperlink"
                and relation.get("TargetMode") == "External"
            ):
                yield relation.get("Target", "")


def places(column: int, top: int, bottom: int, *, absolute: bool = False) -> str:
    """`J12:J21`, or `$J$12:$J$21`."""
    letters, dollar = column_letters(column - 1), "$" if absolute else ""
    return f"{dollar}{letters}{dollar}{top}:{dollar}{letters}{dollar}{bottom}"
