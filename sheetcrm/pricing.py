"""What lines of offers come to: which product each means, its price, its live total.

People write as much of a line as they like; the rest comes from Products. A line
that cannot be priced says why. It knows no template and no file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sheetcrm import money
from sheetcrm.columns import fold
from sheetcrm.drafts import Draft
from sheetcrm.model import OfferLine, Opportunity, Product
from sheetcrm.offers import OfferLine as Line
from sheetcrm.run import Run
from sheetcrm.settings import Settings
from sheetcrm.tables import Cell, Formula, column_letters, is_blank
from sheetcrm.validate import Found

__all__ = ["Priced", "price_lines"]

_HUNDRED = Decimal(100)


class Priced(NamedTuple):
    """A line of the Offer lines tab, and what stands on the offer; None where something is missing."""

    draft: Draft
    line: Line | None


@dataclass(frozen=True, slots=True)
class PricedLines:
    """The lines of one record, in the order of the tab."""

    currency: str
    lines: tuple[Priced, ...]


def price_lines(run: Run) -> Mapping[str, PricedLines]:
    """The lines of each record; what is wrong with a line is said on it, and its total becomes a formula."""
    catalogue = _Catalogue(run)
    by_record: dict[str, list[Draft]] = defaultdict(list)
    for draft in run.line_rows:
        if draft.entry.kind == "record":
            by_record[str(draft.sync.get("record_id", ""))].append(draft)
    found: dict[str, PricedLines] = {}
    for record, drafts in by_record.items():
        meant = [catalogue.product(draft) for draft in drafts]
        currency = _currency(run, record, drafts, meant)
        lines = [
            _Pricing(run, catalogue, draft, at, currency).priced() for draft, at in zip(drafts, meant, strict=True)
        ]
        found[record] = PricedLines(currency, tuple(lines))
    found.pop("", None)  # of nobody known
    return found


def _currency(run: Run, record: str, drafts: list[Draft], meant: list[Draft | None]) -> str:
    """What the record is counted in; where it does not say, what its products are."""
    draft = run.drafts.get(record)
    lead = draft.entry.record if draft else None
    if draft and isinstance(lead, Opportunity) and lead.currency:
        return lead.currency
    priced = [_product(at) for line, at in zip(drafts, meant, strict=True) if is_blank(line.entry.cell("unit_price"))]
    currencies = {product.currency for product in priced if product and product.price is not None}
    only = currencies.pop() if len(currencies) == 1 else None
    return only or run.rules.settings.currency


def _product(draft: Draft | None) -> Product | None:
    return draft.entry.record if draft and isinstance(draft.entry.record, Product) else None


class _Catalogue:
    """The rows of Products, by code and by name."""

    def __init__(self, run: Run) -> None:
        self.layout = run.layouts.get("products")
        self._called: dict[str, dict[str, list[Draft]]] = {"code": defaultdict(list), "name": defaultdict(list)}
        for draft in run.product_rows:
            product = draft.entry.record
            if draft.entry.kind == "record" and isinstance(product, Product):
                for name, word in (("code", product.code), ("name", product.name)):
                    if word:
                        self._called[name][fold(word)].append(draft)

    def product(self, line: Draft) -> Draft | None:
        """The product that a line names, by code or by name; free text names none."""
        record = line.entry.record
        if not isinstance(record, OfferLine) or not record.product:
            return None
        for called in self._called.values():
            fitting = called.get(fold(record.product), [])
            if len(fitting) > 1:
                line.entry.found.append(Found("product", "several-products", {"value": record.product}))
            if fitting:
                return fitting[0]
        return None

    def price_of(self, line: Draft, product: Draft, by_rate: str, digits: int) -> str:
        """A formula that looks the price up; "" where the tab has no place to look. `by_rate` is `*4.97`, `/5`."""
        layout, record = self.layout, line.entry.record
        assert isinstance(record, OfferLine)
        if layout is None or "price" not in layout.columns or isinstance(product.entry.cell("price"), str):
            return ""
        by = next((n for n, called in self._called.items() if fold(record.product or "") in called), "code")
        if by not in layout.columns or "product" not in line.layout.columns:
            return ""
        tab = "'" + layout.title.replace("'", "''") + "'!"
        price, key = (column_letters(layout.columns[name]) for name in ("price", by))
        sought = f"{column_letters(line.layout.columns['product'])}{(line.entry.row or 0) + 1}"
        found = f"INDEX({tab}${price}:${price},MATCH({sought},{tab}${key}:${key},0))"
        return f"ROUND({found}{by_rate},{digits})" if by_rate else found


@dataclass(slots=True)
class _Pricing:
    """One line while it is priced."""

    run: Run
    catalogue: _Catalogue
    draft: Draft
    product: Draft | None
    currency: str

    def priced(self) -> Priced:
        record = self.draft.entry.record
        assert isinstance(record, OfferLine)
        product, settings = _product(self.product), self.run.rules.settings
        price = record.unit_price if record.unit_price is not None else self._listed(product, settings)
        if self._is_given("line_total"):
            self.draft.sync["line_total"] = self._formula(product, settings)
        vat = self._vat(record, product, settings, self.run.today)
        ready = self._is_whole(record, price)
        if product and product.active is False:
            self._say("product", "product-not-sold", value=record.product or "")
        if not ready or price is None or record.quantity is None:
            return Priced(self.draft, None)
        name = (product.name or product.code) if product else record.product
        line = Line(
            record.quantity,
            price,
            vat,
            name or "",
            (product.code or "") if product else "",
            record.description or "",
            record.unit or (product.unit if product else None) or "",
            (record.discount_percent or Decimal(0)) * _HUNDRED,
        )
        return Priced(self.draft, line)

    def _is_given(self, name: str) -> bool:
        return name in self.draft.layout.columns

    def _say(self, field: str, code: str, **values: str) -> None:
        self.draft.entry.found.append(Found(field, code, values))

    def _listed(self, product: Product | None, settings: Settings) -> Decimal | None:
        """The price of Products, in the currency of the offer."""
        if product is None or product.price is None:
            return None
        own = product.currency or settings.currency
        found = money.converted(product.price, own, self.currency, settings.rates, settings.currency)
        if found is None:
            missing = own if own not in (*settings.rates, settings.currency) else self.currency
            self._say("unit_price", "no-rate", currency=missing, price=f"{_plain(product.price)} {own}")
        return product.price if own == self.currency else found

    def _vat(self, record: OfferLine, product: Product | None, settings: Settings, day: date) -> Decimal:
        """The rate in percent: the line's own, else the product's, else the usual one of the day."""
        given = record.vat_percent if record.vat_percent is not None else product.vat_percent if product else None
        if given is None:
            return settings.vat.standard(day) or Decimal(0)
        percent = given * _HUNDRED
        if not settings.vat.knows(percent, day):
            rates = ", ".join(_plain(rate) for rate in settings.vat.rates(day))
            self._say("vat_percent", "vat-not-known", value=f"{_plain(percent)} %", rates=rates)
        return percent

    def _is_whole(self, record: OfferLine, price: Decimal | None) -> bool:
        cell, told = self.draft.entry.cell, {found.field for found in self.draft.entry.found}
        if record.quantity is None and is_blank(cell("quantity")):
            self._say("quantity", "line-without-quantity")
        elif record.quantity == 0:
            self._say("quantity", "line-of-nothing")
            return False
        if price is None and "unit_price" not in told:
            self._say("unit_price", "line-without-price", value=record.product or record.description or "")
        unread = [
            n for n in ("discount_percent", "vat_percent") if getattr(record, n) is None and not is_blank(cell(n))
        ]
        named = bool(record.product or record.description)
        if not named:
            self._say("product", "line-without-product")
        return named and not unread

    # ------------------------------------------------------------ the live total

    def _formula(self, product: Product | None, settings: Settings) -> Cell:
        """The line's total as a formula over its own cells: a changed quantity shows at once."""
        if self.draft.entry.row is None or not all(map(self._is_given, ("quantity", "unit_price"))):
            return ""
        digits = money.minor_digits(self.currency)
        quantity = self._operand("quantity")
        price = typed = self._operand("unit_price")
        by_rate = self._by_rate(product, settings) if product and product.price is not None else None
        if self.product and by_rate is not None and is_blank(self.draft.entry.cell("unit_price")):
            listed = self.catalogue.price_of(self.draft, self.product, by_rate, digits)
            price = f'IF({typed}="",{listed},{typed})' if listed else typed
        missing = f'{quantity}=""' if price != typed else f'OR({quantity}="",{typed}="")'
        discount = self._operand("discount_percent") if self._is_given("discount_percent") else ""
        left = f"*(1-IF(N({discount})>1,{discount}/100,N({discount})))" if discount else ""
        return Formula(f'=IF({missing},"",IFERROR(ROUND({quantity}*{price}{left},{digits}),""))')

    def _by_rate(self, product: Product, settings: Settings) -> str | None:
        """How a listed price comes to the offer's currency, as the end of a formula; None without a rate."""
        own = product.currency or settings.currency
        if own == self.currency:
            return ""
        known = {**settings.rates, settings.currency: Decimal(1)}
        if own not in known or self.currency not in known:
            return None
        signs = (("*", known[own]), ("/", known[self.currency]))
        return "".join(f"{sign}{_in_formula(rate)}" for sign, rate in signs if rate != 1)

    def _operand(self, name: str) -> str:
        """The cell itself; what it was read as where a program would not count with it."""
        cell, value = self.draft.entry.cell(name), getattr(self.draft.entry.record, name)
        if isinstance(cell, str) and not is_blank(cell) and value is not None:
            return _in_formula(value)
        return f"{column_letters(self.draft.layout.columns[name])}{(self.draft.entry.row or 0) + 1}"


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _in_formula(number: Decimal) -> str:
    """A number as every program reads it: here a point parts the cents, there a comma."""
    digits = -min(int(number.normalize().as_tuple().exponent), 0)
    return f"({_plain(number.scaleb(digits))}/1{'0' * digits})" if digits else _plain(number)
