"""What the team settled about its workbook: language, time zone, money, strictness.

Read from the tab Settings. A setting that cannot be understood keeps its
default and is a problem. Knows no stage and no record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sheetcrm import messages
from sheetcrm.columns import Layout, fold
from sheetcrm.money import ROMANIA, VatTable
from sheetcrm.problems import Problem
from sheetcrm.tables import Cell, is_blank, raw_text

__all__ = ["CodeCell", "Settings", "is_yes", "number", "read_settings", "whole", "working_day"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the team settled about its workbook."""

    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Bucharest"))
    day_ends_at: time = time(6, 0)
    country: str = "RO"
    currency: str = "EUR"
    strict: bool = False
    correction_days: int = 7
    own_company: str = ""
    own_tax_id: str = ""
    own_registration: str = ""
    own_address: str = ""
    own_phone: str = ""
    own_email: str = ""
    own_website: str = ""
    own_bank: str = ""
    own_iban: str = ""
    offer_days: int = 30
    """How long an offer is valid."""
    offer_delivery: str = ""
    offer_payment: str = ""
    offer_currency: str = ""
    """What an offer in another currency than the team's own says of rates."""
    offer_notes: str = ""
    vat: VatTable = ROMANIA
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """One unit of that currency in the team's own."""
    approve: date | None = None
    write_protected: bool = False
    """Whether sync may write into tabs that the team protected."""
    turns: bool = False
    """Whether sync gives new records without an owner to the owners in turn."""

    def rate_of(self, currency: str) -> Decimal | None:
        """What one unit of a currency is worth in the team's own; `None` where Settings has no rate."""
        return Decimal(1) if currency == self.currency else self.rates.get(currency)


class CodeCell(NamedTuple):
    """A code that sync writes beside a line of Stages, Lists or Settings."""

    tab: str
    row: int
    field: str
    code: str


def working_day(moment: datetime, settings: Settings) -> date:
    """The working day of an aware moment: before *day ends at* it is still yesterday."""
    local = moment.astimezone(settings.zone)
    day = local.date()
    return day - timedelta(days=1) if local.time() < settings.day_ends_at else day


def read_settings(layout: Layout | None, language: str) -> tuple[Settings, list[Problem], list[CodeCell]]:
    """The settings; one that cannot be understood keeps its default and is a problem."""
    values: dict[str, object] = {"language": language}
    rates: dict[str, Decimal] = {}
    vat: dict[date, tuple[Decimal, ...]] = {}
    problems: list[Problem] = []
    codes: list[CodeCell] = []
    if layout is None:
        return Settings(language=language), problems, codes
    lines = list(_setting_lines(layout))
    for row, code, cell in sorted(lines, key=lambda line: line[1] != "language"):
        codes.append(CodeCell("settings", row, "setting_code", code))
        if is_blank(cell):
            continue
        reader = SETTING_READERS.get(next((kind for kind in ("rate", "vat") if code.startswith(f"{kind}-")), code))
        value = reader(cell) if reader else None
        if reader and value is None:
            column = layout.header_of("setting_value", str(values["language"]))
            typed = raw_text(layout.tab.cell(row, layout.columns["setting"]))
            problems.append(
                Problem(
                    "bad-setting",
                    layout.title,
                    row + 1,
                    column=column,
                    values={"value": raw_text(cell), "setting": typed},
                )
            )
        elif isinstance(value, Decimal) and code.startswith("rate-"):
            rates[code.removeprefix("rate-").upper()] = value
        elif code.startswith("vat-") and isinstance(value, tuple):
            vat[date.fromisoformat(code.removeprefix("vat-"))] = value
        elif value is not None:
            values[SETTING_FIELDS.get(code, code.replace("-", "_"))] = value
    if vat:
        values["vat"] = VatTable.of(vat)
    return Settings(**values, rates=rates), problems, codes  # type: ignore[arg-type]  # each reader gives its field's type


