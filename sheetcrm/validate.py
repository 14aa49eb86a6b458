"""Rows understood: each cell read by its field's kind, each row judged by itself.

Wrong data is a value here (`Found`), never an exception, and every problem of a
row is kept. What needs more than the row (moves, references, duplicates) is
judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from sheetcrm.columns import Layout, field_called, fold
from sheetcrm.fields import Context, PickList, Reading, country_called, reader
from sheetcrm.model import Account, Activity, Deal, Lead, Offer, OfferLine, Opportunity, Product, Record
from sheetcrm.pipeline import Rules
from sheetcrm.schema import FIELDS_OF_IDENTITY, PIPELINE_TABS
from sheetcrm.tables import Cell, digest, is_blank, raw_text

__all__ = [
    "Entry",
    "Found",
    "context_of",
    "identity_of",
    "judge_row",
    "judge_stage",
    "people_digest",
    "read_rows",
    "read_tab",
]

RowKind: TypeAlias = Literal["record", "half-typed", "blank", "aside"]
"""A record; a row begun; nothing; a total or a second header line, which is nobody's record."""

MODELS: Mapping[str, type[Record]] = {
    "leads": Lead,
    "opportunities": Opportunity,
    "deals": Deal,
    "accounts": Account,
    "activities": Activity,
    "offers": Offer,
    "offer_lines": OfferLine,
    "products": Product,
}

MINIMUM: Mapping[str, tuple[str, ...]] = {
    "accounts": ("name", "tax_id", "email", "phone"),
    "activities": ("record", "subject", "date"),
    "offers": ("number", "record", "amount", "link"),
    "offer_lines": ("record", "product", "description"),
    "products": ("code", "name"),
}
"""One of these makes a row a record; in the pipeline's tabs, company, contact, e-mail or phone."""

IDENTITY: Mapping[str, tuple[str, ...]] = {
    "accounts": ("name", "tax_id", "email", "phone"),
    "activities": ("record", "subject", "date"),
}
"""Who a row is about; in the pipeline's tabs, company, contact, e-mail and phone."""

IDENTITY_PART = 8
"""Letters of the fingerprint of each such field."""

TOTALS = frozenset({"total", "totals", "sum", "suma", "total general", "grand total", "subtotal", "totaluri"})

SYNC_FIELDS_READ = frozenset({"id", "account_id", "record_id", "referred_by_id", "in_stage_since", "number", "version"})
"""Sync's own columns that a run reads back; the others it only compares."""


BY_COUNTRY = frozenset({"phone", "tax_id"})
"""Kinds that are read by the rules of the row's own country."""


class Found(NamedTuple):
    """Something wrong in a field of a row ("" for the row as a whole)."""

    field: str
    code: str
    values: Mapping[str, str] = {}


@dataclass(slots=True)
class Entry:
    """One row understood, as far as one row goes."""

    layout: Layout
    row: int | None
    """Its number in the tab; `None` for one that is about to be added."""
    cells: Sequence[Cell]
    kind: RowKind
    record: Record
    found: list[Found] = field(default_factory=list)
    spellings: dict[str, str] = field(default_factory=dict)
    """Pick-list cells to be put right: field → the word as the list spells it."""

    def cell(self, name: str) -> Cell:
        """The raw cell of a field."""
        column = self.layout.columns.get(name, -1)
        return self.cells[column] if 0 <= column < len(self.cells) else ""


def context_of(rules: Rules, today: date) -> Context:
    """What reading a cell depends on, from the team's own settings."""
    settings = rules.settings
    picks = {kind: PickList(choices) for kind, choices in rules.pipeline.choices.items()}
    return Context(settings.language, settings.country, settings.currency, today, picks)


def read_tab(layout: Layout, context: Context) -> list[Entry]:
    """Every row below the header that holds anything."""
    first = layout.header_row + 1
    return read_rows(layout, layout.tab.rows[first:], context, first)


