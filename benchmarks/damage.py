"""How an Excel file is damaged at random: its bytes, its zip, the XML of its parts.

Knows what editors stumble over: references off the sheet, counts that lie, elements
that come twice. It knows nothing of what is done with the file afterwards.
"""

from __future__ import annotations

import random
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO

__all__ = ["Chance", "damaged"]

Members = list[tuple[str, bytes]]
Chance = random.Random


# ---------------------------------------------------------------- damage to bytes and to the zip


def flip(data: bytes, chance: Chance) -> bytes:
    """Other bytes in a few places."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.choice((0, 255, 34, 60, 62, 38, chance.randrange(256)))
    return bytes(changed)


def insert(data: bytes, chance: Chance) -> bytes:
    """Bytes that were not there."""
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_ODD_BYTES) * chance.choice((1, 1, 1, 1000)) + data[at:]


def cut_out(data: bytes, chance: Chance) -> bytes:
    """A piece is gone."""
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 2, 10, 500)) :]


def cut_off(data: bytes, chance: Chance) -> bytes:
    """The end is gone."""
    return data[: chance.randrange(len(data) + 1)]


_ODD_BYTES = (
    *(b"\0", b"<", b">", b"&", b'"', b"&#0;", b"&#x110000;", b"\xff\xfe", b"\xef\xbb\xbf", b"<!--", b"-->", b"<a>"),
    *(b"<![CDATA[", b"]]>", b"<?x?>", b"&lol;", b"</row>", b"<row>", b"<c/>", b"</sheetData>", b'<c r="A1"/>', b" "),
    *(b"<mergeCells/>", b"<f>", b"\xed\xa0\x80", b'<!DOCTYPE x [<!ENTITY a "b">]>'),
)
_DAMAGE_TO_BYTES: Mapping[str, Callable[[bytes, Chance], bytes]] = {
    "flip bytes": flip,
    "insert bytes": insert,
    "cut bytes out": cut_out,
    "cut the end off": cut_off,
}


def damage_members(members: Members, chance: Chance) -> str:
    """A member goes, comes twice, moves or gets another's name."""
    kind = chance.choice(("drop", "double", "move", "rename", "swap contents"))
    if not members:
        return "no member left"
    at, other = chance.randrange(len(members)), chance.randrange(len(members))
    (name, data), (other_name, other_data) = members[at], members[other]
    match kind:
        case "drop":
            del members[at]
        case "double":
            members.insert(other, (name, chance.choice((data, other_data, b""))))
        case "move":
            members.insert(other, members.pop(at))
        case "rename":
            odd = (
                name.upper(),
                "/" + name,
                "../" + name,
                name.replace("/", "\\"),
                other_name,
                "",
                name + "\0",
                "ă" + name,
            )
            members[at] = chance.choice(odd), data
        case _:
            members[at], members[other] = (name, other_data), (other_name, data)
    return f"member: {kind}"


