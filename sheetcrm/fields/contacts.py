"""How to reach somebody, and who they are for the tax office.

Knows e-mail addresses, phone numbers and tax IDs as far as their own rules go;
asks no server whether they exist.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.ro import cnp, cui
from stdnum.util import get_cc_module

from sheetcrm.fields.reading import BLANK, Context, Issue, Read, Reading, failed, guess, shown
from sheetcrm.fields.texts import typed
from sheetcrm.tables import Cell, raw_text

__all__ = ["address_of", "e164_of", "email", "phone", "tax_id"]

# ---------------------------------------------------------------- e-mail

# Accepts only what email-validator accepts unchanged, except for the domain's case.
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+"
    r"(?!(?:arpa|invalid|local|localhost|onion)\Z)[A-Za-z]{2,}",
    re.IGNORECASE,
)
_PLAIN_LETTERS = 60
_BETWEEN_ADDRESSES = re.compile(r"[\s;,|/]+")
_NAMED = re.compile(r"[^<>@]*<\s*([^<>\s]+)\s*>")
_AT = re.compile(r"\s*[(\[{]\s*(?:at|a|@)\s*[)\]}]\s*|\s+at\s+|@{2,}", re.IGNORECASE)
_DOT = re.compile(r"\s*[(\[{]\s*dot\s*[)\]}]\s*|\s+dot\s+|,", re.IGNORECASE)


def address_of(text: str) -> str | None:
    """The address as it is written to, or `None` where mail cannot go there."""
    if len(text) <= _PLAIN_LETTERS and _PLAIN_ADDRESS.fullmatch(text):
        if text.islower():
            return text
        local, _, domain = text.partition("@")
        return f"{local}@{domain.lower()}"
    try:
        # `test_environment` lets reserved names such as `.test` pass; they harm nobody.
        return validate_email(text, check_deliverability=False, test_environment=True, strict=True).normalized
    except EmailNotValidError:
        return None


def email(context: Context) -> Read:
    """An e-mail address; of several the first is used."""

    def read(cell: Cell) -> Reading:
        if not isinstance(cell, str):
            return failed("bad-email", cell, guess="")
        line, issues = typed(cell)
        if not line:
            return BLANK
        address = address_of(line)
        if address is not None:
            return Reading(address, issues)
        if named := _NAMED.fullmatch(line):
            address = address_of(named[1])
        elif line.lower().startswith("mailto:"):
            address = address_of(line[7:].strip())
        if address is not None:
            return Reading(address, issues)
        several = [piece.strip("<>()[]") for piece in _BETWEEN_ADDRESSES.split(line) if "@" in piece]
        usable = [found for piece in several if (found := address_of(piece))]
        if len(several) > 1 and usable:
            others = ", ".join(piece for piece in several if address_of(piece) != usable[0])
            values = {"value": usable[0], "others": shown(others)}
            return Reading(usable[0], (*issues, Issue("several-emails", values)))
        return failed("bad-email", cell, guess=guess(_meant(line), context.language))

    return read


def _meant(line: str) -> str | None:
    """The address that was probably meant."""
    return address_of(re.sub(r"\s", "", _DOT.sub(".", _AT.sub("@", line))))


# ---------------------------------------------------------------- phone

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_MARKS = str.maketrans("", "", " ().-/\u2010\u2011\u2013")


class _Numbering(NamedTuple):
    """What phone numbers of one country look like, from the library's own tables."""

    calling_code: str
    valid: re.Pattern[str]
    possible: re.Pattern[str]
    prefix: str
    """Dialled before a number inside the country: the 0 of 0722."""
    strip: re.Pattern[str] | None
    dials_00: bool


@cache
def _numbering(region: str) -> _Numbering | None:
    """The plan of a region, where it is plain enough to be read without the library."""
    data = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if data is None or data.leading_digits is not None or data.general_desc is None:
        return None
    kinds = (
        *(data.fixed_line, data.mobile, data.toll_free, data.premium_rate, data.shared_cost),
        *(data.personal_number, data.voip, data.pager, data.uan, data.voicemail),
    )
    patterns = []
    for kind in kinds:
        if kind is not None and kind.national_number_pattern:
            lengths = "|".join(f"[0-9]{{{n}}}" for n in kind.possible_length if n > 0) or "[0-9]+"
            patterns.append(rf"(?=(?:{lengths})\Z)(?:{kind.national_number_pattern})\Z")
    general = rf"(?:{data.general_desc.national_number_pattern})\Z"
    simple = data.national_prefix_transform_rule is None and data.national_prefix_for_parsing == data.national_prefix
    return _Numbering(
        f"+{data.country_code}",
        re.compile(rf"(?={general})(?:{'|'.join(patterns)})"),
        re.compile(general),
        data.national_prefix if simple and data.national_prefix else "",
        re.compile(data.national_prefix_for_parsing) if data.national_prefix_for_parsing else None,
        data.international_prefix == "00",
    )


