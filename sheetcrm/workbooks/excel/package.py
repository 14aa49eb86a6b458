"""The parts of an Excel file: which is which tab, how they hang together, and what changes among them.

It knows parts, relations, content types and names of a workbook; it reads no cells.
Nothing is believed: entities are never resolved, nothing outside the file is
followed. What is not changed is written as it lies in the file, to the byte.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import BinaryIO, NamedTuple

from lxml import etree

from sheetcrm.problems import Unsupported
from sheetcrm.workbooks.excel.archive import Archive, plain_name
from sheetcrm.workbooks.excel.markup import (
    REST_OF_TAG,
    attribute,
    escape_attribute,
    local_name,
    parse_xml,
    plain,
    serialise,
    start_tag,
    with_attribute,
)

__all__ = ["DefinedName", "Package", "Relation", "Sheet", "relation_id", "relations_part"]

MAX_TYPES_BYTES = 4 << 20
"""Ten thousand parts have their types in half of this."""

_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK"
_TYPES = "[Content_Types].xml"
_XML = (".xml", ".rels", ".vml")
_ENTITY = re.compile(rb"<\0?!\0?E\0?N\0?T\0?I\0?T\0?Y")
_OTHER_KINDS = (".csv", ".tsv", ".txt", ".ods", ".xls", ".xlsb", ".html")


class Sheet(NamedTuple):
    """A sheet as the workbook part lists it."""

    title: str
    part: str
    """The name of its part; "" where there is none."""
    state: str
    """visible, hidden or veryHidden."""
    kind: str
    """worksheet, chartsheet, dialogsheet, …: the last word of its relation."""


class DefinedName(NamedTuple):
    """A name that the workbook gives to a place."""

    name: str
    refers_to: str
    is_local: bool
    """It belongs to one tab, as the names of a copied tab do."""


class Relation(NamedTuple):
    """What one part has to do with another."""

    kind: str
    """The last word of its type."""
    part: str
    """The part it leads to; the address itself where it leads out of the file."""
    is_external: bool
    type: str


class Package:
    """An Excel file, unpacked as far as it is asked for, and what shall stand in it instead."""

    def __init__(self, data: bytes, file_name: str) -> None:
        self.data = data
        self.file_name = file_name
        self._check_kind()
        self._archive = Archive(data, file_name)
        self._changed: dict[str, bytes | Iterable[bytes | memoryview] | None] = {}
        self._added: dict[str, bytes] = {}
        if _TYPES.lower() not in self._archive.members:
            raise Unsupported("other-kind" if "mimetype" in self._archive.members else "damaged-file", file=file_name)
        for name in self._archive.members:
            # Entities are declared at the beginning, before anything else is said.
            if name.endswith(_XML) and _ENTITY.search(self._archive.beginning(name, 4096)):
                raise Unsupported("hostile-entities", file=file_name)
        if len(self.part(_TYPES)) > MAX_TYPES_BYTES:
            raise Unsupported("hostile-file", file=file_name)
        _ = self.content_types  # a file without sense in them is no workbook

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Say that the file is damaged where its parts say what no workbook says."""
        try:
            yield
        except (ValueError, UnicodeError, StopIteration, etree.LxmlError) as error:
            raise Unsupported("damaged-file", file=self.file_name) from error

    def _check_kind(self) -> None:
        head = self.data[:4]
        if head == _OLE:
            encrypted = "EncryptedPackage".encode("utf-16-le") in self.data
            raise Unsupported("encrypted-file" if encrypted else "other-kind", file=self.file_name)
        if head[:2] != _ZIP:
            other = self.file_name.lower().endswith(_OTHER_KINDS)
            raise Unsupported("other-kind" if other else "damaged-file", file=self.file_name)

    # ------------------------------------------------------------ reading

    @property
    def names(self) -> tuple[str, ...]:
        """All parts, in lower case."""
        kept = [name for name in self._archive.members if self._changed.get(name, b"") is not None]
        return (*kept, *map(plain_name, self._added))

    @property
    def is_signed(self) -> bool:
        """Whether somebody signed the file."""
        return any(name.startswith("_xmlsignatures/") for name in self.names)

    def part(self, name: str) -> bytes:
        """One part as it will be; empty where it is not there."""
        name = plain_name(name)
        if name in self._changed:
            content = self._changed[name]
            if content is not None and not isinstance(content, bytes):
                content = self._changed[name] = b"".join(content)
            return content or b""
        for added, data in self._added.items():
            if plain_name(added) == name:
                return data
        return self._archive.read(name)

    def text(self, name: str) -> bytes:
        """One part in UTF-8 without comments and CDATA, so that bytes can be searched."""
        try:
            return plain(self.part(name))
        except ValueError as error:
            raise Unsupported("damaged-file", file=self.file_name) from error

    def xml(self, name: str) -> etree._Element:
        """One part as XML."""
        try:
            return parse_xml(self.text(name))
        except etree.XMLSyntaxError as error:
            raise Unsupported("damaged-file", file=self.file_name) from error

    def relations(self, part: str) -> dict[str, Relation]:
        """Relation ID → where it leads."""
        found: dict[str, Relation] = {}
        rels = relations_part(part)
        if not self.part(rels):
            return found
        for relation in self.xml(rels):
            type_, target = relation.get("Type", ""), relation.get("Target", "")
            outside = relation.get("TargetMode") == "External"
            place = target if outside else _resolved(posixpath.dirname(part), target)
            found[relation.get("Id", "")] = Relation(type_.rpartition("/")[2], place, outside, type_)
        return found

    def related(self, part: str, *kinds: str) -> list[str]:
        """The parts of those kinds to which a part leads."""
        return [
            relation.part
            for relation in self.relations(part).values()
            if relation.kind in kinds and not relation.is_external and plain_name(relation.part) in self.names
        ]

    @cached_property
    def content_types(self) -> dict[str, str]:
        """Part, in lower case → its content type, as the file says."""
        by_part: dict[str, str] = {}
        by_suffix: dict[str, str] = {}
        for entry in self.xml(_TYPES):
            kind = entry.get("ContentType", "")
            if local_name(entry) == "Override":
                by_part[plain_name(entry.get("PartName", ""))] = kind
            elif local_name(entry) == "Default":
                by_suffix[entry.get("Extension", "").lower()] = kind
        return {name: by_part.get(name) or by_suffix.get(name.rpartition(".")[2], "") for name in self._archive.members}

    @cached_property
    def workbook_part(self) -> str:
        """The part that lists the tabs."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and relation.part.lower().endswith(".xml"):
                return relation.part
        raise Unsupported("other-kind" if "xl/workbook.bin" in self.names else "damaged-file", file=self.file_name)

    def relation_type(self, kind: str) -> str:
        """The type of a relation of that kind, as this file writes it: strict files have another."""
        own = next((r.type for r in self.relations("").values() if r.kind == "officeDocument"), "")
        return f"{own.removesuffix('officeDocument')}{kind}"

    @property
    def workbook(self) -> etree._Element:
        """The workbook part as XML."""
        return self.xml(self.workbook_part)

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Every sheet, in the order of the file."""
        relations = self.relations(self.workbook_part)
        found = []
        for element in _children(self.workbook, "sheets", "sheet"):
            relation = relations.get(relation_id(element), Relation("", "", False, ""))
            found.append(Sheet(element.get("name", ""), relation.part, element.get("state", "visible"), relation.kind))
        if len({sheet.title.casefold() for sheet in found}) < len(found):
            raise Unsupported("damaged-file", file=self.file_name)
        return tuple(found)

    @property
    def defined_names(self) -> tuple[DefinedName, ...]:
        """Every name, hidden ones too."""
        return tuple(
            DefinedName(element.get("name", ""), element.text or "", element.get("localSheetId") is not None)
            for element in _children(self.workbook, "definedNames", "definedName")
        )

    @cached_property
    def counts_from_1904(self) -> bool:
        """Whether day 0 is 1 January 1904, as on old Macs."""
        return any(
            local_name(child) == "workbookPr" and child.get("date1904") in ("1", "true") for child in self.workbook
        )

    # ------------------------------------------------------------ changing

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._changed or self._added)

    @property
    def changed_names(self) -> tuple[str, ...]:
        """The parts that are replaced, added or left out."""
        return (*self._changed, *map(plain_name, self._added))

    def put(self, name: str, content: bytes | Iterable[bytes | memoryview]) -> None:
        """Replace a part. A content that comes in pieces is asked for when it is needed."""
        for added in self._added:
            if plain_name(added) == plain_name(name):
                self._added[added] = content if isinstance(content, bytes) else b"".join(content)
                return
        self._changed[plain_name(name)] = content

    def put_xml(self, name: str, root: etree._Element) -> None:
        """Replace a part by XML, with the declaration that it has."""
        self.put(name, serialise(root, self.text(name)))

    def add(self, folder: str, stem: str, suffix: str, data: bytes, content_type: str) -> str:
        """A new part under the first free number; gives its name."""
        number = "" if stem in ("styles", "custom") else "1"
        while plain_name(f"{folder}/{stem}{number}.{suffix}") in self.names:
            number = str(int(number or 0) + 1)
        name = f"{folder}/{stem}{number}.{suffix}"
        self._added[name] = data
        types = self.text(_TYPES)
        root = re.search(rb"</(?:([\w.-]+):)?Types>", types)
        if root is None:
            raise Unsupported("damaged-file", file=self.file_name)
        prefix = root[1] + b":" if root[1] else b""
        entry = b'Override PartName="/' + escape_attribute(name) + b'" ContentType="' + content_type.encode() + b'"/>'
        self.put(_TYPES, types[: root.start()] + b"<" + prefix + entry + types[root.start() :])
        return name

    def remove(self, name: str) -> None:
        """Take a part out, with its content type; relations to it are the caller's."""
        self._changed[plain_name(name)] = None
        types = self.text(_TYPES)

        def kept(match: re.Match[bytes]) -> bytes:
            return b"" if plain_name(attribute(match[0], b"PartName") or "") == plain_name(name) else match[0]

        self.put(_TYPES, _element("Override").sub(kept, types))

    def relate(self, part: str, type_: str, target: str, *, outside: bool = False) -> str:
        """A new relation of a part; gives its ID."""
        known = self.relations(part)
        number = len(known) + 1
        while f"rId{number}" in known:
            number += 1
        place = target if outside else posixpath.relpath("/" + target, "/" + posixpath.dirname(part))
        entry = f'Relationship Id="rId{number}" Type="{type_}" Target="'.encode() + escape_attribute(place) + b'"'
        entry += b' TargetMode="External"/>' if outside else b"/>"
        rels = relations_part(part)
        data = self.text(rels) or _NO_RELATIONS
        data = re.sub(
            rb"<((?:[\w.-]+:)?)Relationships(" + REST_OF_TAG + rb")/>", rb"<\1Relationships\2></\1Relationships>", data
        )
        end = re.search(rb"</((?:[\w.-]+:)?)Relationships>", data)
        if end is None:
            raise Unsupported("damaged-file", file=self.file_name)
        data = data[: end.start()] + b"<" + end[1] + entry + data[end.start() :]
        if plain_name(rels) in self.names:
            self.put(rels, data)
        else:
            self._added[rels] = data
        return f"rId{number}"

    def unrelate(self, part: str, target: str) -> None:
        """Take out the relations of a part that lead to another."""
        folder, rels = posixpath.dirname(part), relations_part(part)

        def kept(match: re.Match[bytes]) -> bytes:
            place = _resolved(folder, attribute(match[0], b"Target") or "")
            return b"" if plain_name(place) == plain_name(target) else match[0]

        self.put(rels, _element("Relationship").sub(kept, self.text(rels)))

    def recalculate(self, *, forget_order: bool) -> None:
        """Have results of formulas worked out anew when the file is opened; forget the order of old ones."""
        sheets = {plain_name(sheet.part) for sheet in self.sheets}
        chains = self.related(self.workbook_part, "calcChain") if forget_order else []
        for chain in [chain for chain in chains if plain_name(chain) not in sheets]:
            self.unrelate(self.workbook_part, chain)
            self.remove(chain)
        data = self.text(self.workbook_part)
        match = start_tag("calcPr").search(data)
        if match:
            tag = with_attribute(match[0], b"fullCalcOnLoad", "1")
            data = data[: match.start()] + tag + data[match.end() :]
            self.put(self.workbook_part, data)
        else:
            root = self.workbook
            calc = etree.Element(etree.QName(etree.QName(root).namespace, "calcPr"), fullCalcOnLoad="1")
            insert_in_order(root, calc, WORKBOOK_ORDER)
            self.put_xml(self.workbook_part, root)

    def write(self, target: BinaryIO) -> None:
        """The whole file as it will be."""
        changed = {
            name: [content] if isinstance(content, bytes) else content for name, content in self._changed.items()
        }
        self._archive.write(target, changed, self._added)


