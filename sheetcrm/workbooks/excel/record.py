"""What an offer's file says of itself: its number, for which record, and what is offered.

It stands in the file's own properties (File → Info → Properties in Excel), where
programs keep it when they save. By it, a file that a killed run left is known again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from lxml import etree

from sheetcrm.offers import Offer, OfferNumber, OfferRecord
from sheetcrm.tables import digest, is_blank
from sheetcrm.workbooks.excel.package import Package
from sheetcrm.workbooks.excel.reading import read_snapshot

__all__ = ["cells_digest", "read_record", "record_of", "write_record"]

_PREFIX = "sheetcrm."
_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_STRICT_NAMESPACE = "http://purl.oclc.org/ooxml/officeDocument/customProperties"
_STRICT_TYPES = "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes"
_KINDS = ("custom-properties", "customProperties")
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_ANYBODYS = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""The set of properties that anybody may add to."""
_FIRST_NUMBER = 2


def record_of(offer: Offer) -> OfferRecord:
    """What the file of that offer says of itself."""
    return OfferRecord(offer.number, offer.record_id, offer.made_on, offer.valid_until, offer.content)


def read_record(data: bytes, file_name: str) -> OfferRecord | None:
    """What a file says of itself; None where it is no offer of ours. Raises `Unsupported` where it cannot be read."""
    package = Package(data, file_name)
    said: dict[str, str] = {}
    for part in package.related("", *_KINDS):
        for entry in package.xml(part):
            name = entry.get("name", "")
            if name.startswith(_PREFIX):
                said[name.removeprefix(_PREFIX)] = "".join(map(str, entry.itertext())).strip()
    number = OfferNumber.parse(said.get("offer", ""))
    try:
        made_on = date.fromisoformat(said.get("made-on", ""))
        valid_until = date.fromisoformat(said["valid-until"]) if said.get("valid-until") else None
    except ValueError:
        return None
    if number is None or not said.get("content"):
        return None
    return OfferRecord(number, said.get("record", ""), made_on, valid_until, said["content"])


def cells_digest(data: bytes, file_name: str) -> str:
    """What tells a file whose cells say something else from one that was only saved anew, by whatever program.

    What cells say and, after a dot, what formulas come to; nothing there where a program left that out when it
    saved. Looks do not count, nor do blank cells. Raises `Unsupported` where the file cannot be read.
    """
    said, results, has_results = hashlib.sha256(), hashlib.sha256(), False
    for tab in read_snapshot(data, file_name).tabs:
        cells = {(row, column): cell for row, cells in enumerate(tab.rows) for column, cell in enumerate(cells)}
        told = {place for place, cell in cells.items() if not is_blank(cell)}
        said.update(f"\x1d{tab.title}".encode("utf-8", "surrogatepass"))
        for place in sorted(told | tab.formulas.keys()):
            text = digest([cells[place]]) if place in told else ""
            where = f"\x1e{place[0]}\x1f{place[1]}\x1f"
            said.update(f"{where}{'=' if place in tab.formulas else text}".encode())
            if place in tab.formulas and text:
                results.update(f"\x1d{tab.title}{where}{text}".encode("utf-8", "surrogatepass"))
                has_results = True
    return f"{said.hexdigest()[:32]}.{results.hexdigest()[:32] if has_results else ''}"


def write_record(package: Package, record: OfferRecord) -> None:
    """Let a file say what it is; what else its properties say stays."""
    said: Mapping[str, str] = {
        "offer": str(record.number),
        "record": record.record_id,
        "made-on": record.made_on.isoformat(),
        "valid-until": record.valid_until.isoformat() if record.valid_until else "",
        "content": record.content,
    }
    part = next(iter(package.related("", *_KINDS)), "")
    if part:
        root = package.xml(part)
    else:
        is_strict = package.relation_type("").startswith("http://purl.oclc.org/")
        space, types = (_STRICT_NAMESPACE, _STRICT_TYPES) if is_strict else (_NAMESPACE, _TYPES)
        names = cast(Any, {None: space, "vt": types})
        root = etree.Element(f"{{{space}}}Properties", nsmap=names)
    for entry in [entry for entry in root if entry.get("name", "").startswith(_PREFIX)]:
        root.remove(entry)
    types = root.nsmap.get("vt") or _TYPES
    numbers = [int(entry.get("pid", "0")) for entry in root if entry.get("pid", "").isdigit()]
    for number, (name, value) in enumerate(said.items(), max([*numbers, _FIRST_NUMBER - 1]) + 1):
        tag = f"{{{etree.QName(root).namespace}}}property"
        entry = etree.SubElement(root, tag, fmtid=_ANYBODYS, pid=str(number), name=_PREFIX + name)
        etree.SubElement(entry, f"{{{types}}}lpwstr").text = value
    if part:
        package.put_xml(part, root)
        return
    data = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + etree.tostring(root)
    part = package.add("docProps", "custom", "xml", data, _CONTENT_TYPE)
    kind = _KINDS[1] if package.relation_type("").startswith("http://purl.oclc.org/") else _KINDS[0]
    package.relate("", package.relation_type(kind), part)
