"""Which column is which field: headers, aliases, classes, tabs.

The only place that spells a header. It knows the tabs of the design, in which
order `init` lays their columns, who writes each, and how a header that people
typed is recognised. It reads no value below the header.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal, NamedTuple, TypeAlias

from sheetcrm import messages
from sheetcrm.problems import Problem
from sheetcrm.tables import Addressing, CellError, Snapshot, Tab, column_letters, is_blank, raw_text

__all__ = [
    "FIELDS_OF_IDENTITY",
    "Field",
    "Layout",
    "PIPELINE_TABS",
    "SYNC_TABS",
    "TABS",
    "Understood",
    "field_called",
    "fields_of",
    "fold",
    "header",
    "home_mark",
    "layout_as",
    "read_layout",
    "tab_title",
]

Writer: TypeAlias = Literal["people", "sync", "fill", "command"]
"""Who writes a column: people; sync; sync where blank; people a word that sync answers."""


class Field(NamedTuple):
    """A column as the design knows it."""

    name: str
    kind: str = "text"
    """How its cells are read: a key of `sheetcrm.fields.READERS`."""
    writer: Writer = "people"
    details: bool = False
    """Laid out collapsed, under *Details*."""


def _sync(name: str, kind: str = "text") -> Field:
    return Field(name, kind, "sync")


_WHO = (
    _sync("id"),
    _sync("check"),
    Field("company"),
    Field("contact"),
    Field("phone", "phone"),
    Field("email", "email"),
    Field("source", "source"),
    Field("stage", "stage"),
    Field("owner", "owner"),
    Field("next_step"),
    Field("next_step_on", "date"),
    Field("notes", "long-text"),
    Field("loss_reason", "loss_reason"),
    Field("competitor", "competitor"),
    Field("come_back_on", "date"),
)
_MONEY = (
    Field("title"),
    Field("value", "amount"),
    Field("currency", "currency"),
    Field("expected_close", "date"),
    Field("confirmed_by", "confirmed_by"),
    Field("own_probability", "percent"),
    _sync("probability", "percent"),
    _sync("weighted_value", "amount"),
    _sync("last_offer"),
    Field("offer", "text", "command"),
)
_DETAILS = tuple(
    f._replace(details=True)
    for f in (
        _sync("in_stage_since", "date"),
        Field("created_on", "date", "fill"),
        Field("closed_on", "date", "fill"),
        Field("interested_in"),
        Field("industry", "industry"),
        Field("channel", "channel"),
        Field("campaign"),
        Field("referred_by"),
        _sync("referred_by_id"),
        Field("account"),
        _sync("account_id"),
        Field("unmet_need"),
        Field("tax_id", "tax_id"),
        Field("address"),
        Field("city"),
        Field("county"),
        Field("country"),
    )
)

TABS: Mapping[str, tuple[Field, ...]] = {
    "leads": _WHO + _DETAILS,
    "opportunities": _WHO + _MONEY + _DETAILS,
    "deals": _WHO + _MONEY + _DETAILS,
    "accounts": (
        _sync("id"),
        _sync("check"),
        Field("name"),
        Field("tax_id", "tax_id"),
        Field("contact"),
        Field("email", "email"),
        Field("phone", "phone"),
        Field("industry", "industry"),
        Field("owner", "owner"),
        Field("address"),
        Field("city"),
        Field("county"),
        Field("country"),
        Field("notes", "long-text"),
        _sync("customer_since", "date"),
        _sync("won_value"),
        _sync("open_value"),
        _sync("deals", "count"),
    ),
    "activities": (
        _sync("id"),
        _sync("check"),
        Field("record"),
        Field("type", "activity_type"),
        Field("date", "date"),
        Field("owner", "owner"),
        Field("subject"),
        Field("status", "activity_status"),
        Field("result", "long-text"),
        _sync("record_id"),
        _sync("record_name"),
    ),
    "offers": (
        _sync("number"),
        _sync("check"),
        Field("record"),
        Field("amount", "amount"),
        Field("link"),
        Field("status", "offer_status"),
        Field("sent_on", "date", "fill"),
        Field("sent_to"),
        Field("reason"),
        _sync("record_id"),
        _sync("version", "count"),
        _sync("state"),
        _sync("made_on", "date"),
        _sync("valid_until", "date"),
        _sync("net", "amount"),
        _sync("vat", "amount"),
        _sync("total", "amount"),
        _sync("currency", "currency"),
        _sync("file"),
    ),
    "offer_lines": (
        _sync("check"),
        Field("record"),
        Field("product"),
        Field("description"),
        Field("quantity", "amount"),
        Field("unit"),
        Field("unit_price", "amount"),
        Field("discount_percent", "percent"),
        Field("vat_percent", "percent"),
        _sync("record_id"),
        _sync("line_total", "amount"),
        _sync("last_offer"),
    ),
    "products": (
        _sync("check"),
        Field("code"),
        Field("name"),
        Field("unit"),
        Field("price", "amount"),
        Field("currency", "currency"),
        Field("vat_percent", "percent"),
        Field("active", "yes-no"),
    ),
    "stages": (
        _sync("check"),
        Field("stage"),
        Field("home"),
        Field("outcome"),
        Field("probability", "percent"),
        Field("rot_days", "count"),
        Field("may_go_on_to"),
        Field("needs_company_or_contact", "yes-no"),
        Field("needs_source", "yes-no"),
        Field("needs_email_or_phone", "yes-no"),
        Field("needs_owner", "yes-no"),
        Field("needs_interested_in", "yes-no"),
        Field("needs_value", "yes-no"),
        Field("needs_currency", "yes-no"),
        Field("needs_expected_close", "yes-no"),
        Field("needs_offer", "yes-no"),
        Field("needs_confirmation", "yes-no"),
        Field("needs_loss_reason", "yes-no"),
        _sync("stage_code"),
    ),
    "lists": (
        _sync("check"),
        Field("loss_reason"),
        Field("reason_for"),
        Field("asks_competitor", "yes-no"),
        Field("asks_come_back_on", "yes-no"),
        Field("asks_note", "yes-no"),
        Field("counts_in_rates", "yes-no"),
        Field("source"),
        Field("channel"),
        Field("competitor"),
        Field("industry"),
        Field("owner"),
        Field("owner_active", "yes-no"),
        Field("hands_over_to"),
        _sync("loss_reason_code"),
        _sync("source_code"),
        _sync("channel_code"),
        _sync("competitor_code"),
        _sync("industry_code"),
        _sync("owner_code"),
    ),
    "settings": (
        _sync("check"),
        Field("setting"),
        Field("setting_value"),
        Field("meaning"),
        _sync("setting_code"),
    ),
    "today": (),
    "report": (),
    "problems": (),
    "history": tuple(
        _sync(name, kind)
        for name, kind in (
            ("number", "count"),
            ("happened_on", "date"),
            ("seen_at", "moment"),
            ("run", "count"),
            ("record", "text"),
            ("event", "text"),
            ("before", "text"),
            ("after", "text"),
            ("tab", "text"),
            ("owner", "text"),
            ("source", "text"),
            ("industry", "text"),
            ("value", "amount"),
            ("currency", "text"),
            ("reason", "text"),
            ("competitor", "text"),
            ("note", "long-text"),
        )
    ),
    "state": tuple(
        _sync(name, kind)
        for name, kind in (
            ("id", "text"),
            ("tab", "text"),
            ("name", "text"),
            ("stage", "text"),
            ("since", "date"),
            ("cycle", "count"),
            ("reached", "text"),
            ("closed_from", "text"),
            ("closed_on", "date"),
            ("closed_with", "text"),
            ("identity", "text"),
            ("fingerprint", "text"),
            ("wrote", "text"),
            ("refused", "text"),
            ("missing_since", "date"),
            ("copy_of", "text"),
            ("touched", "text"),
            ("imported_as", "text"),
        )
    ),
}
"""Every tab: what it is → its fields, in the order `init` lays them."""

PIPELINE_TABS = ("leads", "opportunities", "deals")
SYNC_TABS = ("today", "report", "problems", "history", "state")
"""Tabs that are sync's altogether; recognised by sync's mark alone."""

HOME_MARK = "home."
"""Begins the mark of a tab that the team made a home of some stage."""

FIELDS_OF_IDENTITY = ("company", "contact", "email", "phone")

_ID_FIELD = {"offers": "number", "stages": "stage_code", "settings": "setting_code"}


@dataclass(frozen=True, slots=True)
class Layout:
    """A tab understood as far as its header row."""

    name: str
    """What the tab is: "leads"."""
    tab: Tab
    header_row: int
    columns: Mapping[str, int]
    """Field name → column."""
    unmarked: bool = False
    """A field was recognised that bears no mark yet, or moved away from its mark."""
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The tab's title as it stands in the workbook."""
        return self.tab.title

    def header_of(self, name: str, language: str) -> str:
        """The header as people wrote it, or as we would."""
        column = self.columns.get(name)
        if column is None:
            return header(name, language)
        return raw_text(self.tab.cell(self.header_row, column)).strip() or header(name, language)

    @property
    def own_columns(self) -> tuple[int, ...]:
        """The columns that the team added: no field of ours, but a header or cells of their own."""
        known = set(self.columns.values())
        others = [c for c in range(self.tab.width) if c not in known]
        return tuple(c for c in others if not is_blank(self.tab.cell(self.header_row, c)) or self._holds(c))

    def _holds(self, column: int) -> bool:
        below = self.tab.rows[self.header_row + 1 :]
        return any(column < len(row) and not is_blank(row[column]) for row in below)

    @property
    def own_names(self) -> Mapping[int, str]:
        """What the team's own columns are called: the second of one name `name (2)`, one without by its place."""
        seen: dict[str, int] = {}
        names = {}
        for column in sorted({*self.columns.values(), *self.own_columns}):
            text = raw_text(self.tab.cell(self.header_row, column)).strip()
            text = text or f"{self.title} {column_letters(column)}"
            times = seen[fold(text)] = seen.get(fold(text), 0) + 1
            names[column] = text if times == 1 else f"{text} ({times})"
        return {column: names[column] for column in self.own_columns}

    @property
    def people_columns(self) -> tuple[int, ...]:
        """Every column that people write, the team's own ones too."""
        people = [c for n, c in self.columns.items() if self.fields[n].writer in ("people", "command")]
        return tuple(sorted((*people, *self.own_columns)))

    @property
    def addressing(self) -> Addressing:
        """How rows of this tab are told apart; a column that is not there reads as blank."""
        id_column = self.columns.get(_ID_FIELD.get(self.name, "id"), 1 << 20)
        return Addressing(self.header_row, id_column, self.people_columns)


