"""Amounts, percentages, counts and currencies as people write them.

Knows the decimal comma and the decimal point, thousands set apart in any way,
and currencies by code, sign or word. Money is `Decimal`; a currency found is
said, never added up.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import NamedTuple

from sheetcrm.fields.reading import BLANK, Context, Issue, Read, Reading, failed, shown
from sheetcrm.fields.texts import tidy, typed
from sheetcrm.tables import Cell, raw_text

__all__ = ["amount", "count", "currency", "currency_called", "percent"]

_CODES = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
    MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()
)
_CALLED = {
    **dict.fromkeys(("€", "euro", "euros", "euroi"), "EUR"),
    **dict.fromkeys(("lei", "leu", "ron lei", "lei ron"), "RON"),
    **dict.fromkeys(("$", "us$", "usd$", "dolar", "dolari", "dollar", "dollars"), "USD"),
    **dict.fromkeys(("£", "lire sterline", "pound", "pounds"), "GBP"),
    **dict.fromkeys(("sfr", "fr", "franci"), "CHF"),
    **dict.fromkeys(("ft", "forinți", "forint"), "HUF"),
    **dict.fromkeys(("zł", "zl", "zloți"), "PLN"),
    **dict.fromkeys(("kč", "kc"), "CZK"),
    **dict.fromkeys(("лв", "leva"), "BGN"),
    **dict.fromkeys(("₴", "hrn"), "UAH"),
    **dict.fromkeys(("₺", "tl"), "TRY"),
    **dict.fromkeys(("¥",), "JPY"),
    **dict.fromkeys(("₽",), "RUB"),
    **dict.fromkeys(("₪",), "ILS"),
    **dict.fromkeys(("₹",), "INR"),
}

_MINUS = "−–-"  # the hyphen last: it stands in character classes
_NOT_UNIT = r"0-9\s.,()+\-−–'’"
_AMOUNT = re.compile(
    rf"(?P<open>\()? ?(?P<sign>[+{_MINUS}])? ?(?P<before>[^{_NOT_UNIT}]*)\.? ?(?P<sign2>[+{_MINUS}])? ?"
    rf"(?P<number>[.,]?[0-9](?:[0-9.,'’ ]*[0-9])?)(?:[.,][-–—]|[.,])? ?"
    rf"(?P<after>[^{_NOT_UNIT}]*)\.? ?(?P<close>\))?(?P<sign3>[{_MINUS}])?"
)
_SPACED = re.compile(r"[0-9]{1,3}(?:(?P<gap>[ '’])[0-9]{3})(?:(?P=gap)[0-9]{3})*(?:[.,][0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(?P<mark>[.,])[0-9]{3}(?:(?P=mark)[0-9]{3})*(?:(?!(?P=mark))[.,][0-9]+)?")
_LONE = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")

_SIGNIFICANT_DIGITS = 15
"""What a spreadsheet keeps of a number; digits beyond are noise of binary arithmetic."""


class _Written(NamedTuple):
    number: Decimal
    unit: str
    ambiguous: bool


def amount(context: Context) -> Read:
    """Money or a quantity: a `Decimal`, never negative; with the currency it was written with."""

    def read(cell: Cell) -> Reading:
        if not isinstance(cell, str):
            number = _number_of(cell)
            if number is None:
                return failed("bad-amount", cell)
            return Reading(number) if number >= 0 else failed("negative-amount", cell)
        if not tidy(cell):
            return BLANK
        written = _written(cell, context.language)
        code = currency_called(written.unit) if written and written.unit else None
        if written is None or (written.unit and code is None):
            return failed("bad-amount", cell)
        if written.number < 0:
            return failed("negative-amount", cell)
        values = {"value": shown(cell), "read": _spoken(written.number, context.language, cents=True)}
        codes = ("text-number", "ambiguous-amount") if written.ambiguous else ("text-number",)
        return Reading(written.number, tuple(Issue(c, values) for c in codes), currency=code)

    return read


def percent(context: Context) -> Read:
    """A share between nothing and all: 0.25, 25 and “25 %” are all a quarter."""

    def read(cell: Cell) -> Reading:
        issues: tuple[Issue, ...] = ()
        per_hundred = False
        if isinstance(cell, str):
            written = _written(cell, context.language)
            if written is None or written.unit not in ("", "%"):
                return failed("bad-percent", cell)
            number: Decimal | None = written.number
            per_hundred = written.unit == "%"
            spoken = _spoken(written.number, context.language) + (" %" if per_hundred else "")
            issues = (Issue("text-number", {"value": shown(cell), "read": spoken}),)
        else:
            number = _number_of(cell)
        if number is None or not 0 <= number <= 100:
            return failed("bad-percent", cell)
        return Reading(number / 100 if per_hundred or number > 1 else number, issues)

    return read


def count(context: Context) -> Read:
    """A whole number from 0 on."""

    def read(cell: Cell) -> Reading:
        issues: tuple[Issue, ...] = ()
        number = None
        if not isinstance(cell, str):
            number = _number_of(cell)
        elif written := _written(cell, context.language):
            number = written.number if not written.unit else None
            issues = (Issue("text-number", {"value": shown(cell), "read": str(written.number)}),)
        if number is None or number < 0 or number != number.to_integral_value():
            return failed("bad-count", cell)
        return Reading(int(number), issues)

    return read


def currency(context: Context) -> Read:
    """A currency: its ISO code, however it was called."""

    def read(cell: Cell) -> Reading:
        raw = cell if isinstance(cell, str) else raw_text(cell)
        if raw in _CODES:
            return Reading(raw)
        line, _ = typed(raw)
        if not line:
            return BLANK
        code = currency_called(line)
        if code is None:
            return failed("unknown-currency", cell)
        values = {"value": shown(line), "right": code}
        codes = [("stray-spaces", tidy(raw) != raw), ("spelling", line != code)]
        return Reading(code, tuple(Issue(c, values) for c, applies in codes if applies), code)

    return read


def currency_called(word: str) -> str | None:
    """The ISO code of a code, sign or word for a currency."""
    word = word.strip(" .")
    return word.upper() if word.upper() in _CODES else _CALLED.get(word.casefold())


def _number_of(cell: Cell) -> Decimal | None:
    """A number cell as `Decimal`, without the noise of binary arithmetic."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | Decimal):
        return Decimal(cell)
    if isinstance(cell, float) and math.isfinite(cell):
        return Decimal(format(Decimal(format(cell, f".{_SIGNIFICANT_DIGITS}g")), "f"))
    return None


