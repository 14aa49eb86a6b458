"""How numbers, dates and truth are written in a spreadsheet's locale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

EN_MONTHS = tuple("January February March April May June July August September October November December".split())
EN_DAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())


@dataclass(frozen=True)
class Locale:
    """What a locale decides."""

    decimal: str = "."
    group: str = ","
    order: str = "mdy"  # of day, month and year as people type them
    date: str = "M/d/yyyy"
    time: str = "h:mm:ss am/pm"
    date_separators: str = "/-"
    currency: str = '"$"#,##0.00'
    symbols: tuple[str, ...] = ("$",)  # that make a number money
    true: str = "TRUE"
    false: str = "FALSE"
    months: tuple[str, ...] = EN_MONTHS
    short_months: tuple[str, ...] = tuple(month[:3] for month in EN_MONTHS)
    days: tuple[str, ...] = EN_DAYS
    short_days: tuple[str, ...] = tuple(day[:3] for day in EN_DAYS)

    @property
    def comma_is_decimal(self) -> bool:
        """Then arguments of a function are parted by `;` only."""
        return self.decimal == ","


US = Locale()
BRITISH = replace(US, order="dmy", date="dd/MM/yyyy", time="HH:mm:ss", currency='"£"#,##0.00', symbols=("£",))
CONTINENTAL = replace(
    US,
    decimal=",",
    group=".",
    order="dmy",
    date="dd.MM.yyyy",
    time="HH:mm:ss",
    date_separators="./-",
    currency='#,##0.00 "€"',
    symbols=("€",),
)
LOCALES = {
    "en_US": US,
    "en_GB": BRITISH,
    "ro_RO": replace(
        CONTINENTAL,
        currency='#,##0.00 "lei"',
        symbols=("lei", "RON"),
        true="ADEVĂRAT",
        false="FALS",
        months=tuple(
            "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie".split()
        ),
        short_months=tuple("ian. feb. mar. apr. mai iun. iul. aug. sept. oct. nov. dec.".split()),
        days=tuple("luni marți miercuri joi vineri sâmbătă duminică".split()),
        short_days=tuple("lun. mar. mie. joi vin. sâm. dum.".split()),
    ),
    "de_DE": replace(
        CONTINENTAL,
        true="WAHR",
        false="FALSCH",
        months=tuple("Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()),
        short_months=tuple("Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.".split()),
        days=tuple("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag".split()),
        short_days=tuple("Mo. Di. Mi. Do. Fr. Sa. So.".split()),
    ),
    "fr_FR": replace(
        CONTINENTAL,
        group="\u202f",
        date="dd/MM/yyyy",
        date_separators="/-",
        true="VRAI",
        false="FAUX",
        months=tuple("janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()),
        short_months=tuple("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split()),
        days=tuple("lundi mardi mercredi jeudi vendredi samedi dimanche".split()),
        short_days=tuple("lun. mar. mer. jeu. ven. sam. dim.".split()),
    ),
}
BY_LANGUAGE = {"en": "en_US", "ro": "ro_RO", "de": "de_DE", "fr": "fr_FR"}


@lru_cache(maxsize=64)
def locale_named(name: str) -> Locale:
    """The locale, or its language's, or the United States'."""
    if name in LOCALES:
        return LOCALES[name]
    return LOCALES[BY_LANGUAGE.get(name.partition("_")[0], "en_US")]
