"""Offers as files: an Excel workbook, its folder, templates, LibreOffice, and names nobody should be called."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import ROOT, Run

import sheetcrm
from sheetcrm import display
from sheetcrm.notebook import Crm
from sheetcrm.offers import Offer, OfferNumber
from sheetcrm.problems import Busy, Changed, UsageError
from sheetcrm.tables import Cell, Plan, Receipt, Snapshot
from sheetcrm.workbooks import open_workbook
from sheetcrm.workbooks.excel import filling
from sheetcrm.workbooks.excel.record import read_record
from sheetcrm.workbooks.offers_folder import WithOffers
from tests.workbooks.excel_office import ExcelOffice, cents, recalculated, settings_file

FIRST, SECOND = "OF-2026-0001-v1", "OF-2026-0001-v2"
FILE = f"2026/{FIRST} Acme SRL.xlsx"
PUMPS: list[dict[str, Cell]] = [
    {"product": "Pump", "quantity": 3, "unit_price": 19.995, "discount_percent": 0.075},
    {"description": "Installation", "quantity": 1.5, "unit_price": 40, "vat_percent": 0.11},
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a settings file that asks for no PDF."""
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings_file(tmp_path)))
    return tmp_path


@pytest.fixture
def office(place: Path) -> ExcelOffice:
    office = ExcelOffice(place / "crm.xlsx")
    office.opportunity("Acme SRL", PUMPS)
    return office


@pytest.fixture
def made(office: ExcelOffice) -> ExcelOffice:
    assert office.sync().written
    return office


# ---------------------------------------------------------------- from prepare to Deals


def test_the_way_of_an_offer_through_an_excel_workbook(office: ExcelOffice) -> None:
    assert office.sync().written
    assert office.files() == [FILE]
    [row] = office.offers.values()
    assert (row["number"], row["file"], row["state"]) == (FIRST, f"offers/{FILE}", "Draft")
    record = read_record((office.folder / FILE).read_bytes(), FILE)
    assert record
    assert (record.number, record.record_id) == (OfferNumber(2026, 1), row["record_id"])
    [opportunity] = office.rows("opportunities")
    assert (opportunity["offer"], opportunity["last_offer"]) == (FIRST, FIRST)
    with office.at_work() as desk:
        desk.type("offer_lines", 1, {"quantity": 4})
        desk.edit("opportunities", "Acme SRL", offer="prepare")
    office.sync(1)
    assert {number: row["state"] for number, row in office.offers.items()} == {FIRST: "Superseded", SECOND: "Draft"}
    assert office.files() == [FILE, FILE.replace("v1", "v2")]
    office.answer(SECOND, status="accepted")
    office.sync(1)
    [deal] = office.rows("deals")
    assert (deal["stage"], deal["last_offer"], office.offers[SECOND]["state"]) == ("Won", SECOND, "Accepted")
    assert not office.rows("opportunities")


def test_a_second_sync_finds_nothing_and_touches_no_file(made: ExcelOffice) -> None:
    files = [made.path, made.folder / FILE]
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    assert not made.sync().written
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in files] == before


def test_the_making_is_told(office: ExcelOffice) -> None:
    told: list[tuple[str, int, int]] = []
    office.sync(progress=lambda *step: told.append(step))
    assert ("offers", 0, 1) in told


def test_several_workbooks_of_one_settings_file_have_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ['folder = "all offers"', "[workbooks]", 'north = "n/crm.xlsx"', 'south = "s/crm.xlsx"']
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings_file(tmp_path, *lines)))
    for name in ("n", "s"):
        office = ExcelOffice(tmp_path / name / "crm.xlsx")
        office.opportunity("Acme SRL", PUMPS)
        office.sync()
        assert list(office.offers) == [FIRST]
    assert (tmp_path / "all offers" / "north" / FILE).is_file()
    assert (tmp_path / "all offers" / "south" / FILE).is_file()


def test_a_folder_that_is_named_and_away_is_said_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings_file(tmp_path, 'folder = "share"')))
    office = ExcelOffice(tmp_path / "crm.xlsx")
    office.opportunity("Acme SRL", PUMPS)
    office.sync()
    [opportunity] = office.rows("opportunities")
    assert opportunity["offer"] == "prepare"
    assert str(opportunity["check"]).startswith("Offer: no offer can be made, for files cannot be written into")
    assert not (tmp_path / "share").exists()
    (tmp_path / "share").mkdir()
    office.sync()
    assert (tmp_path / "share" / FILE).is_file()


