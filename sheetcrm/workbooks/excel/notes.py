"""Comments of people's on cells: taken from one tab and put into another, with their answers and their looks.

A comment stands in up to three parts: its text, the little box that shows it, and
the conversation that it may be. It knows these parts, and no leads.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import NamedTuple

from lxml import etree

from sheetcrm.tables import column_letters
from sheetcrm.workbooks.excel.markup import local_name
from sheetcrm.workbooks.excel.package import Package, relation_id
from sheetcrm.workbooks.excel.tab import TabEditor

__all__ = ["Note", "put_note", "take_notes"]

_COMMENTS_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_KIND = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_ANSWERS_KIND = "application/vnd.ms-excel.threadedcomments+xml"
_ANSWERS_RELATION = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
_ANSWERS_SPACE = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_SHAPE = re.compile(rb"<v:shape(?=[\s>])[^>]*>.*?</v:shape>", re.DOTALL)
_EMPTY_VML = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
    b'</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    b'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/>'
    b"</v:shapetype></xml>"
)
_PLAIN_SHAPE = (
    b'<v:shape id="_x0000_s1025" type="#_x0000_t202" style=\'position:absolute;margin-left:60pt;margin-top:1.5pt;'
    b'width:108pt;height:60pt;z-index:1;visibility:hidden\' fillcolor="#ffffe1" o:insetmode="auto">'
    b'<v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
    b"<v:textbox style='mso-direction-alt:auto'><div style='text-align:left'></div></v:textbox>"
    b'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    b"<x:Anchor>1, 15, 0, 2, 3, 15, 4, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    b"<x:Row>0</x:Row><x:Column>0</x:Column></x:ClientData></v:shape>"
)


class Note(NamedTuple):
    """What people said of one cell."""

    author: str
    comment: etree._Element
    shape: bytes
    """The box that shows it, as VML."""
    answers: tuple[etree._Element, ...]
    """The conversation, where it is one."""


def take_notes(tab: TabEditor, row: int) -> dict[int, Note]:
    """Column → what was said of its cell, for one row. Nothing is taken away."""
    package, found = tab.package, {}
    answers = _at_row(package, tab, row, "threadedComment", "threadedComments")
    for part in package.related(tab.sheet.part, "comments"):
        root = package.xml(part)
        authors = [element.text or "" for element in root.iter() if local_name(element) == "author"]
        for comment in root.iter():
            place = _place(comment, row) if local_name(comment) == "comment" else None
            if place is not None:
                number = int(comment.get("authorId", "0"))
                author = authors[number] if number < len(authors) else ""
                said = tuple(answer for column, answer in answers if column == place)
                found[place] = Note(author, deepcopy(comment), _shape_of(package, tab, row, place), said)
    return found


def _at_row(package: Package, tab: TabEditor, row: int, *kinds: str) -> list[tuple[int, etree._Element]]:
    elements = (e for part in package.related(tab.sheet.part, *kinds) for e in package.xml(part).iter())
    placed = ((_place(e, row), e) for e in elements if local_name(e) == "threadedComment")
    return [(column, deepcopy(e)) for column, e in placed if column is not None]


def _place(element: etree._Element, row: int) -> int | None:
    from sheetcrm.workbooks.excel.formulas import areas

    found = areas(element.get("ref", ""))
    return found[0].left if found and found[0].top == row else None


def _boxes_of(tab: TabEditor) -> str:
    """The part that holds the boxes of a tab's comments; "" without one. Pictures in headers have a part alike."""
    drawing = tab.skeleton.child("legacyDrawing")
    relation = relation_id(drawing) if drawing is not None else ""
    found = tab.package.relations(tab.sheet.part).get(relation)
    return found.part if found is not None else ""


def _shape_of(package: Package, tab: TabEditor, row: int, column: int) -> bytes:
    rows, columns = rb"<x:Row>\s*%d\s*</x:Row>" % (row - 1), rb"<x:Column>\s*%d\s*</x:Column>" % (column - 1)
    for match in _SHAPE.finditer(package.part(_boxes_of(tab))):
        if re.search(rows, match[0]) and re.search(columns, match[0]):
            return match[0]
    return _PLAIN_SHAPE


def put_note(tab: TabEditor, row: int, column: int, note: Note) -> None:
    """Let a cell have what was said of another."""
    place = f"{column_letters(column - 1)}{row}"
    if _put_comment(tab, place, note):
        _put_shape(tab, row, column, note.shape)
    if note.answers:
        _put_answers(tab, place, note.answers)