class Understood(NamedTuple):
    """The tabs of a workbook, as far as their header rows."""

    layouts: Mapping[str, Layout]
    problems: tuple[Problem, ...]


_LETTERS = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "\u00a0": " "})
_MARKS = dict.fromkeys(range(0x300, 0x370))
"""Diacritics, once they are taken apart from their letters."""
_GAPS = re.compile(r"[\s_]+")


@cache
def fold(text: str) -> str:
    """Text for comparing: no diacritics (ş and ș alike), no letter case, single spaces."""
    lower = text.casefold()
    if not lower.isascii():
        lower = unicodedata.normalize("NFKD", lower.translate(_LETTERS)).translate(_MARKS)
    return _GAPS.sub(" ", lower).strip()


@lru_cache(maxsize=4096)
def _fold_header(text: str) -> str:
    return re.sub(r"[^\w%]+", " ", fold(text)).strip()


def tab_title(name: str, language: str) -> str:
    """How a tab is called."""
    return messages.text("tabs", name, language)


def header(name: str, language: str) -> str:
    """How a column is called where we write it."""
    return messages.text("headers", name, language)


@cache
def _names(area: str) -> Mapping[str, tuple[str, ...]]:
    """Folded spelling → the names that go by it, in either language, aliases too."""
    found: dict[str, dict[str, None]] = {}
    for name, entry in messages.area(area).items():
        aliases = entry.get("also", [])
        spellings = [*(str(entry[language]) for language in messages.LANGUAGES), name]
        if isinstance(aliases, list):
            spellings += [str(alias) for alias in aliases]
        for spelling in spellings:
            found.setdefault(_fold_header(spelling), {})[name] = None
    return {spelling: tuple(names) for spelling, names in found.items()}


