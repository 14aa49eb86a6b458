"""Makes the two templates of offers that come with sheetcrm.

    python templates/make.py

They are a beginning: people redesign them in Excel or LibreOffice, and nothing but
the placeholders has to stay. What each placeholder means stands in docs/templates.md.
"""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.worksheet.worksheet import Worksheet

FOLDER = Path(__file__).parent
FONT = "Arial"
"""It, or one that is just as wide, is everywhere: the page breaks where it should."""
INK, QUIET, BRAND, RULE, PAPER = "1F2937", "6B7280", "1D4E89", "D1D5DB", "F3F6FA"

WIDTHS = {"A": 4.5, "B": 19, "C": 26, "D": 8.5, "E": 6, "F": 11.5, "G": 9, "H": 7, "I": 13.5, "J": 1}
"""J is the edge: programs do not agree on indents."""

TEXTS = {
    "en": {
        "tab": "Offer",
        "offer": "Offer {{offer.number}}",
        "issuer": (
            "{{issuer.address}}\nTax ID {{issuer.tax_id}}\nReg. no. {{issuer.registration}}\n"
            "{{issuer.phone}}\n{{issuer.email}}\n{{issuer.website}}"
        ),
        "for": "PREPARED FOR",
        "client": (
            "{{client.address}}\nTax ID {{client.tax_id}}\nReg. no. {{client.registration}}\n"
            "Attn. {{client.contact}}\n{{client.phone}}\n{{client.email}}"
        ),
        "details": "DETAILS",
        "number": "Number",
        "version": "Version",
        "date": "Date",
        "valid": "Valid until",
        "currency": "Currency",
        "by": "Prepared by",
        "headers": ("No.", "Product", "Description", "Quantity", "Unit", "Unit price", "Discount", "VAT", "Value"),
        "net": "Net",
        "vat": "VAT",
        "of": "of",
        "total": "Total incl. VAT",
        "words": "In words: ",
        "delivery": "Delivery: ",
        "payment": "Payment: ",
        "account": "Bank account: ",
        "currency_clause": "Currency: ",
        "notes": "Notes: ",
        "from_us": "For {{issuer.name}}",
        "from_you": "Accepted for {{client.name}}",
        "sign": "Name, date, signature",
        "page": "Page &P of &N",
        "day": "d mmm yyyy",
    },
    "ro": {
        "tab": "Ofertă",
        "offer": "Ofertă {{offer.number}}",
        "issuer": (
            "{{issuer.address}}\nCUI {{issuer.tax_id}}\nReg. Com. {{issuer.registration}}\n"
            "{{issuer.phone}}\n{{issuer.email}}\n{{issuer.website}}"
        ),
        "for": "CĂTRE",
        "client": (
            "{{client.address}}\nCUI {{client.tax_id}}\nReg. Com. {{client.registration}}\n"
            "În atenția {{client.contact}}\n{{client.phone}}\n{{client.email}}"
        ),
        "details": "DETALII",
        "number": "Număr",
        "version": "Versiune",
        "date": "Data",
        "valid": "Valabilă până la",
        "currency": "Moneda",
        "by": "Întocmită de",
        "headers": ("Nr.", "Produs", "Descriere", "Cantitate", "U.M.", "Preț unitar", "Discount", "TVA", "Valoare"),
        "net": "Total fără TVA",
        "vat": "TVA",
        "of": "din",
        "total": "Total cu TVA",
        "words": "În litere: ",
        "delivery": "Livrare: ",
        "payment": "Plată: ",
        "account": "Cont bancar: ",
        "currency_clause": "Curs valutar: ",
        "notes": "Observații: ",
        "from_us": "Din partea {{issuer.name}}",
        "from_you": "Acceptat din partea {{client.name}}",
        "sign": "Nume, data, semnătura",
        "page": "Pagina &P din &N",
        "day": "dd.mm.yyyy",
    },
}


def make(language: str, path: Path) -> None:
    """One template."""
    text = TEXTS[language]
    book = Workbook()
    book.properties.title = str(text["tab"])
    book.properties.creator = "sheetcrm"
    # Columns are as wide as so many digits of this font.
    book._fonts = IndexedList([Font(name=FONT, sz=10)])
    book._named_styles["Normal"].font = Font(name=FONT, sz=10)
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = str(text["tab"])
    for letter, width in WIDTHS.items():
        page.column_dimensions[letter].width = width
    _top(page, text)
    _parties(page, text)
    _lines(page, text)
    _totals(page, text)
    _terms(page, text)
    _signatures(page, text)
    _print(page, text)
    book.save(path)