def e164_of(text: str, country: str) -> str | None:
    """The number as +40722123456, or `None` where no such number can exist."""
    return _plain_e164(text.translate(_PHONE_MARKS), country) or _library_e164(text, country)


def _plain_e164(digits: str, country: str) -> str | None:
    """The quick way for ordinary spellings; whatever it is unsure of is the library's."""
    home = _numbering(country)
    if home and home.dials_00 and digits.startswith("00"):
        digits = "+" + digits[2:]
    if _E164.fullmatch(digits):
        return digits if _is_plain_international(digits) else None
    if home is None or not home.prefix or not (digits.isascii() and digits.isdigit()):
        return None
    national = digits.removeprefix(home.prefix)
    if national != digits and home.possible.match(digits):
        return None
    return home.calling_code + national if _is_plain_national(national, home) else None


def _is_plain_international(number: str) -> bool:
    for length in (2, 3, 4):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(number[1:length]))
        if regions:
            plan = _numbering(regions[0])
            return plan is not None and _is_plain_national(number[length:], plan)
    return False


def _is_plain_national(national: str, plan: _Numbering) -> bool:
    return plan.valid.match(national) is not None and (plan.strip is None or plan.strip.match(national) is None)


def _library_e164(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone(context: Context) -> Read:
    """A phone number in international form; of several the first is used."""
    country = context.country.upper()

    def read(cell: Cell) -> Reading:
        if isinstance(cell, str):
            line, _ = typed(cell)
            stray = (Issue("stray-spaces", {"value": shown(line)}),) if cell.strip() != cell else ()
            if not line:
                return BLANK
            number = e164_of(line, country)
        else:
            line, stray, number = raw_text(cell), (), _of_number_cell(cell, country)
        if number is not None:
            format_hint = () if line == number else (Issue("phone-format", {"value": shown(line), "right": number}),)
            return Reading(number, (*stray, *format_hint))
        return _several_phones(line, stray, country) or failed("bad-phone", cell)

    return read


def _of_number_cell(cell: Cell, country: str) -> str | None:
    """A spreadsheet ate the 0 or the + in front of it."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal) or cell != cell // 1:
        return None
    digits = raw_text(int(cell))
    return e164_of(digits, country) or e164_of(f"+{digits}", country)


def _several_phones(line: str, stray: tuple[Issue, ...], country: str) -> Reading | None:
    """The numbers within a text, where it is not one number altogether."""
    found = [
        phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        for match in phonenumbers.PhoneNumberMatcher(line, country)
    ]
    if not found:
        return None
    first, *others = dict.fromkeys(found)
    if others:
        values = {"value": first, "others": shown(", ".join(others))}
        return Reading(first, (*stray, Issue("several-phones", values)))
    return Reading(first, (*stray, Issue("phone-format", {"value": shown(line), "right": first})))


# ---------------------------------------------------------------- tax ID

_LEAD_IN = re.compile(r"(?:c\.?u\.?i\.?|c\.?i\.?f\.?|cod fiscal|vat(?: no\.?)?|tva)(?![a-z])[\s:]*", re.IGNORECASE)
_TAX_MARKS = str.maketrans("", "", " ./-–:")
_CNP_DIGITS = 13


def tax_id(context: Context) -> Read:
    """A tax ID with its country in front: RO14399840, however it was typed."""
    home = context.country.upper()

    def read(cell: Cell) -> Reading:
        line, issues = typed(cell if isinstance(cell, str) else raw_text(cell))
        compact = _LEAD_IN.sub("", line, count=1).translate(_TAX_MARKS).upper()
        if not compact:
            return BLANK if not line else failed("bad-tax-id", cell)
        prefix = compact[:2] if compact[:2].isalpha() else ""
        number = compact.removeprefix("RO")
        if (prefix or home) == "RO" and len(number) == _CNP_DIGITS and number.isdigit():
            code = "personal-number" if cnp.is_valid(number) else "bad-tax-id"
            return Reading(None, (*issues, Issue(code, {"value": f"{number[:1]}…{number[-2:]}"})))
        valid = _valid_tax_id(compact, prefix, home)
        return Reading(valid, issues) if valid else failed("bad-tax-id", cell)

    return read


def _valid_tax_id(compact: str, prefix: str, home: str) -> str | None:
    """The ID in its one spelling; `None` where its control digit or length is wrong."""
    country = prefix or home
    try:
        if country == "RO":
            return "RO" + cui.validate(compact)
        if country == "EL" or country.lower() in eu_vat.MEMBER_STATES:
            return str(eu_vat.validate(compact if prefix else country + compact))
        rules = get_cc_module(country.lower(), "vat")
        if rules is None:  # nothing known of that country's: a prefix of no country is no tax ID
            return None if prefix else compact
        number = str(rules.validate(compact))
        return number if number.startswith(country) else country + number
    except ValidationError:
        return None
