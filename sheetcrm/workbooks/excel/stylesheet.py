"""The styles part: a needed style is found or added at the end, and no other is disturbed.

A cell names its style by number, so numbers never change their meaning here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from functools import cached_property
from typing import Any, cast

from lxml import etree
from openpyxl.styles import NamedStyle
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_REVERSE, is_date_format

from sheetcrm.workbooks.excel.markup import local_name
from sheetcrm.workbooks.excel.package import Package, insert_in_order

__all__ = ["Stylesheet"]

_ORDER = "numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst".split()
_FIRST_OWN_FORMAT = 164
USUAL_POINTS = 11.0
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_EMPTY = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="%s">'
    b'<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    b'<fills count="2"><fill><patternFill patternType="none"/></fill>'
    b'<fill><patternFill patternType="gray125"/></fill></fills>'
    b'<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    b'<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    b'<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    b'<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class Stylesheet:
    """The looks that cells of one workbook may have, by number."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._is_new = False
        self._known: dict[object, int] = {}
        self._codes: dict[int, str] = {}

    @cached_property
    def _part(self) -> str:
        package = self._package
        for part in package.related(package.workbook_part, "styles"):
            return part
        space = etree.QName(package.workbook).namespace or ""
        part = package.add("xl", "styles", "xml", _EMPTY % space.encode(), _KIND)
        package.relate(package.workbook_part, package.relation_type("styles"), part)
        return part

    @cached_property
    def _root(self) -> etree._Element:
        return self._package.xml(self._part)

    @property
    def is_there(self) -> bool:
        """Whether the file has any styles yet."""
        known = "_part" in vars(self)
        return known or self._is_new or bool(self._package.related(self._package.workbook_part, "styles"))

    # ------------------------------------------------------------ reading

    @cached_property
    def _formats(self) -> dict[int, str]:
        group = self._found("numFmts")
        own = {} if group is None else {_number(f, "numFmtId"): f.get("formatCode", "") for f in _elements(group)}
        return {**BUILTIN_FORMATS, **own}

    @property
    def _looks(self) -> list[etree._Element]:
        group = self._found("cellXfs")
        return [] if group is None else _elements(group)

    def is_date(self, style: int) -> bool:
        """Whether numbers of that style are shown as dates or times."""
        looks = self._looks if self.is_there else []
        if style >= len(looks):
            return False
        number = _number(looks[style], "numFmtId")
        return number in _DATE_FORMATS or (number in self._formats and is_date_format(self._formats[number]))

    def format_of(self, style: int) -> str:
        """The number format of that style; "" where it has none of its own, or an unknown one."""
        if style not in self._codes:
            looks = self._looks if self.is_there else []
            code = self._formats.get(_number(looks[style], "numFmtId"), "") if style < len(looks) else ""
            self._codes[style] = "" if code == "General" else code
        return self._codes[style]

    def wraps(self, style: int) -> bool:
        """Whether long texts of that style go on in the next line of the cell."""
        looks = self._looks if self.is_there else []
        found = [e for e in looks[style] if local_name(e) == "alignment"] if style < len(looks) else []
        return any(e.get("wrapText") in ("1", "true") for e in found)

    def font_points(self, style: int) -> float:
        """How large letters of that style are."""
        looks, fonts = self._looks if self.is_there else [], self._found("fonts")
        number = _number(looks[style], "fontId") if style < len(looks) else 0
        font = _elements(fonts)[number] if fonts is not None and number < len(_elements(fonts)) else ()
        size = next((e.get("val", "") for e in font if local_name(e) == "sz"), "")
        return float(size) if re.fullmatch(r"\d{1,3}(\.\d+)?", size) else USUAL_POINTS

    # ------------------------------------------------------------ changing

    def with_format(self, style: int, code: str) -> int:
        """The same look with another number format."""
        return self._variant(style, "format", code, lambda look: self._set_format(look, code))

    def quoted(self, style: int) -> int:
        """The same look for text that Excel must not take for a formula when somebody edits it."""
        if not self.is_there:
            return style

        def quote(look: etree._Element) -> None:
            look.set("quotePrefix", "1")

        return self._variant(style, "quoted", "", quote)

    def _variant(self, style: int, what: str, value: str, change: Callable[[etree._Element], None]) -> int:
        key = (style, what, value)
        if key not in self._known:
            looks = self._looks
            look = deepcopy(looks[style] if style < len(looks) else looks[0]) if looks else self._plain_look()
            change(look)
            self._known[key] = self._number_of("cellXfs", look)
        return self._known[key]

    def _plain_look(self) -> etree._Element:
        return self._element("xf", numFmtId="0", fontId="0", fillId="0", borderId="0", xfId="0")

    def _set_format(self, look: etree._Element, code: str) -> None:
        number = BUILTIN_FORMATS_REVERSE.get(code)
        if number is None:
            number = next((n for n, known in self._formats.items() if known == code), None)
        if number is None:
            number = max([*self._formats, _FIRST_OWN_FORMAT - 1]) + 1
            self._group("numFmts").append(self._element("numFmt", numFmtId=str(number), formatCode=code))
            self._formats[number] = code
        look.set("numFmtId", str(number))
        look.set("applyNumberFormat", "1")

    def named(self, style: NamedStyle) -> int:
        """A look of ours, by name: made when it is first asked for."""
        name = str(style.name)
        if name not in self._known:
            found = self._find_named(name)
            self._known[name] = self._make_named(style) if found is None else found
        return self._known[name]

    def _find_named(self, name: str) -> int | None:
        group = self._found("cellStyles")
        parents = {} if group is None else {s.get("name"): s.get("xfId", "0") for s in _elements(group)}
        if name not in parents:
            return None
        parent = parents[name]
        for number, look in enumerate(self._looks):
            if look.get("xfId") == parent:
                return number
        # No cell has had it since Excel last saved: only the style itself is left.
        styles = _elements(self._group("cellStyleXfs"))
        look = deepcopy(styles[int(parent)]) if int(parent) < len(styles) else self._plain_look()
        look.set("xfId", parent)
        return self._number_of("cellXfs", look, fresh=True)

    def _make_named(self, style: Any) -> int:
        look = self._element(
            "xf",
            numFmtId="0",
            fontId=str(self._number_of("fonts", self._taken(style.font.to_tree("font")))),
            fillId=str(self._number_of("fills", self._taken(style.fill.to_tree()))),
            borderId=str(self._number_of("borders", self._taken(style.border.to_tree("border")))),
            applyFont="1",
            applyFill="1",
            applyBorder="1",
            applyAlignment="1",
        )
        self._set_format(look, style.number_format)
        look.append(self._taken(style.alignment.to_tree("alignment")))
        parent = self._number_of("cellStyleXfs", deepcopy(look), fresh=True)
        self._group("cellStyles").append(self._element("cellStyle", name=style.name, xfId=str(parent)))
        look.set("xfId", str(parent))
        return self._number_of("cellXfs", look, fresh=True)

    def _number_of(self, group: str, wanted: etree._Element, *, fresh: bool = False) -> int:
        """The place of an element in its group, where it is put if it is not there."""
        parent = self._group(group)
        there = _elements(parent)
        if not fresh:
            said = etree.tostring(wanted, method="c14n")
            for number, element in enumerate(there):
                if len(element) == len(wanted) and etree.tostring(element, method="c14n", with_tail=False) == said:
                    return number
        parent.append(wanted)
        return len(there)

    # ------------------------------------------------------------ the tree

    def _found(self, name: str) -> etree._Element | None:
        return next((group for group in self._root if local_name(group) == name), None)

    def _group(self, name: str) -> etree._Element:
        group = self._found(name)
        if group is None:
            group = self._element(name)
            insert_in_order(self._root, group, _ORDER)
        return group

    def _element(self, tag: str, /, **attributes: str) -> etree._Element:
        element = etree.Element(f"{{{etree.QName(self._root).namespace}}}{tag}", nsmap=cast(Any, self._root.nsmap))
        for key, value in attributes.items():
            element.set(key, value)
        return element

    def _taken(self, tree: Any) -> etree._Element:
        """An element of openpyxl's in this part's namespace."""
        name = str(tree.tag).rpartition("}")[2]
        element = self._element(name, **{str(k): str(v) for k, v in tree.attrib.items()})
        for child in tree:
            element.append(self._taken(child))
        return element

    def save(self) -> None:
        """Put the part into the package, where anything was added."""
        if not self._known:
            return
        before = self._package.text(self._part)
        for group in self._root:
            if local_name(group) in _ORDER[:7] and group.get("count") is not None:
                group.set("count", str(len(_elements(group))))
        self._package.put_xml(self._part, self._root) if before else None


def _elements(group: etree._Element) -> list[etree._Element]:
    return [child for child in group if isinstance(child.tag, str)]


def _number(element: etree._Element, name: str) -> int:
    text = element.get(name, "0")
    return int(text) if text.isdigit() else 0