def packed(members: Members, chance: Chance) -> bytes:
    """The members as a zip, most of them packed."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        for name, data in members:
            how = zipfile.ZIP_STORED if chance.random() < 0.05 else zipfile.ZIP_DEFLATED
            # A file that is doubled on purpose is no reason for a warning.
            book.NameToInfo.pop(name, None)
            book.writestr(zipfile.ZipInfo(name), data, how)
    return file.getvalue()


# ---------------------------------------------------------------- damage to XML

_TAG = re.compile(rb"<(/?)([A-Za-z_][\w:.-]*)((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*?)(/?)>")
_ATTRIBUTE = re.compile(rb"\s([\w:.-]+)=\"([^\"<]*)\"")
_TEXT = re.compile(rb">([^<>]+)<")
_MAX_TAGS = 4000
_ODD_VALUES = (
    *(
        b"",
        b"-1",
        b"0",
        b"1",
        b"2",
        b"1048576",
        b"1048577",
        b"99999999999999999999",
        b"1e9",
        b"1.5",
        b"NaN",
        b" ",
        b"x",
    ),
    *(b"A0", b"A1", b"XFD1", b"XFE1", b"A1048576", b"A1048577", b"ZZZZZZ1", b"$A$1", b"a1", b"A1:A1", b"B2:A1", b"A:A"),
    *(
        b"1:1",
        b"A1 B2 C3:D4",
        b"A1:XFD1048576",
        b"A1:B2:C3",
        b"#REF!",
        b"R1C1",
        b"A-1",
        b"A1:",
        b":A1",
        b"1:20",
        b"true",
    ),
    *(
        b"s",
        b"inlineStr",
        b"str",
        b"e",
        b"b",
        b"n",
        b"d",
        b"shared",
        b"array",
        b"dataTable",
        b"rId1",
        b"rId999",
        b"&amp;",
    ),
    *(
        b"&#10;",
        b"../../../etc/passwd",
        b"/xl/workbook.xml",
        b"worksheets/sheet1.xml",
        b"a>b",
        b"http://x.invalid/",
        b"\xc4\x83",
    ),
)
_ODD_TEXTS = (
    *(
        b"",
        b"-1",
        b"0",
        b"99999999999",
        b"1e308",
        b"1e999",
        b"NaN",
        b"x",
        b"SUM(",
        b"A1:B",
        b"Leads!A1",
        b"'a'b'!A1",
        b'"',
    ),
    *(
        b"((((((((((1",
        b"{1,2;3}",
        b"#REF!#REF!",
        b"[1]Sheet1!A1",
        b"A1048576+XFD1",
        b"A1:A1048576",
        b"1:1048576",
        b"$A:$XFD",
    ),
    *(
        b"Table1[[#This Row],[A]]",
        b"a" * 40_000,
        b"_x0000_",
        b"A1 A2",
        b"INDIRECT(A1)",
        b"=",
        b"\xc4\x83!A1",
        b"'",
        b"''!A1",
    ),
)
_WANTED = (
    b"r ref sqref s t si count uniqueCount min max spans cm vm ht hidden sheetId id r:id name localSheetId".split()
)


def damage_xml(data: bytes, chance: Chance) -> tuple[str, bytes]:
    """A part with elements, attributes or texts that are not as they should be."""
    kind = chance.choice(("elements", "attribute", "attribute", "attribute", "text", "text", "drop attribute"))
    if kind == "elements":
        return damage_elements(data, chance)
    if kind == "text":
        found = list(_first(_TEXT, data, chance))
        if not found:
            return "part: flip bytes", flip(data, chance)
        at = chance.choice(found)
        return "xml: text", data[: at.start(1)] + chance.choice(_ODD_TEXTS) + data[at.end(1) :]
    found = list(_first(_ATTRIBUTE, data, chance))
    known = [match for match in found if match[1] in _WANTED]
    found = known if known and chance.random() < 0.8 else found
    if not found:
        return "part: flip bytes", flip(data, chance)
    at = chance.choice(found)
    if kind == "drop attribute":
        return "xml: drop attribute", data[: at.start()] + data[at.end() :]
    value = chance.choice((*_ODD_VALUES, at[2] + b"0", b"-" + at[2], chance.choice(found)[2], b"9" * 5000))
    return "xml: attribute", data[: at.start(2)] + value + data[at.end(2) :]


def damage_elements(data: bytes, chance: Chance) -> tuple[str, bytes]:
    """An element goes, comes twice, is nested in itself, or changes places with another."""
    spans = list(_elements(data, chance))
    if not spans:
        return "part: flip bytes", flip(data, chance)
    (start, end), (other, other_end) = sorted((chance.choice(spans), chance.choice(spans)))
    element = data[start:end]
    match chance.choice(("drop", "double", "many", "swap", "wrap")):
        case "drop":
            return "xml: drop element", data[:start] + data[end:]
        case "double":
            return "xml: double element", data[:end] + element + data[end:]
        case "many":
            times = min(2000, 200_000 // max(len(element), 1))
            return "xml: element many times", data[:end] + element * times + data[end:]
        case "swap" if end <= other:
            swapped = data[other:other_end] + data[end:other] + element
            return "xml: swap elements", data[:start] + swapped + data[other_end:]
        case "swap":
            return "xml: move element", data[:start] + data[end:other_end] + element + data[max(end, other_end) :]
        case _:
            return "xml: wrap element", data[:start] + b"<x>" + element + b"</x>" + data[end:]


def _first(pattern: re.Pattern[bytes], data: bytes, chance: Chance) -> Iterator[re.Match[bytes]]:
    """Some of the matches, from the beginning or from anywhere."""
    begin = chance.choice((0, chance.randrange(len(data) + 1)))
    for number, match in enumerate(pattern.finditer(data, begin)):
        if number == _MAX_TAGS:
            return
        yield match


def _elements(data: bytes, chance: Chance) -> Iterator[tuple[int, int]]:
    opened: list[tuple[bytes, int]] = []
    for match in _first(_TAG, data, chance):
        if match[4]:
            yield match.span()
        elif not match[1]:
            opened.append((match[2], match.start()))
        elif opened and opened[-1][0] == match[2]:
            yield opened.pop()[1], match.end()


def damaged(seed: bytes, chance: Chance) -> tuple[list[str], bytes]:
    """What was done, and the file that came of it."""
    if chance.random() < 0.08:
        kind = chance.choice(list(_DAMAGE_TO_BYTES))
        return [f"zip: {kind}"], _DAMAGE_TO_BYTES[kind](seed, chance)
    try:
        with zipfile.ZipFile(BytesIO(seed)) as book:
            members = [(info.filename, book.read(info)) for info in book.infolist()]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error):
        return ["zip: flip bytes"], flip(seed, chance)
    kinds = []
    for _ in range(chance.choice((1, 1, 1, 1, 2, 4))):
        if chance.random() < 0.08 or not members:
            kinds.append(damage_members(members, chance))
            continue
        at = _chosen_member(members, chance)
        name, data = members[at]
        if chance.random() < 0.15:
            kind = chance.choice(list(_DAMAGE_TO_BYTES))
            data = _DAMAGE_TO_BYTES[kind](data, chance)
            kinds.append(f"part: {kind}")
        else:
            kind, data = damage_xml(data, chance)
            kinds.append(kind)
        members[at] = name, data
    return kinds, packed(members, chance)


def _chosen_member(members: Members, chance: Chance) -> int:
    """Mostly a part that an edit looks at."""
    words = chance.choice(
        ("worksheets/", "worksheets/", "worksheets/", "workbook", "styles", ".rels", "Types", "s/", "")
    )
    fit = [number for number, (name, _) in enumerate(members) if words in name]
    return chance.choice(fit or range(len(members)))
