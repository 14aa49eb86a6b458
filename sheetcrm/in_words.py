"""Amounts of money in words, as they stand under a total, in English and Romanian.

It knows how numbers are said, and how they agree with what is counted; what
currencies are called stands in the message catalogue.
"""

from __future__ import annotations

from decimal import Decimal

from sheetcrm import messages
from sheetcrm.messages import plural_form
from sheetcrm.money import minor_digits, rounded

__all__ = ["amount_in_words", "number_in_words"]

LARGEST = 10**15

_EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_EN_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_EN_THOUSANDS = ("", " thousand", " million", " billion", " trillion")

_RO_SMALL = (
    "zero unu doi trei patru cinci șase șapte opt nouă zece unsprezece doisprezece treisprezece paisprezece "
    "cincisprezece șaisprezece șaptesprezece optsprezece nouăsprezece"
).split()
_RO_TENS = "_ _ douăzeci treizeci patruzeci cincizeci șaizeci șaptezeci optzeci nouăzeci".split()
_RO_FEMININE = {"unu": "una", "doi": "două", "doisprezece": "douăsprezece"}
_RO_NEUTER = {"doi": "două", "doisprezece": "douăsprezece"}
"""Neuter nouns count like masculine ones up to one, and like feminine ones from two on."""
_RO_THOUSANDS = (
    ("o mie", "mii", _RO_FEMININE),
    ("un milion", "milioane", _RO_NEUTER),
    ("un miliard", "miliarde", _RO_NEUTER),
    ("un bilion", "bilioane", _RO_NEUTER),
)


def amount_in_words(amount: Decimal, currency: str, language: str) -> str:
    """`two thousand lei and fifty bani`, `două mii de lei și cincizeci de bani`; "" for more than anybody says."""
    exact = abs(rounded(amount, currency))
    whole = int(exact)
    if whole >= LARGEST:
        return ""
    digits = minor_digits(currency)
    minor = int((exact - whole).scaleb(digits))
    said = _counted(whole, f"money-{currency.upper()}", currency, language)
    if minor:
        joined = messages.text("offers", "money-and", language)
        cents = f"minor-{currency.upper()}"
        if cents in messages.area("offers"):
            said += joined + _counted(minor, cents, currency, language)
        else:
            said += f"{joined}{minor:0{digits}}/{10**digits}"
    if amount < 0 and exact:
        return f"minus {said}"
    return said


def _counted(number: int, key: str, currency: str, language: str) -> str:
    """A number and what is counted, in agreement; a currency that the catalogue does not know is said by its code."""
    entry = messages.area("offers").get(key)
    if entry is None:
        return f"{number_in_words(number, language)} {currency}"
    feminine = bool(entry.get(f"feminine-{language}"))
    noun = messages.text("offers", key, language, n=number)
    if language == "ro" and number == 1:
        return f"{'o' if feminine else 'un'} {noun}"
    return f"{number_in_words(number, language, feminine=feminine)} {noun}"


def number_in_words(number: int, language: str, *, feminine: bool = False) -> str:
    """A whole number from 0 up, in words. `feminine` is what it counts."""
    return _romanian(number, _RO_FEMININE if feminine else {}) if language == "ro" else _english(number)


def _groups(number: int) -> list[int]:
    """Its digits by three, the last ones first."""
    return [number // 1000**power % 1000 for power in range(5)]


def _english(number: int) -> str:
    if number == 0:
        return _EN_SMALL[0]
    said = ""
    for power, group in reversed(list(enumerate(_groups(number)))):
        if not group:
            continue
        hundreds, rest = divmod(group, 100)
        words = f"{_EN_SMALL[hundreds]} hundred" if hundreds else ""
        if rest:
            # “one thousand and one”, but “one thousand two hundred”.
            words += " and " if hundreds else "and " if said and power == 0 else ""
            words += _EN_SMALL[rest] if rest < 20 else _EN_TENS[rest // 10]
            words += f"-{_EN_SMALL[rest % 10]}" if rest >= 20 and rest % 10 else ""
        said += f" {words}{_EN_THOUSANDS[power]}"
    return said.strip()


def _romanian(number: int, agreement: dict[str, str]) -> str:
    if number == 0:
        return _RO_SMALL[0]
    said = []
    first, *larger = _groups(number)
    for power, group in reversed(list(enumerate(larger))):
        one, many, agrees = _RO_THOUSANDS[power]
        if group == 1:
            said.append(one)
        elif group:
            link = "de " if plural_form("ro", group) == "other" else ""
            said.append(f"{_ro_hundreds(group, agrees)} {link}{many}")
    if first:
        said.append(_ro_hundreds(first, agreement))
    return " ".join(said)


def _ro_hundreds(number: int, agreement: dict[str, str]) -> str:
    hundreds, rest = divmod(number, 100)
    words = []
    if hundreds:
        # Hundreds are feminine themselves.
        counted = _RO_FEMININE.get(_RO_SMALL[hundreds], _RO_SMALL[hundreds])
        words.append("o sută" if hundreds == 1 else f"{counted} sute")
    if rest >= 20:
        words.append(_RO_TENS[rest // 10])
        if rest % 10:
            words.append("și")
    last = rest if rest < 20 else rest % 10
    if last:
        words.append(agreement.get(_RO_SMALL[last], _RO_SMALL[last]))
    return " ".join(words)