def read_rows(layout: Layout, rows: Sequence[Sequence[Cell]], context: Context, first: int | None) -> list[Entry]:
    """Read rows column by column, each distinct cell once. `first` numbers them; `None` for new rows."""
    values: dict[str, list[object]] = {}
    currencies: dict[int, str] = {}
    found: dict[int, list[Found]] = {}
    spellings: dict[int, dict[str, str]] = {}
    for name, column in layout.columns.items():
        known = layout.fields[name]
        if known.writer == "sync" and layout.name != "offers" and name not in SYNC_FIELDS_READ:
            continue
        out: list[object] = []
        readings = _by_country(layout, known.kind, context) if known.kind in BY_COUNTRY else None
        read = _memoised(reader(known.kind, context))
        for index, row in enumerate(rows):
            cell = row[column] if column < len(row) else ""
            if cell == "":
                out.append(None)
                continue
            if readings:
                read = readings(row)
            value, issues, spelling, currency = read(cell)
            out.append(value)
            if issues and known.writer != "sync":
                found.setdefault(index, []).extend(Found(name, i.code, i.values) for i in issues)
            if spelling is not None:
                spellings.setdefault(index, {})[name] = spelling
            if currency:
                currencies[index] = currency
        values[name] = out
    model = MODELS[layout.name if layout.name in MODELS else "deals"]
    if model is Lead and "value" in layout.columns:  # a tab of leads with the columns of opportunities
        model = Opportunity
    build = _builder(model, values)
    entries = []
    kinds = _kinds(layout)
    for index, row in enumerate(rows):
        kind = kinds(row)
        if kind == "blank" and not _has_id(layout, row):
            if _is_checked(layout, row):
                entries.append(Entry(layout, _number(first, index), row, kind, model.of()))
            continue
        if kind in ("half-typed", "aside") and (first is None or _has_id(layout, row)):
            kind = "record"  # it came from a file, or was a record before somebody emptied it
        record = build(index, currencies.get(index), context.currency)
        entry = Entry(layout, _number(first, index), row, kind, record, found.get(index, []), spellings.get(index, {}))
        said = currencies.get(index)
        if said and said != getattr(record, "currency", said):
            values_said = {"value": said, "other": str(getattr(record, "currency", ""))}
            entry.found.append(Found("currency", "currency-mismatch", values_said))
        entries.append(entry)
    return entries


def _number(first: int | None, index: int) -> int | None:
    return None if first is None else first + index


def _by_country(
    layout: Layout, kind: str, context: Context
) -> Callable[[Sequence[Cell]], Callable[[Cell], Reading]] | None:
    """Chooses the reader of a row by the country that the row names; `None` where no column does."""
    column = layout.columns.get("country")
    if column is None:
        return None
    default = _memoised(reader(kind, context))
    known: dict[Cell, Callable[[Cell], Reading]] = {"": default}

    def choose(row: Sequence[Cell]) -> Callable[[Cell], Reading]:
        typed = row[column] if column < len(row) else ""
        read = known.get(typed)
        if read is None:
            country = country_called(raw_text(typed))
            own = country and country != context.country
            read = _memoised(reader(kind, replace(context, country=country))) if country and own else default
            known[typed] = read
        return read

    return choose


def _memoised(read: Callable[[Cell], Reading]) -> Callable[[Cell], Reading]:
    """The reader, asked once for each distinct cell of a column."""
    seen: dict[Cell | tuple[type, Cell], Reading] = {}

    def remembered(cell: Cell) -> Reading:
        key = cell if cell.__class__ is str else (cell.__class__, cell)  # 1, 1.0 and True are one key
        reading = seen.get(key)
        if reading is None:
            reading = seen[key] = read(cell)
        return reading

    return remembered


def _builder(model: type[Record], values: Mapping[str, list[object]]) -> Callable[[int, str | None, str], Record]:
    """Makes the record of a row out of the columns that its model knows."""
    names = [name for name in values if name in model.model_fields]
    rows = list(zip(*(values[name] for name in names), strict=True))
    has_id = "id" in model.model_fields
    money = next((name for name in ("value", "amount", "price") if name in names), None)

    def build(index: int, currency: str | None, default: str) -> Record:
        fields = dict(zip(names, rows[index], strict=True)) if rows else {}
        if has_id:
            fields["id"] = fields.get("id") or ""
        if money and fields.get(money) is not None and not fields.get("currency"):
            fields["currency"] = currency or default
        return model.of(**fields)

    return build


def _kinds(layout: Layout) -> Callable[[Sequence[Cell]], RowKind]:
    """Tells what a row is by what people wrote in it."""
    people = layout.people_columns
    minimum = [layout.columns[n] for n in MINIMUM.get(layout.name, FIELDS_OF_IDENTITY) if n in layout.columns]

    def kind(row: Sequence[Cell]) -> RowKind:
        width = len(row)
        known = sum(c < width and row[c] != "" and not is_blank(row[c]) for c in minimum)
        if known > 1:
            return "record"
        first = next((row[c] for c in people if c < width and not is_blank(row[c])), "")
        if first == "":
            return "blank"
        # A company may be called Total; a total has no way to be reached.
        if isinstance(first, str) and len(first) < 20 and fold(first).rstrip(":. ") in TOTALS:
            return "aside"
        return "record" if known else "half-typed"

    return kind