# ---------------------------------------------------------------- what lies in the folder


def test_a_strangers_file_with_a_number_is_never_written_over_and_its_number_is_skipped(office: ExcelOffice) -> None:
    strange = office.folder / "2026" / f"{FIRST} Acme SRL.xlsx"
    strange.parent.mkdir(parents=True)
    strange.write_bytes(b"what somebody keeps there")
    receipt = office.sync()
    assert list(office.offers) == ["OF-2026-0002-v1"]
    assert strange.read_bytes() == b"what somebody keeps there"
    assert [(e.event, e.note) for e in receipt.plan.events if e.event == "offer-skipped"] == [("offer-skipped", FIRST)]
    assert not office.sync().written


def test_a_file_that_appears_between_looking_and_making_stays(office: ExcelOffice) -> None:
    """Two machines with one folder: the slower one looks again, and takes another number."""
    book = open_workbook(office.path)
    look, strange = book.folder.look, office.folder / FILE

    def looked(snapshot: Snapshot) -> Any:
        seen = look(snapshot)
        if not strange.exists():
            strange.parent.mkdir(parents=True)
            strange.write_bytes(b"of the other machine")
        return seen

    book.folder.look = looked  # type: ignore[method-assign]
    crm = Crm(book, lambda: office.now)
    crm.sync()
    assert list(office.offers) == ["OF-2026-0002-v1"]
    assert strange.read_bytes() == b"of the other machine"


@pytest.mark.parametrize("error", [Busy("file-held", file="crm.xlsx"), Changed("sheet-changed")])
def test_where_the_tabs_were_not_written_the_files_go_away(office: ExcelOffice, error: Exception) -> None:
    class Store:
        def __init__(self, store: Any) -> None:
            self.store = store

        def read(self) -> Snapshot:
            snapshot: Snapshot = self.store.read()
            return snapshot

        def apply(self, plan: Plan, base: Snapshot) -> Receipt:
            assert office.files() == [FILE]
            raise error

        def held(self) -> AbstractContextManager[None]:
            return nullcontext()

    book = open_workbook(office.path)
    with pytest.raises(type(error)):
        Crm(WithOffers(Store(book.store), book.folder), lambda: office.now).sync()
    assert office.files() == []
    office.sync()
    assert list(office.offers) == [FIRST]