def field_called(typed: str, fields: Mapping[str, Field]) -> str | None:
    """The field of a tab that a typed header names, in either language or by alias."""
    return next((name for name in _names("headers").get(_fold_header(typed), ()) if name in fields), None)


def tab_called(typed: str) -> str | None:
    """The tab that a title names, in either language or by alias."""
    return next(iter(_names("tabs").get(_fold_header(typed), ())), None)


def fields_of(name: str) -> Mapping[str, Field]:
    """The fields of a tab; a home of the team's own has those of a deal.

    A lead may bring along what people write on an opportunity: it may have been one.
    """
    brought = [field for field in _MONEY if field.writer != "sync"] if name == "leads" else []
    return {field.name: field for field in (*TABS.get(name, TABS["deals"]), *brought)}


def home_mark(name: str) -> str:
    """The mark of a tab of records: its name, or one made of the title that the team gave it."""
    return name if name in TABS else HOME_MARK + re.sub(r"[^a-z0-9]+", "_", fold(name))


def read_layout(snapshot: Snapshot) -> Understood:
    """Recognise tabs by their mark, people's tabs also by title, and fields by mark or header."""
    layouts: dict[str, Layout] = {}
    problems: list[Problem] = []
    for tab in snapshot.tabs:
        name = tab.title if tab.mark.startswith(HOME_MARK) else tab.mark
        if (name in TABS or name != tab.mark) and name not in layouts:
            layouts[name] = layout_as(name, tab, problems)
    for tab in snapshot.tabs:
        called = None if tab.mark else tab_called(tab.title)
        if called is None or called in SYNC_TABS:
            continue
        if called in layouts:
            problems.append(Problem("second-tab", tab.title, values={"other": layouts[called].title}))
            continue
        layouts[called] = layout_as(called, tab, problems)
    return Understood(layouts, tuple(problems))