def _put_comment(tab: TabEditor, place: str, note: Note) -> bool:
    """Whether the cell had no comment yet: one that it has goes on, with both texts."""
    package = tab.package
    part = next(iter(package.related(tab.sheet.part, "comments")), "")
    space = etree.QName(note.comment).namespace
    if not part:
        empty = f'<comments xmlns="{space}"><authors></authors><commentList></commentList></comments>'.encode()
        part = package.add("xl", "comments", "xml", empty, _COMMENTS_KIND)
        package.relate(tab.sheet.part, package.relation_type("comments"), part)
    root = package.xml(part)
    authors = next(e for e in root if local_name(e) == "authors")
    names = [author.text or "" for author in authors]
    if note.author not in names:
        etree.SubElement(authors, f"{{{space}}}author").text = note.author
        names.append(note.author)
    comment = deepcopy(note.comment)
    comment.set("ref", place)
    comment.set("authorId", str(names.index(note.author)))
    comments = next(e for e in root if local_name(e) == "commentList")
    there = next((e for e in comments if e.get("ref") == place), None)
    if there is None:
        comments.append(comment)
    else:
        _join(there, comment)
    package.put_xml(part, root)
    return there is None


def _join(there: etree._Element, comment: etree._Element) -> None:
    """Let a comment say what another says, below what it says already."""
    texts = [e for c in (there, comment) for e in c if local_name(e) == "text"]
    if len(texts) < 2:
        return
    space = etree.QName(there).namespace
    for element in list(texts[0]):
        if local_name(element) == "t":  # plain text becomes a run among others
            run = etree.SubElement(texts[0], f"{{{space}}}r")
            run.append(element)
    line = etree.SubElement(etree.SubElement(texts[0], f"{{{space}}}r"), f"{{{space}}}t")
    line.text = "\n"
    line.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    for element in list(texts[1]):
        if local_name(element) == "t":
            etree.SubElement(texts[0], f"{{{space}}}r").append(element)
        else:
            texts[0].append(element)


def _put_shape(tab: TabEditor, row: int, column: int, shape: bytes) -> None:
    package = tab.package
    part = _boxes_of(tab)
    if not part:
        part = package.add("xl/drawings", "vmlDrawing", "vml", _EMPTY_VML, _VML_KIND)
        relation = package.relate(tab.sheet.part, package.relation_type("vmlDrawing"), part)
        drawing = tab.changed_skeleton.ensure("legacyDrawing")
        drawing.set(f"{{{package.relation_type('').rstrip('/')}}}id", relation)
    data = package.part(part)
    number = max((int(n) for n in re.findall(rb'id="_x0000_s(\d+)"', data)), default=1024) + 1
    shape = re.sub(rb'(<v:shape\s[^>]*?\bid=")[^"]*"', rb'\g<1>_x0000_s%d"' % number, shape, count=1)
    old = re.search(rb"<x:Row>\s*(\d+)", shape)
    lower = row - 1 - (int(old[1]) if old else 0)
    shape = re.sub(rb"<x:Row>[^<]*</x:Row>", b"<x:Row>%d</x:Row>" % (row - 1), shape)
    shape = re.sub(rb"<x:Column>[^<]*</x:Column>", b"<x:Column>%d</x:Column>" % (column - 1), shape)
    shape = re.sub(rb"<x:Anchor>([^<]*)</x:Anchor>", lambda m: _lowered(m[1], lower), shape)
    end = data.rfind(b"</")
    package.put(part, data[:end] + shape + data[end:])


def _lowered(anchor: bytes, by: int) -> bytes:
    numbers = [int(n) for n in re.findall(rb"-?\d+", anchor)]
    if len(numbers) == 8:
        numbers[2], numbers[6] = max(numbers[2] + by, 0), max(numbers[6] + by, 4)
    return b"<x:Anchor>" + ", ".join(map(str, numbers)).encode() + b"</x:Anchor>"


def _put_answers(tab: TabEditor, place: str, answers: tuple[etree._Element, ...]) -> None:
    package = tab.package
    part = next(iter(package.related(tab.sheet.part, "threadedComment", "threadedComments")), "")
    if not part:
        empty = f'<ThreadedComments xmlns="{_ANSWERS_SPACE}"></ThreadedComments>'.encode()
        part = package.add("xl/threadedComments", "threadedComment", "xml", empty, _ANSWERS_KIND)
        package.relate(tab.sheet.part, _ANSWERS_RELATION, part)
    root = package.xml(part)
    for answer in answers:
        copy = deepcopy(answer)
        copy.set("ref", place)
        root.append(copy)
    package.put_xml(part, root)
