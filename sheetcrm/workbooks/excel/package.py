"""The zip of parts that an Excel file is: which part is which tab, and whether it is safe to open.

It knows parts, relations and names of a workbook; it reads no cells. Nothing is
believed: sizes are checked before anything is unpacked, entities are never
resolved, nothing outside the file is followed.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import NamedTuple

from lxml import etree

from sheetcrm.problems import Unsupported

__all__ = ["DefinedName", "Package", "Sheet", "local_name", "parse_xml"]

MAX_MEMBERS = 10_000
MAX_PART_BYTES = 1 << 30
MAX_TOTAL_BYTES = 3 << 30
MAX_RATIO = 400
"""Spreadsheets of equal rows reach 100; what goes beyond this was made to do harm."""

_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK"


class Sheet(NamedTuple):
    """A tab as the workbook part lists it."""

    title: str
    part: str
    """The name of its part; "" where there is none."""
    state: str
    """visible, hidden or veryHidden."""


class DefinedName(NamedTuple):
    """A name that the workbook gives to a place."""

    name: str
    refers_to: str
    is_local: bool
    """It belongs to one tab, as the names of a copied tab do."""


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace: producers differ in it."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def parse_xml(data: bytes) -> etree._Element:
    """A part's root, with entities and network off."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    return etree.fromstring(data, parser)


@dataclass(frozen=True)
class Package:
    """An Excel file, unpacked as far as it is asked for."""

    data: bytes
    file_name: str

    def __post_init__(self) -> None:
        self._check_kind()
        infos = self._zip.infolist()
        sizes = [info.file_size for info in infos]
        suspicious = any(i.file_size > MAX_RATIO * max(i.compress_size, 1 << 10) for i in infos)
        if (
            len(infos) > MAX_MEMBERS
            or max(sizes, default=0) > MAX_PART_BYTES
            or sum(sizes) > MAX_TOTAL_BYTES
            or suspicious
        ):
            raise Unsupported("hostile-file", file=self.file_name)
        if "[content_types].xml" not in self._members:
            raise Unsupported("other-kind" if "mimetype" in self._members else "damaged-file", file=self.file_name)

    def _check_kind(self) -> None:
        head = self.data[:4]
        if head == _OLE:
            encrypted = "EncryptedPackage".encode("utf-16-le") in self.data
            raise Unsupported("encrypted-file" if encrypted else "other-kind", file=self.file_name)
        if head[:2] != _ZIP:
            other = self.file_name.lower().endswith((".csv", ".tsv", ".txt", ".ods", ".xls", ".xlsb", ".html"))
            raise Unsupported("other-kind" if other else "damaged-file", file=self.file_name)

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(BytesIO(self.data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise Unsupported("damaged-file", file=self.file_name) from error

    @cached_property
    def _members(self) -> dict[str, zipfile.ZipInfo]:
        # Names are matched as Excel does: in any letter case, with either slash.
        return {i.filename.replace("\\", "/").lstrip("/").lower(): i for i in self._zip.infolist() if not i.is_dir()}

    @property
    def names(self) -> tuple[str, ...]:
        """All parts, in lower case."""
        return tuple(self._members)

    def part(self, name: str) -> bytes:
        """One part unpacked; empty where it is not there."""
        info = self._members.get(name.lower())
        if info is None:
            return b""
        try:
            return self._zip.read(info)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise Unsupported("damaged-file", file=self.file_name) from error

    def xml(self, name: str) -> etree._Element:
        """One part as XML."""
        try:
            return parse_xml(self.part(name))
        except etree.XMLSyntaxError as error:
            raise Unsupported("damaged-file", file=self.file_name) from error

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation ID → last word of its type, and the part it leads to. Outside ones are left out."""
        folder, base = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{base}.rels")
        found: dict[str, tuple[str, str]] = {}
        if rels.lower() not in self._members:
            return found
        for relation in self.xml(rels):
            if relation.get("TargetMode") == "External":
                continue
            target = relation.get("Target", "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[relation.get("Id", "")] = relation.get("Type", "").rpartition("/")[2], path
        return found

    @cached_property
    def content_types(self) -> dict[str, str]:
        """Part, in lower case → its content type."""
        by_part: dict[str, str] = {}
        by_suffix: dict[str, str] = {}
        for entry in self.xml("[Content_Types].xml"):
            kind = entry.get("ContentType", "")
            if local_name(entry) == "Override":
                by_part[entry.get("PartName", "").replace("\\", "/").lstrip("/").lower()] = kind
            elif local_name(entry) == "Default":
                by_suffix[entry.get("Extension", "").lower()] = kind
        return {name: by_part.get(name) or by_suffix.get(name.rpartition(".")[2], "") for name in self._members}

    @cached_property
    def workbook_part(self) -> str:
        """The part that lists the tabs."""
        for kind, part in self.relations("").values():
            if kind == "officeDocument" and part.lower().endswith(".xml"):
                return part
        raise Unsupported("other-kind" if "xl/workbook.bin" in self._members else "damaged-file", file=self.file_name)

    @cached_property
    def workbook(self) -> etree._Element:
        """The workbook part as XML."""
        return self.xml(self.workbook_part)

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """Every tab, in the order of the file."""
        relations = self.relations(self.workbook_part)
        return tuple(
            Sheet(
                element.get("name", ""),
                relations.get(_relation_id(element), ("", ""))[1],
                element.get("state", "visible"),
            )
            for element in _children(self.workbook, "sheets", "sheet")
        )

    @cached_property
    def defined_names(self) -> tuple[DefinedName, ...]:
        """Every name, hidden ones too."""
        return tuple(
            DefinedName(element.get("name", ""), element.text or "", element.get("localSheetId") is not None)
            for element in _children(self.workbook, "definedNames", "definedName")
        )

    def sheet_xml(self, part: str) -> bytes:
        """A tab's part in UTF-8 without comments and CDATA, so that bytes can be searched."""
        data = self.part(part)
        head = data[:200]
        # "\x00" gives UTF-16 away, whatever the declaration says.
        odd = b"\x00" in head or re.search(rb'encoding=["\'](?!utf-?8)', head, re.IGNORECASE)
        if odd or b"<!--" in data or b"<![CDATA[" in data:
            data = etree.tostring(self.xml(part), encoding="UTF-8")
        return data


def _children(root: etree._Element, group: str, name: str) -> Iterator[etree._Element]:
    for element in root:
        if local_name(element) == group:
            yield from (child for child in element if local_name(child) == name)


def _relation_id(element: etree._Element) -> str:
    return next((str(v) for k, v in element.attrib.items() if etree.QName(k).localname == "id" and str(k) != "id"), "")
