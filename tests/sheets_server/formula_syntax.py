"""Formulas as text: their words, the references in them, and the tree they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from .a1 import ALL_COLUMNS, ALL_ROWS, Rect, column_index, column_letters, quoted, unquoted

TOKEN = (
    r"""(?P<space>\s+)|(?P<string>"(?:[^"]|"")*")"""
    r"""|(?P<error>(?:(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|ERROR!))"""
    r"""|(?P<ref>(?:(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?(?:"""
    r"""\$?[A-Za-z]{1,3}\$?[1-9]\d*(?::(?:\$?[A-Za-z]{1,3}\$?[1-9]\d*|\$?[A-Za-z]{1,3}|\$?[1-9]\d*)(?![\w(.]))?"""
    r"""|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?:\$?[1-9]\d*)?|\$?[1-9]\d*:\$?[1-9]\d*)(?![\w(.!]))"""
    r"""|(?P<number>NUMBER)|(?P<name>[^\W\d][\w.]*)|(?P<op><>|<=|>=|[-+*/^&%=<>(){},;:!\\])"""
)
"""The words of a formula; NUMBER is filled in by the locale."""

CORNER = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)([1-9]\d*)?\Z")

Node = tuple[Any, ...]


class FormulaSyntaxError(Exception):
    """The text is no formula."""


class Token(NamedTuple):
    """One word of a formula."""

    kind: str
    text: str


class Ref(NamedTuple):
    """A reference; an open end is None."""

    title: str | None
    top: int | None
    left: int | None
    bottom: int | None  # the last row, inside; for one cell the same as top
    right: int | None
    fixed: tuple[bool, bool, bool, bool]  # the `$` of top, left, bottom, right
    single: bool

    @property
    def rect(self) -> Rect:
        """What it covers on its sheet; open ends are `ALL_…`."""
        return Rect(
            self.top or 0,
            self.left or 0,
            ALL_ROWS if self.bottom is None else self.bottom + 1,
            ALL_COLUMNS if self.right is None else self.right + 1,
        )

    def at(self, rect: Rect) -> Ref:
        """The same reference, covering another rectangle; ends that are open stay open."""
        return self._replace(
            top=None if self.top is None else rect.top,
            left=None if self.left is None else rect.left,
            bottom=None if self.bottom is None else rect.bottom - 1,
            right=None if self.right is None else rect.right - 1,
        )

    @property
    def text(self) -> str:
        """As a formula writes it."""
        title = "" if self.title is None else quoted(self.title) + "!"
        first = _corner(self.left, self.top, self.fixed[1], self.fixed[0])
        if self.single:
            return title + first
        return f"{title}{first}:{_corner(self.right, self.bottom, self.fixed[3], self.fixed[2])}"


def _corner(column: int | None, row: int | None, fixed_column: bool, fixed_row: bool) -> str:
    letters = "" if column is None else ("$" if fixed_column else "") + column_letters(column)
    return letters + ("" if row is None else ("$" if fixed_row else "") + str(row + 1))


@lru_cache(maxsize=2)
def _pattern(comma_is_decimal: bool) -> re.Pattern[str]:
    point = "," if comma_is_decimal else r"\."
    number = rf"(?:\d+(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?"
    return re.compile(TOKEN.replace("NUMBER", number))


@lru_cache(maxsize=4096)
def tokens(formula: str, comma_is_decimal: bool) -> tuple[Token, ...]:
    """The words of a formula after its `=`; together they are its text again."""
    pattern, found, at, end = _pattern(comma_is_decimal), [], 1, len(formula)
    while at < end:
        match = pattern.match(formula, at)
        if match is None:
            found.append(Token("wrong", formula[at]))
            at += 1
            continue
        found.append(Token(match.lastgroup or "op", match.group()))
        at = match.end()
    return tuple(found)


@lru_cache(maxsize=8192)
def parse_ref(text: str) -> Ref:
    """The reference that a word of a formula writes."""
    head, mark, cells = text.rpartition("!")
    first, colon, last = cells.partition(":")
    a, b = CORNER.match(first), CORNER.match(last or first)
    if a is None or b is None:
        raise FormulaSyntaxError(text)
    column_1, row_1 = a[2] and column_index(a[2]), a[4] and int(a[4]) - 1
    column_2, row_2 = b[2] and column_index(b[2]), b[4] and int(b[4]) - 1
    # In `$5` the mark before the row is read as the mark before the missing column.
    fixed_row_1, fixed_column_1 = bool(a[3] or (a[1] and not a[2])), bool(a[1] and a[2])
    fixed_row_2, fixed_column_2 = bool(b[3] or (b[1] and not b[2])), bool(b[1] and b[2])
    if row_1 is not None and row_2 is not None and row_1 > row_2:
        row_1, row_2, fixed_row_1, fixed_row_2 = row_2, row_1, fixed_row_2, fixed_row_1
    if column_1 is not None and column_2 is not None and column_1 > column_2:
        column_1, column_2 = column_2, column_1
        fixed_column_1, fixed_column_2 = fixed_column_2, fixed_column_1
    return Ref(
        unquoted(head) if mark else None,
        row_1,
        column_1,
        row_2,
        column_2,
        (fixed_row_1, fixed_column_1, fixed_row_2, fixed_column_2),
        not colon,
    )


