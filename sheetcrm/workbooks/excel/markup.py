"""XML as bytes: what is not touched stays as it is, to the byte.

A part is turned into UTF-8 without comments and CDATA, so that it can be searched;
small changes are spliced in. It knows no spreadsheet.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from html import unescape
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from lxml import etree

__all__ = [
    "check_whole",
    "with_prefix",
    "REST_OF_TAG",
    "start_tag",
    "attribute",
    "escape",
    "escape_attribute",
    "local_name",
    "parse_xml",
    "plain",
    "serialise",
    "splice_attributes",
    "splice_texts",
    "unescaped",
    "with_attribute",
]

_DECLARATION = re.compile(rb"<\?xml[^>]*?\?>")
_ENCODING = re.compile(rb"(encoding\s*=\s*)([\"'])([^\"']+)\2")
_HIDDEN = re.compile(rb"<!--.*?-->|<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ROOT = re.compile(rb"<[A-Za-z_]")
REST_OF_TAG = rb"[^<>\"']*(?:(?:\"[^<\"]*\"|'[^<']*')[^<>\"']*)*"
"""What stands between an element's name and the end of its start tag. An attribute may hold a `>`."""
_BOMS = (
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def plain(data: bytes) -> bytes:
    """A part in UTF-8, its CDATA written as text, its comments gone. Raises `ValueError` where it cannot be.

    Most parts are that already and come back as they are.
    """
    data = _in_utf8(data)
    root = _ROOT.search(data)
    if b"<!ENTITY" in data[: root.start() if root else len(data)]:
        raise ValueError("entities")
    if data.find(b"<!") < 0:
        return data
    for opening, closing in ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>")):
        if data.rfind(opening) > data.rfind(closing):
            raise ValueError("a comment or CDATA without an end")
    return _HIDDEN.sub(lambda match: escape(match[1].decode("utf-8")) if match[1] is not None else b"", data)


def _in_utf8(data: bytes) -> bytes:
    encoding = next((encoding for bom, encoding in _BOMS if data.startswith(bom)), None)
    if encoding is None:
        if b"\x00" in data[:8]:
            encoding = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
        else:
            declared = _ENCODING.search(data[:200])
            encoding = declared[3].decode("ascii", "replace").lower() if declared else ""
    if encoding in ("", "utf-8", "utf8", "us-ascii", "ascii"):
        return data
    try:
        text = data.decode(encoding)
    except LookupError as error:
        raise ValueError(f"unknown encoding {encoding}") from error
    data = text.encode("utf-8")
    return _DECLARATION.sub(lambda match: _ENCODING.sub(rb"\1\2UTF-8\2", match[0]), data, count=1)


def local_name(element: Any) -> str:
    """The element's name without its namespace: producers differ in it."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def with_prefix(xml: bytes, before: bytes, after: bytes) -> bytes:
    """A piece of XML whose elements have one prefix (`x:`, or none), with another."""
    return xml if before == after else re.sub(rb"<(/?)" + before + rb"(?=[A-Za-z]+[\s/>])", rb"<\1" + after, xml)


def check_whole(xml: bytes) -> None:
    """Raise `ValueError` where a part is not well-formed XML; one that holds a million cells, too, in little memory."""
    reader = ParserCreate(namespace_separator=" ")
    try:
        reader.Parse(xml, True)
    except ExpatError as error:
        raise ValueError(str(error)) from error


def parse_xml(data: bytes) -> etree._Element:
    """A part's root, with entities and network off."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    return etree.fromstring(data, parser)


def serialise(root: etree._Element, before: bytes) -> bytes:
    """The part as bytes, with what stood above its root in `before` (in UTF-8)."""
    start = _ROOT.search(before)
    return before[: start.start() if start else 0] + etree.tostring(root, encoding="UTF-8", xml_declaration=False)


def escape(text: str) -> bytes:
    """Text as it stands between tags."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\r", "&#13;")
        .encode("utf-8", "strict")
    )


def escape_attribute(text: str) -> bytes:
    """Text as it stands in an attribute between double quotes."""
    return escape(text).replace(b'"', b"&quot;").replace(b"\n", b"&#10;").replace(b"\t", b"&#9;")


def unescaped(data: bytes) -> str:
    """The text that stands between tags or quotes."""
    text = data.decode("utf-8")
    return unescape(text) if "&" in text else text


def start_tag(names: str) -> re.Pattern[bytes]:
    """The start tags of elements of those names, which `|` divides, under any prefix."""
    return re.compile(rb"<(?:[\w.-]+:)?(?:" + names.encode() + rb")(?=[\s/>])" + REST_OF_TAG + rb">")


def attribute(tag: bytes, name: bytes) -> str | None:
    """The value of an attribute of a start tag."""
    match = re.search(rb"\s" + name + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag)
    if match is None:
        return None
    return unescaped(match[1] if match[1] is not None else match[2])


def with_attribute(tag: bytes, name: bytes, value: str | None) -> bytes:
    """The start tag with that attribute set, or without it."""
    pattern = rb"\s" + name + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')"
    new = b"" if value is None else b" " + name + b'="' + escape_attribute(value) + b'"'
    tag, found = re.subn(pattern, lambda _: new, tag, count=1)
    if found or value is None:
        return tag
    end = re.search(rb"\s*/?>$", tag)
    if end is None:
        raise ValueError("no start tag")
    return tag[: end.start()] + new + tag[end.start() :]


def splice_attributes(
    data: bytes, tags: Iterable[str], names: Iterable[str], change: Callable[[str], str | None]
) -> bytes:
    """The part with those attributes of those elements changed; None from `change` leaves one as it is."""
    tag = start_tag("|".join(tags))
    one = re.compile(rb"(\s(?:" + "|".join(names).encode() + rb")\s*=\s*)(?:\"([^\"]*)\"|'([^']*)')")

    def changed(match: re.Match[bytes]) -> bytes:
        new = change(unescaped(match[2] if match[2] is not None else match[3]))
        return match[0] if new is None else match[1] + b'"' + escape_attribute(new) + b'"'

    return tag.sub(lambda match: one.sub(changed, match[0]), data)


def splice_texts(data: bytes, tags: Iterable[str], change: Callable[[str], str | None]) -> bytes:
    """The part with the texts of those elements changed; None from `change` leaves one as it is."""
    opening = rb"<(?:[\w.-]+:)?(?:" + "|".join(tags).encode() + rb")(?=[\s>])" + REST_OF_TAG
    pattern = re.compile(rb"(" + opening + rb"(?<!/)>)([^<]*)(?=</)")

    def changed(match: re.Match[bytes]) -> bytes:
        new = change(unescaped(match[2]))
        return match[0] if new is None else match[1] + escape(new)

    return pattern.sub(changed, data)
