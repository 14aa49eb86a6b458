"""Reading single values: what one cell means, by the kind of its field.

Knows how people write e-mails, phones, tax IDs, dates, amounts and pick-list
words, and what is wrong with the way they wrote them. Knows no rows, tabs or
other cells, and refuses nothing: what cannot be read is a `Reading` without a
value, with an `Issue` that says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sheetcrm.fields import contacts, dates, numbers, picks, texts
from sheetcrm.fields.countries import country_called
from sheetcrm.fields.picks import PickList
from sheetcrm.fields.reading import BLANK, Context, Issue, Read, Reading, shown
from sheetcrm.tables import Cell, CellError

__all__ = ["READERS", "Context", "Issue", "PickList", "Reading", "country_called", "reader"]

READERS: Mapping[str, Callable[[Context], Read]] = {
    "text": texts.text,
    "long-text": texts.long_text,
    "yes-no": texts.yes_no,
    "email": contacts.email,
    "phone": contacts.phone,
    "tax_id": contacts.tax_id,
    "date": dates.day,
    "moment": dates.moment,
    "amount": numbers.amount,
    "percent": numbers.percent,
    "count": numbers.count,
    "currency": numbers.currency,
    **{kind: picks.choice(kind) for kind in picks.KINDS},
}
"""How each kind of field is read: kind → what makes its reader."""

_ERROR_TEXTS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#ERROR!", "#SPILL!", "#CALC!"}
)


def reader(kind: str, context: Context) -> Read:
    """What reads the cells of a field of this kind."""
    understand = READERS[kind](context)

    def read(cell: Cell) -> Reading:
        if isinstance(cell, str):
            if not cell or cell.isspace() or (cell[0] > "~" and not texts.tidy(cell)):
                return BLANK
            # An export writes a formula's error as plain text.
            if type(cell) is CellError or (cell[0] == "#" and cell.strip().upper() in _ERROR_TEXTS):
                return Reading(None, (Issue("formula-error", {"value": shown(cell)}),))
        return understand(cell)

    return read