def with_references(formula: str, comma_is_decimal: bool, change: Callable[[Ref], Ref | None]) -> str:
    """The formula with every reference changed; None makes it `#REF!`."""
    parts = ["="]
    for kind, text in tokens(formula, comma_is_decimal):
        if kind == "ref":
            ref = parse_ref(text)
            new = change(ref)
            if new is None:
                text = "#REF!"
            elif new != ref:
                text = new.text
        parts.append(text)
    return "".join(parts)


def with_names(formula: str, comma_is_decimal: bool, old: str, new: str) -> str:
    """The formula with the named range `old` called `new`."""
    parts = ["="]
    for kind, text in tokens(formula, comma_is_decimal):
        parts.append(new if kind == "name" and text.casefold() == old.casefold() else text)
    return "".join(parts)


def translated(formula: str, comma_is_decimal: bool) -> str:
    """The formula as it is written where the other mark is decimal."""
    parts, braces = ["="], 0
    for kind, text in tokens(formula, comma_is_decimal):
        braces += (text == "{") - (text == "}")
        if kind == "number":
            text = text.replace(",", ".") if comma_is_decimal else text.replace(".", ",")
        elif kind == "op" and braces:
            text = {"\\": ","}.get(text, text) if comma_is_decimal else {",": "\\"}.get(text, text)
        elif kind == "op":
            text = {";": ","}.get(text, text) if comma_is_decimal else {",": ";"}.get(text, text)
        parts.append(text)
    return "".join(parts)


@lru_cache(maxsize=8192)
def parsed(formula: str, comma_is_decimal: bool) -> Node:
    """The tree that a formula means."""
    parser = _Parser([t for t in tokens(formula, comma_is_decimal) if t.kind != "space"], comma_is_decimal)
    node = parser.expression(0)
    if not parser.done:
        raise FormulaSyntaxError(formula)
    return node


STRENGTH = {
    "=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5,
}  # fmt: skip
UNARY = 6


class _Parser:
    def __init__(self, words: list[Token], comma_is_decimal: bool) -> None:
        self.words = words
        self.at = 0
        self.comma_is_decimal = comma_is_decimal
        self.separators = (";",) if comma_is_decimal else (",", ";")

    @property
    def done(self) -> bool:
        return self.at >= len(self.words)

    def peek(self) -> Token:
        return self.words[self.at] if self.at < len(self.words) else Token("end", "")

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def expect(self, text: str) -> None:
        if self.take().text != text:
            raise FormulaSyntaxError(text)

    def expression(self, least: int) -> Node:
        left = self.operand()
        while True:
            token = self.peek()
            if token.kind != "op":
                return left
            if token.text == "%":
                self.take()
                left = ("percent", left)
                continue
            strength = STRENGTH.get(token.text)
            if strength is None or strength <= least:
                return left
            self.take()
            left = ("binary", token.text, left, self.expression(strength))

    def operand(self) -> Node:
        kind, text = self.take()
        if kind == "number":
            plain = text.replace(",", ".") if self.comma_is_decimal else text
            return ("value", int(plain) if plain.isdigit() else float(plain))
        if kind == "string":
            return ("value", text[1:-1].replace('""', '"'))
        if kind == "error":
            return ("error", text.rpartition("!#")[2] if "!#" in text else text[1:])
        if kind == "ref":
            return ("ref", parse_ref(text))
        if kind == "name":
            return self.name(text)
        if text in ("-", "+"):
            inner = self.expression(UNARY - 1)
            return ("negative", inner) if text == "-" else ("positive", inner)
        if text == "(":
            inner = self.expression(0)
            self.expect(")")
            return inner
        if text == "{":
            return self.array()
        raise FormulaSyntaxError(text)

    def name(self, text: str) -> Node:
        if self.peek().text == "(":
            self.take()
            return ("call", text.upper(), tuple(self.arguments()))
        if text.upper() in ("TRUE", "FALSE"):
            return ("value", text.upper() == "TRUE")
        return ("name", text)

    def arguments(self) -> list[Node]:
        found: list[Node] = []
        if self.peek().text == ")":
            self.take()
            return found
        while True:
            if self.peek().text in self.separators or self.peek().text == ")":
                found.append(("value", None))
            else:
                found.append(self.expression(0))
            token = self.take()
            if token.text == ")":
                return found
            if token.text not in self.separators:
                raise FormulaSyntaxError(token.text)

    def array(self) -> Node:
        beside = "\\" if self.comma_is_decimal else ","
        rows: list[list[Node]] = [[self.expression(0)]]
        while True:
            token = self.take()
            if token.text == "}":
                return ("array", tuple(tuple(row) for row in rows))
            if token.text == beside:
                rows[-1].append(self.expression(0))
            elif token.text == ";":
                rows.append([self.expression(0)])
            else:
                raise FormulaSyntaxError(token.text)