def test_an_offer_that_the_template_cannot_say_does_not_stop_the_others(
    office: ExcelOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.opportunity("Beta SRL", PUMPS)
    office.opportunity("Gama SRL", PUMPS)
    fill = filling.fill_template

    def fussy(template: str | Path, offer: Offer, *, data: bytes | None = None) -> bytes:
        if offer.client.name != "Beta SRL":
            raise UsageError("offers/no-template", path=offer.client.name)
        return fill(template, offer, data=data)

    monkeypatch.setattr(filling, "fill_template", fussy)
    office.sync()
    said = {str(row["company"]): (row["offer"], str(row["check"])) for row in office.rows("opportunities")}
    assert said["Beta SRL"] == (FIRST, "")
    assert said["Acme SRL"][0] == said["Gama SRL"][0] == "prepare"
    assert "Acme SRL" in said["Acme SRL"][1]
    assert len(office.files()) == 1
    monkeypatch.setattr(filling, "fill_template", fill)
    office.sync()
    assert len(office.offers) == 3


def test_a_disk_that_cannot_be_written_is_said_and_the_next_run_tries_anew(
    office: ExcelOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = Crm(open_workbook(office.path), lambda: office.now)
    with monkeypatch.context() as patch:
        patch.setattr("sheetcrm.workbooks.excel.files.create_file", lambda *_: _no_room())
        crm.sync()
    [opportunity] = office.rows("opportunities")
    assert opportunity["offer"] == "prepare"
    assert "No space left" in str(opportunity["check"])
    crm.sync()
    assert office.files() == [FILE]


def _no_room() -> None:
    raise OSError(28, "No space left on device")


def test_a_sent_file_that_was_changed_is_said_once(made: ExcelOffice) -> None:
    made.answer(FIRST, status="sent")
    made.sync(1)
    book = openpyxl.load_workbook(made.folder / FILE)
    assert book.active is not None
    book.active["A1"] = "Cheaper than ever"
    book.save(made.folder / FILE)
    receipt = made.sync(1)
    assert [event.event for event in receipt.plan.events] == ["offer-changed"]
    assert "something else" in str(made.offers[FIRST]["check"])
    assert not any(event.event == "offer-changed" for event in made.sync(1).plan.events)


def test_a_sent_file_that_openpyxl_saved_again_says_nothing(made: ExcelOffice) -> None:
    """It leaves the results of formulas out."""
    made.answer(FIRST, status="sent")
    made.sync(1)
    openpyxl.load_workbook(made.folder / FILE).save(made.folder / FILE)
    assert made.sync(1).plan.events == ()
    assert made.offers[FIRST]["check"] == ""


def test_a_sent_file_that_libreoffice_saved_again_says_nothing(
    made: ExcelOffice, libreoffice: str, tmp_path: Path
) -> None:
    made.answer(FIRST, status="sent")
    made.sync(1)
    recalculated(libreoffice, made.folder / FILE, tmp_path / "anew")
    shutil.copy(tmp_path / "anew" / "anew" / f"bare {Path(FILE).name}", made.folder / FILE)
    assert made.sync(1).plan.events == ()
    assert made.offers[FIRST]["check"] == ""


def test_a_damaged_file_stops_nothing(made: ExcelOffice) -> None:
    made.answer(FIRST, status="sent")
    made.sync(1)
    (made.folder / FILE).write_bytes(b"PK\3\4 half a file")
    (made.folder / "2026" / "OF-2026-0044-v1 copy.xlsx").write_bytes(b"")
    assert made.sync(1).written


# ---------------------------------------------------------------- money


@pytest.fixture(scope="module")
def counted(libreoffice: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ExcelOffice, Path, str]]:
    """Offers of many sorts in one workbook; in RON, where products are in EUR."""
    folder = tmp_path_factory.mktemp("counted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHEETCRM_CONFIG", str(settings_file(folder)))
        office = ExcelOffice(folder / "crm.xlsx")
        with office.at_work() as desk:
            desk.add("settings", setting="Rate RON", setting_value="0.2011")
            desk.add("products", code="P-1", name="Big pump", unit="pcs", price=33.335, currency="EUR")
            desk.add("products", code="P-2", name="Hose", unit="m", price=7.77, currency="RON", vat_percent=0.11)
        halves: list[dict[str, Cell]] = [
            {"product": f"Part {n}", "quantity": n / 2, "unit_price": n / 200, "discount_percent": n % 4 / 40}
            for n in range(1, 40)
        ]
        office.opportunity("Acme SRL", PUMPS)
        office.opportunity("Beta SRL", halves)
        listed: list[dict[str, Cell]] = [
            {"product": "P-1", "quantity": 3, "discount_percent": "12,5%"},
            {"product": "Hose", "quantity": 12.25},
            {"product": "P-1", "quantity": 1, "unit_price": 99.995},
        ]
        office.opportunity("Gama SRL", listed, currency="RON")
        office.sync()
        yield office, folder, libreoffice


def _totals(office: ExcelOffice, book: Any) -> dict[str, list[Decimal]]:
    """The line totals of each record, as the recalculated workbook says them."""
    tab = office.tab("offer_lines")
    sheet, found = book[tab.title], {}
    for row in range(2, sheet.max_row + 1):
        record = sheet.cell(row, tab.marks["record_id"] + 1).value
        if record:
            found.setdefault(record, []).append(cents(sheet.cell(row, tab.marks["line_total"] + 1).value))
    return found


def _offered(office: ExcelOffice) -> dict[str, Any]:
    """What the next sync would offer, by record."""
    return {
        file.offer.record_id: file.offer for file in sheetcrm.open(office.path, now=lambda: office.now).plan().files
    }


def test_libreoffice_comes_to_our_line_totals_and_offers_says_the_sum(
    counted: tuple[ExcelOffice, Path, str], tmp_path: Path
) -> None:
    office, _, program = counted
    said = _totals(office, recalculated(program, office.path, tmp_path))
    assert len(said) == 3
    for row in office.offers.values():
        data = recalculated(program, office.path.parent / str(row["file"]), tmp_path / str(row["number"]))
        page = [[cell.value for cell in cells] for cells in data.active.iter_rows()]
        amounts = [round(Decimal(str(value)), 8) for cells in page for value in cells if isinstance(value, int | float)]
        assert {cents(row["net"]), cents(row["total"])} <= set(amounts)
        assert cents(row["net"]) + cents(row["vat"]) == cents(row["total"])
        assert sum(said[str(row["record_id"])]) == cents(row["net"])


def test_a_changed_quantity_recalculates_to_what_the_next_version_offers(
    counted: tuple[ExcelOffice, Path, str], tmp_path: Path
) -> None:
    office, _, program = counted
    copy = tmp_path / "crm.xlsx"
    shutil.copy(office.path, copy)
    shutil.copytree(office.folder, tmp_path / "offers")
    other = object.__new__(ExcelOffice)
    other.path, other.language, other.nights = copy, "en", 1
    with other.at_work() as desk:
        for row in range(1, desk.free_row("offer_lines")):
            desk.type("offer_lines", row, {"quantity": row * 1.37})
        for company in ("Acme SRL", "Beta SRL", "Gama SRL"):
            desk.edit("opportunities", company, offer="prepare")
    said = _totals(other, recalculated(program, copy, tmp_path / "recalculated"))
    offers = _offered(other)
    assert len(offers) == 3
    for record, offer in offers.items():
        assert said[record] == list(offer.values)


# ---------------------------------------------------------------- PDF


def test_a_pdf_is_made_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, libreoffice: str) -> None:
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings_file(tmp_path, pdf=True)))
    office = ExcelOffice(tmp_path / "crm.xlsx")
    office.opportunity("Acme & Șerban SRL", PUMPS)
    assert office.sync().notes == ()
    name = f"2026/{FIRST} Acme & Șerban SRL"
    assert office.files() == [f"{name}.pdf", f"{name}.xlsx"]
    assert (office.folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    assert not office.sync().written


def test_a_file_that_a_killed_run_left_gets_its_pdf_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, libreoffice: str
) -> None:
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings_file(tmp_path, pdf=True)))
    office = ExcelOffice(tmp_path / "crm.xlsx")
    office.opportunity("Acme SRL", PUMPS)

    def die(*_: object) -> Receipt:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sheetcrm.workbooks.excel.ExcelWorkbook.apply", die)
        with pytest.raises(KeyboardInterrupt):
            office.sync()
    assert office.files() == [FILE]
    office.sync()
    assert office.files() == [FILE.replace(".xlsx", ".pdf"), FILE]