# ---------------------------------------------------------------- parts of the page


def _top(page: Worksheet, text: dict) -> None:
    _rows(page, {1: 78, 2: 6, 3: 12, 4: 30, 5: 17, 6: 10})
    _merged(page, "A1:C1", "{{issuer.name}}", size=20, bold=True, ink=BRAND, vertical="center")
    _merged(page, "D1:I1", text["issuer"], size=8.5, ink=QUIET, horizontal="right", vertical="center")
    for column in WIDTHS:
        page[f"{column}2"].border = Border(top=Side("medium", color=BRAND))
    _merged(page, "A4:I4", text["offer"], size=20, bold=True, vertical="center", wrap=False)
    _merged(page, "A5:I5", "{{offer.title}}", size=11, ink=QUIET, vertical="top")


def _parties(page: Worksheet, text: dict) -> None:
    _rows(page, {7: 16, **dict.fromkeys(range(8, 14), 15), 14: 14})
    for block, said in (("A7:D7", text["for"]), ("F7:I7", text["details"])):
        _merged(page, block, said, size=8, bold=True, ink=BRAND, vertical="center")
    _merged(page, "A8:D8", "{{client.name}}", size=11, bold=True, vertical="center")
    _merged(page, "A9:D13", text["client"], size=9.5)
    details = (
        (text["number"], "{{offer.number}}", ""),
        (text["version"], "{{offer.version}}", "0"),
        (text["date"], "{{offer.date}}", text["day"]),
        (text["valid"], "{{offer.valid_until}}", text["day"]),
        (text["currency"], "{{offer.currency}}", ""),
        (text["by"], "{{offer.prepared_by}}", ""),
    )
    for row, (label, said, code) in enumerate(details, 8):
        _merged(page, f"F{row}:G{row}", label, ink=QUIET, vertical="center")
        _merged(page, f"H{row}:I{row}", said, horizontal="right", vertical="center", code=code, wrap=False)
        for column in "FGHIJ":
            page[f"{column}{row}"].border = Border(bottom=Side("hair", color=RULE))


def _lines(page: Worksheet, text: dict) -> None:
    _rows(page, {15: 24, 16: 21, 17: 8})
    placeholders = "number product description quantity unit unit_price discount vat_rate value".split()
    codes = {
        "quantity": "#,##0",
        "unit_price": "#,##0.00",
        "discount": "0%;-0%;",
        "vat_rate": "0%",
        "value": "#,##0.00",
    }
    centred, texts = {"number", "unit"}, {"product", "description"}
    for column, header, name in zip(WIDTHS, text["headers"], placeholders, strict=False):
        horizontal = "center" if name in centred else "left" if name in texts else "right"
        look = {"horizontal": horizontal, "vertical": "center"}
        _cell(page, f"{column}15", header, size=9, bold=True, ink="FFFFFF", paper=BRAND, wrap=True, **look)
        _cell(
            page,
            f"{column}16",
            "{{line." + name + "}}",
            bold=name == "product",
            code=codes.get(name, ""),
            wrap=name in texts,
            shrink=name in ("unit_price", "value"),
            **look,
        )
    _cell(page, "J15", None, paper=BRAND)
    for column in WIDTHS:
        page[f"{column}16"].border = Border(bottom=Side("thin", color=RULE))


def _totals(page: Worksheet, text: dict) -> None:
    _rows(page, {18: 17, 19: 17, 20: 24, 21: 24})
    money, beside = "#,##0.00", {"horizontal": "right", "vertical": "center"}
    last = {**beside, "code": money, "shrink": True}
    _merged(page, "F18:H18", text["net"], ink=QUIET, **beside)
    _cell(page, "I18", "{{offer.net}}", **last)
    _cell(page, "E19", text["vat"], ink=QUIET, **beside)
    _cell(page, "F19", "{{vat.rate}}", ink=QUIET, code="0%", horizontal="left", vertical="center")
    _merged(page, "G19:H19", "{{vat.base}}", ink=QUIET, code=f'"{text["of"]}" {money}', **beside)
    _cell(page, "I19", "{{vat.amount}}", **last)
    for column in "EFGHIJ":
        paper = {"paper": BRAND, "ink": "FFFFFF", "bold": True}
        _cell(page, f"{column}20", None, **paper)
    _merged(page, "E20:G20", text["total"], size=11, paper=BRAND, ink="FFFFFF", bold=True, vertical="center", indent=1)
    _cell(page, "H20", "{{offer.currency}}", size=11, paper=BRAND, ink="FFFFFF", bold=True, **beside)
    _cell(page, "I20", "{{offer.total}}", size=12, paper=BRAND, ink="FFFFFF", bold=True, **last)
    words = _labelled(text["words"], "{{offer.total_in_words}}", 9)
    _merged(page, "A21:I21", words, size=9, ink=QUIET, **beside)