def layout_as(name: str, tab: Tab, problems: list[Problem] | None = None) -> Layout:
    """The tab understood as the one of that name; what is odd about its head goes into `problems`."""
    odd = problems if problems is not None else []
    fields = fields_of(name)
    row = _header_row(tab, fields)
    if row is None:
        if fields and not is_empty(tab):
            odd.append(Problem("no-header", tab.title))
        return Layout(name, tab, 0, {}, fields=fields)
    cells = tab.rows[row]
    marked = {n: c for n, c in tab.marks.items() if n in fields and c < len(cells) and not is_blank(cells[c])}
    columns: dict[str, int] = {}
    for column, cell in enumerate(cells):
        called = None if isinstance(cell, CellError) or is_blank(cell) else field_called(raw_text(cell), fields)
        if called is None or not _may_adopt(name, fields[called], column, marked):
            continue
        if called in columns:
            odd.append(_doubled(tab, row, columns[called], column))
            continue
        columns[called] = column
    taken = set(columns.values())
    for field_name, column in marked.items():
        # What it was last time: the header was renamed, the column is the same.
        if field_name not in columns and column not in taken:
            columns[field_name] = column
            taken.add(column)
    odd += [_merged(tab, block) for block in tab.merged if block[2] > row and block[0] >= row]
    unmarked = any(tab.marks.get(called) != column for called, column in columns.items())
    return Layout(name, tab, row, columns, unmarked, fields)


def _may_adopt(name: str, field: Field, column: int, marked: Mapping[str, int]) -> bool:
    """Sync's own columns are known by their mark alone; of doubled headers the marked one counts."""
    if field.name in marked:
        return marked[field.name] == column
    return field.writer != "sync" or name in SYNC_TABS


def _doubled(tab: Tab, row: int, first: int, second: int) -> Problem:
    text = raw_text(tab.cell(row, second)).strip()
    values = {"header": text, "first": column_letters(first), "second": column_letters(second)}
    return Problem("doubled-header", tab.title, row + 1, column=text, values=values)


def _merged(tab: Tab, block: tuple[int, int, int, int]) -> Problem:
    top, left, bottom, right = block
    cells = f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}"
    return Problem("merged-cells", tab.title, top + 1, values={"cells": cells})


def is_empty(tab: Tab) -> bool:
    """Whether nothing stands in a tab."""
    return all(is_blank(cell) for row in tab.rows for cell in row)


def _header_row(tab: Tab, fields: Mapping[str, Field]) -> int | None:
    """The row, among the first ten, in which most headers are recognised (two at least, or a marked one).

    Titles above it and a second line of header words do no harm.
    """
    best, most = None, 0
    for row, cells in enumerate(tab.rows[:10]):
        called = {field_called(raw_text(c), fields) for c in cells if not is_blank(c)} - {None}
        count = len(called) if len(called) > 1 or len(fields) < 3 or tab.marks else 0
        if count > most:
            best, most = row, count
    return best