def _written(text: str, language: str) -> _Written | None:
    """The number that a text says, with what stands beside it: a currency, a % sign."""
    found = _AMOUNT.fullmatch(tidy(text))
    if found is None or (found["open"] is None) != (found["close"] is None):
        return None
    before, after = found["before"], found["after"]
    if before and after and currency_called(before) != currency_called(after):
        return None
    read = _plain(found["number"], language)
    if read is None:
        return None
    signs = "".join(found[name] or "" for name in ("sign", "sign2", "sign3"))
    negative = bool(found["open"]) or any(mark in _MINUS for mark in signs)
    number, ambiguous = read
    return _Written(-number if negative else number, before or after, ambiguous)


def _plain(text: str, language: str) -> tuple[Decimal, bool] | None:
    """The digits and marks of a number, and whether they could be read in two ways."""
    if _SPACED.fullmatch(text):
        return Decimal(re.sub("[ '’]", "", text).replace(",", ".")), False
    if _LONE.fullmatch(text):
        decimal_mark = "," if language == "ro" else "."
        return Decimal(
            text.replace(decimal_mark, "_").replace("." if language == "ro" else ",", "").replace("_", ".")
        ), True
    if text.count(".") + text.count(",") > 1:
        grouped = _GROUPED.fullmatch(text)
        return (Decimal(text.replace(grouped["mark"], "").replace(",", ".")), False) if grouped else None
    if re.fullmatch(r"[0-9]*[.,]?[0-9]+", text):
        return Decimal(text.replace(",", ".")), False
    return None


def _spoken(number: Decimal, language: str, *, cents: bool = False) -> str:
    """A number as the language writes it; with cents nobody takes 1.234,00 for a little over one."""
    text = f"{number:,.2f}" if cents and number == round(number, 2) else f"{number:,f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "ro" else text