def _terms(page: Worksheet, text: dict) -> None:
    _rows(page, {22: 8, **dict.fromkeys(range(23, 28), 15), 28: 16})
    terms = (
        (text["delivery"], "{{offer.delivery}}"),
        (text["payment"], "{{offer.payment}}"),
        (text["account"], "{{issuer.iban}} {{issuer.bank}}"),
        (text["currency_clause"], "{{offer.currency_clause}}"),
        (text["notes"], "{{offer.notes}}"),
    )
    for row, (label, said) in enumerate(terms, 23):
        _merged(page, f"A{row}:I{row}", _labelled(label, said, 9.5))


def _signatures(page: Worksheet, text: dict) -> None:
    _rows(page, {29: 15, 30: 40, 31: 13})
    for columns, said in (("A:C", text["from_us"]), ("F:J", text["from_you"])):
        first, last = columns.split(":")
        _merged(page, f"{first}29:{last}29", said, bold=True)
        for column in WIDTHS:
            if first <= column <= last:
                page[f"{column}30"].border = Border(bottom=Side("thin", color=QUIET))
        _merged(page, f"{first}31:{last}31", text["sign"], size=8, ink=QUIET)


def _print(page: Worksheet, text: dict) -> None:
    page.sheet_view.showGridLines = False
    page.print_area = "A1:J31"
    page.print_title_rows = "15:15"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.orientation = "portrait"
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_options.horizontalCentered = True
    margins = page.page_margins
    margins.left = margins.right = 0.6
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.7, 0.3, 0.35
    for part, said in (("left", "{{offer.number}} · {{client.name}}"), ("right", text["page"])):
        footer = getattr(page.oddFooter, part)
        footer.text, footer.size, footer.font, footer.color = said, 8, f"{FONT},Regular", QUIET


# ---------------------------------------------------------------- cells


def _rows(page: Worksheet, heights: dict[int, float]) -> None:
    for row, height in heights.items():
        page.row_dimensions[row].height = height


def _merged(page: Worksheet, block: str, said: object, **look: object) -> None:
    page.merge_cells(block)
    _cell(page, block.partition(":")[0], said, **{"wrap": True, **look})


def _cell(
    page: Worksheet,
    place: str,
    said: object,
    *,
    size: float = 9.5,
    bold: bool = False,
    ink: str = INK,
    paper: str = "",
    horizontal: str = "left",
    vertical: str = "top",
    code: object = "",
    wrap: bool = False,
    indent: int = 0,
    shrink: bool = False,
) -> None:
    cell = page[place]
    cell.value = said
    cell.font = Font(name=FONT, sz=size, b=bold, color=f"FF{ink}")
    # An amount that is too long is better small than a row of hashes.
    shrink_to_fit = shrink or None
    cell.alignment = Alignment(horizontal, vertical, wrap_text=wrap or None, indent=indent, shrink_to_fit=shrink_to_fit)
    if paper:
        cell.fill = PatternFill("solid", fgColor=f"FF{paper}")
    if code:
        cell.number_format = str(code)


def _labelled(label: object, said: str, size: float) -> CellRichText:
    """A bold label and what it is about, in one cell: where there is nothing to say, both go."""
    bold = InlineFont(rFont=FONT, sz=size, b=True, color=f"FF{INK}")
    plain = InlineFont(rFont=FONT, sz=size, color=f"FF{INK}")
    return CellRichText(TextBlock(bold, str(label)), TextBlock(plain, said))


if __name__ == "__main__":
    make("en", FOLDER / "offer_template.xlsx")
    make("ro", FOLDER / "offer_template_ro.xlsx")