def test_without_libreoffice_it_is_said_once_and_the_offers_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings_file(tmp_path, pdf=True)))
    monkeypatch.setattr("shutil.which", lambda _: None)
    office = ExcelOffice(tmp_path / "crm.xlsx")
    for company in ("Acme SRL", "Beta SRL"):
        office.opportunity(company, PUMPS)
    receipt = office.sync()
    assert receipt.notes == ("no-pdf",)
    assert display.receipt_text(receipt, "en").count("LibreOffice is not installed") == 1
    assert len(office.files()) == len(office.offers) == 2


# ---------------------------------------------------------------- names and cells that mean harm

NAMES = {
    "../../etc/passwd": f"{FIRST} etc passwd.xlsx",
    "..\\..\\windows\\system32": f"{FIRST} windows system32.xlsx",
    "CON": f"{FIRST} CON.xlsx",
    "A" * 300: None,
    "Ș" * 300: None,
    "🎉 Party 🎈 SRL 🎊": f"{FIRST} Party SRL.xlsx",
    '=HYPERLINK("http://evil.example","Acme")': None,
    "\u202egpj.exe SRL": f"{FIRST} gpj.exe SRL.xlsx",
    "Acme [x] {y} %z SRL": None,
    "'; rm -rf ~ #": None,
}


@pytest.mark.parametrize("client", NAMES, ids=lambda name: name[:20].encode("ascii", "replace").decode())
def test_whatever_a_client_is_called_the_file_lies_in_the_folder(client: str, place: Path) -> None:
    office = ExcelOffice(place / "crm.xlsx")
    product = '=HYPERLINK("http://evil.example")'
    line: dict[str, Cell] = {"product": product, "quantity": 1, "unit_price": 5, "description": "+cmd|' /C calc'!A0"}
    office.opportunity(client, [{**line, "record": "R-0001"}])
    office.sync()
    office.sync()
    [name] = office.files()
    assert name.startswith(f"2026/{FIRST}")
    assert len(name.encode()) < 130
    if NAMES[client]:
        assert name == f"2026/{NAMES[client]}"
    beside = {"crm.xlsx", "crm backups", "offers", "sheetcrm.toml", ".crm.xlsx.sheetcrm.lock"}
    assert {path.name for path in place.iterdir()} <= beside
    page = openpyxl.load_workbook(office.folder / name).active
    assert page is not None
    cells = [cell for row in page.iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == product] == ["s"]
    assert not any(cell.data_type == "f" and "HYPERLINK" in str(cell.value) for cell in cells)
    assert not any("hyperlink" in part for part in zipfile.ZipFile(office.folder / name).namelist())
    assert list(office.offers) == [FIRST]
    assert not office.sync().written