def _has_id(layout: Layout, row: Sequence[Cell]) -> bool:
    column = layout.addressing.id_column
    return column < len(row) and not is_blank(row[column])


def _is_checked(layout: Layout, row: Sequence[Cell]) -> bool:
    column = layout.columns.get("check", -1)
    return 0 <= column < len(row) and not is_blank(row[column])


def second_header(entry: Entry) -> bool:
    """Whether the row right below the header is a second line of header words."""
    if entry.row != entry.layout.header_row + 1:
        return False
    cells = entry.cells
    words = [raw_text(cells[c]) for c in entry.layout.people_columns if c < len(cells) and not is_blank(cells[c])]
    return len(words) > 1 and sum(field_called(w, entry.layout.fields) is not None for w in words) * 2 > len(words)


def judge_row(entry: Entry, rules: Rules) -> None:
    """Add what is wrong with a row by itself, beyond its single cells."""
    if second_header(entry):
        entry.kind = "aside"
        entry.found = [Found("", "second-header")]
        entry.spellings = {}
    elif entry.kind == "aside":
        entry.found = [Found("", "total-row")]
        entry.spellings = {}
    elif entry.kind == "half-typed":
        entry.found = [*(f for f in entry.found if f.code == "formula-error"), Found("", "half-typed")]
    elif isinstance(entry.record, Lead) and entry.kind == "record":
        _judge_lead(entry, entry.record, rules)


def _judge_lead(entry: Entry, lead: Lead, rules: Rules) -> None:
    if lead.created_on and lead.closed_on and lead.closed_on < lead.created_on:
        values = {"closed": lead.closed_on.isoformat(), "created": lead.created_on.isoformat()}
        entry.found.append(Found("closed_on", "closed-before-created", values))
    judge_stage(entry, lead, rules)


def judge_stage(entry: Entry, lead: Lead, rules: Rules) -> None:
    """Add what does not go together with the stage that `lead` is in."""
    stage = rules.pipeline.stage(lead.stage)
    if stage is None:
        return
    reason = rules.pipeline.reason(lead.loss_reason)
    if stage.outcome == "won" and not is_blank(entry.cell("loss_reason")):
        value = entry.spellings.get("loss_reason", raw_text(entry.cell("loss_reason")))
        entry.found.append(Found("loss_reason", "loss-reason-on-won", {"value": value}))
    if stage.outcome == "lost" and reason and reason.of != "both":
        home = stage.home or entry.layout.name
        of_leads = home == "leads"
        if home in PIPELINE_TABS and of_leads != (reason.of == "leads"):
            entry.found.append(Found("loss_reason", "loss-reason-not-for", {"value": reason.name}))


def identity_of(entry: Entry) -> str:
    """Fingerprints of who the row is about, one a field; spaces and letter case do not count. "" for nobody."""
    cells = [entry.cell(name) for name in IDENTITY.get(entry.layout.name, FIELDS_OF_IDENTITY)]
    text = [raw_text(cell).strip().casefold() for cell in cells]
    return ".".join(digest([word])[:IDENTITY_PART] if word else "" for word in text) if any(text) else ""


def people_digest(layout: Layout) -> Callable[[Sequence[Cell], Mapping[str, str]], str]:
    """Fingerprints what people wrote in a row, the same in every tab and order of columns.

    Takes the row and the spellings that sync puts right in it.
    """
    tagged = [(name, column) for name, column in layout.columns.items() if layout.fields[name].writer == "people"]
    tagged.sort()
    own = layout.own_columns
    tagged += [("+", column) for column in own]  # however the team calls them, here or there

    def fingerprint(row: Sequence[Cell], spellings: Mapping[str, str]) -> str:
        width = len(row)
        parts = []
        for name, column in tagged:
            cell = spellings[name] if name in spellings else (row[column] if column < width else "")
            if cell != "" and not is_blank(cell):
                parts.append(f"{name}={cell if type(cell) is str else raw_text(cell)}")
        return digest(sorted(parts) if own else parts)

    return fingerprint