def _setting_lines(layout: Layout) -> Iterator[tuple[int, str, Cell]]:
    names = {
        fold(spelling): code
        for code in messages.area("settings")
        for spelling in messages.texts("settings", code).values()
    }
    name_column, value_column = layout.columns.get("setting", -1), layout.columns.get("setting_value", -1)
    for row in range(layout.header_row + 1, len(layout.tab.rows)):
        typed = fold(raw_text(layout.tab.cell(row, name_column)))
        written = raw_text(layout.tab.cell(row, layout.columns.get("setting_code", -1))).strip()
        known = written in messages.area("settings") or written.startswith(("rate-", "vat-"))
        code = names.get(typed) or (written if known else None)
        if rate := re.fullmatch(r"(?:rate|curs) ([a-z]{3})", typed):
            code = f"rate-{rate[1]}"
        if (dated := re.fullmatch(r"(?:vat % from|tva % din|tva % de la) (\S+)", typed)) and (first := _day(dated[1])):
            code = f"vat-{first.isoformat()}"
        if code:
            yield row, code, layout.tab.cell(row, value_column)


def _language(cell: Cell) -> str | None:
    word = fold(raw_text(cell))
    return {"en": "en", "ro": "ro", "english": "en", "engleza": "en", "romanian": "ro", "romana": "ro"}.get(word)


def _zone(cell: Cell) -> ZoneInfo | None:
    try:
        return ZoneInfo(raw_text(cell).strip())
    except (KeyError, ValueError, OSError):
        return None


def _clock_time(cell: Cell) -> time | None:
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, float) and 0 <= cell < 1:  # Excel's own: a fraction of the day
        return (datetime.min + timedelta(days=cell)).time()
    match = re.fullmatch(r"(\d{1,2})(?::(\d\d))?(?::\d\d)?", raw_text(cell).strip())
    return time(int(match[1]), int(match[2] or 0)) if match and int(match[1]) < 24 and int(match[2] or 0) < 60 else None


def _letters(count: int) -> Callable[[Cell], str | None]:
    def read(cell: Cell) -> str | None:
        word = raw_text(cell).strip().upper()
        return word if re.fullmatch(rf"[A-Z]{{{count}}}", word) else None

    return read


def _yes_no(cell: Cell) -> bool | None:
    if is_yes(cell):
        return True
    return False if cell is False or fold(raw_text(cell)) in {"no", "nu", "n", "false", "fals", "0", "-"} else None


def _day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(raw_text(cell).strip(), pattern).date()
        except ValueError:
            continue
    return None


def _vat_rates(cell: Cell) -> tuple[Decimal, ...] | None:
    """The rates of one period, the standard rate first: `21, 11`."""
    parts = [cell] if not isinstance(cell, str) else re.split(r"[;,/ ]+", cell.replace("%", " ").strip())
    rates = [number(part) for part in parts]
    found = tuple(rate for rate in rates if rate is not None and 0 <= rate <= 100)
    return found if found and len(found) == len(rates) else None


def _text(cell: Cell) -> str:
    return raw_text(cell).strip()


def _rate(cell: Cell) -> Decimal | None:
    rate = number(cell)
    return rate if rate is not None and rate > 0 else None


YES = frozenset({"x", "yes", "y", "da", "d", "true", "adevarat", "1", "✓", "✔", "☑", "on"})


def is_yes(cell: Cell) -> bool:
    """Whether a tick column is ticked."""
    return cell is True or (cell is not False and fold(raw_text(cell)) in YES)


def number(cell: Cell) -> Decimal | None:
    """A plain number, with a point or a comma; `None` for anything else."""
    try:
        return Decimal(raw_text(cell).replace("%", "").replace(",", ".").strip())
    except InvalidOperation:
        return None


def whole(cell: Cell) -> int | None:
    """A whole number from 0 on; `None` for anything else."""
    found = number(cell)
    return int(found) if found is not None and found >= 0 else None


SETTING_FIELDS = {"time-zone": "zone"}
"""Settings whose field is called otherwise than their line."""

SETTING_READERS: Mapping[str, Callable[[Cell], object | None]] = {
    "language": _language,
    "time-zone": _zone,
    "day-ends-at": _clock_time,
    "country": _letters(2),
    "currency": _letters(3),
    "strict": _yes_no,
    "correction-days": whole,
    **dict.fromkeys(
        (
            *(f"own-{what}" for what in "company tax-id registration address phone email website bank iban".split()),
            *(f"offer-{what}" for what in "delivery payment currency notes".split()),
        ),
        _text,
    ),
    "offer-days": whole,
    "vat": _vat_rates,
    "rate": _rate,
    "approve": _day,
    "write-protected": _yes_no,
    "turns": _yes_no,
}