# ---------------------------------------------------------------- templates of the team's own


def test_the_teams_own_template_in_the_folder_is_taken(office: ExcelOffice) -> None:
    office.folder.mkdir()
    book = openpyxl.load_workbook(ROOT / "templates" / "offer_template.xlsx")
    assert book.active is not None
    book.active["L1"] = "our own: {{client.name}}"
    book.save(office.folder / "offer_template.xlsx")
    office.sync()
    made = openpyxl.load_workbook(office.folder / FILE)
    assert made.active is not None
    assert made.active["L1"].value == "our own: Acme SRL"


def test_a_template_with_macros_is_filled_and_its_macros_are_kept_and_never_run(
    office: ExcelOffice, shared: Path, run: Run
) -> None:
    office.folder.mkdir()
    template = office.folder / "offer_template.xlsm"
    macros = (shared / "xlsx_corpus" / "paper-xlsx__vba-test.xlsm").read_bytes()
    _with_placeholders(macros, template)
    _, out, _ = run("offer", "--check-template", str(template))
    assert "macros" in out
    office.sync()
    name = FILE.replace(".xlsx", ".xlsm")
    assert name in office.files()
    before, after = (zipfile.ZipFile(path) for path in (template, office.folder / name))
    assert after.read("xl/vbaProject.bin") == before.read("xl/vbaProject.bin")


def test_a_template_with_links_to_other_files_is_reported_and_filled(
    office: ExcelOffice, shared: Path, run: Run
) -> None:
    corpus = sorted((shared / "xlsx_corpus").glob("*.xlsx"))
    data = next(d for d in map(Path.read_bytes, corpus) if b"externalLinks/externalLink1.xml" in d)
    office.folder.mkdir()
    template = office.folder / "offer_template.xlsx"
    _with_placeholders(data, template)
    exit_code, out, _ = run("offer", "--check-template", str(template))
    assert (exit_code, "takes something from outside" in out) == (0, True)
    office.sync()
    assert FILE in office.files()
    before, after = (zipfile.ZipFile(path) for path in (template, office.folder / FILE))
    links = [name for name in before.namelist() if "externalLinks/" in name]
    assert links
    assert [after.read(name) for name in links] == [before.read(name) for name in links]


def _with_placeholders(data: bytes, path: Path) -> None:
    from sheetcrm.workbooks.excel import XlsxFile

    path.write_bytes(data)
    with XlsxFile(path) as file:
        title = next(iter(file.tabs))
        names = "product quantity unit_price discount vat_rate value".split()
        cells = {f"{column}100": f"{{{{line.{name}}}}}" for column, name in zip("ABCDEF", names, strict=True)}
        cells |= {"A98": "{{offer.number}}", "B98": "{{client.name}}", "C98": "{{offer.date}}"}
        cells |= {"F101": "{{offer.net}}", "F102": "{{offer.vat}}", "F103": "{{offer.total}}"}
        file.set(title, cells)
        file.save(path)


def test_a_template_with_mistakes_is_said_with_the_first_of_them(office: ExcelOffice) -> None:
    office.folder.mkdir()
    book = openpyxl.load_workbook(ROOT / "templates" / "offer_template.xlsx")
    assert book.active is not None
    book.active["L1"] = "{{client.nmae}}"
    book.save(office.folder / "offer_template.xlsx")
    office.sync()
    [opportunity] = office.rows("opportunities")
    assert opportunity["offer"] == "prepare"
    assert "client.nmae" in str(opportunity["check"])
    assert office.files() == ["offer_template.xlsx"]
    book.active["L1"] = ""
    book.save(office.folder / "offer_template.xlsx")
    office.sync()
    assert list(office.offers) == [FIRST]