_NO_RELATIONS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)

WORKBOOK_ORDER = (
    "fileVersion fileSharing workbookPr AlternateContent revisionPtr workbookProtection bookViews sheets "
    "functionGroups externalReferences definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr "
    "smartTagTypes webPublishing fileRecoveryPr webPublishObjects extLst"
).split()
"""The schema's order: Excel repairs a file that does not keep it."""


def insert_in_order(root: etree._Element, child: etree._Element, order: list[str]) -> None:
    """Put a child where the schema wants it."""
    later = order[order.index(local_name(child)) + 1 :]
    for place, other in enumerate(root):
        if local_name(other) in later:
            root.insert(place, child)
            return
    root.append(child)


def _element(name: str) -> re.Pattern[bytes]:
    """An element without children."""
    opening, closing = rf"<((?:[\w.-]+:)?){name}(?=\s)".encode(), rf"(?:/>|>\s*</\1{name}>)".encode()
    return re.compile(opening + REST_OF_TAG + closing)


def relations_part(part: str) -> str:
    """The part that holds the relations of another."""
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def _resolved(folder: str, target: str) -> str:
    target = target.replace("\\", "/")
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _children(root: etree._Element, group: str, name: str) -> Iterator[etree._Element]:
    for element in root:
        if local_name(element) == group:
            yield from (child for child in element if local_name(child) == name)


def relation_id(element: etree._Element) -> str:
    """The ID of the relation that an element names; "" where it names none."""
    return next((str(v) for k, v in element.attrib.items() if etree.QName(k).localname == "id" and str(k) != "id"), "")
