"""Files that were made to do harm end in an error, fast, in little memory, with nothing written."""

from __future__ import annotations

import base64
import json
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 5.0
"""The processor's. The aim is one second; a slow machine may take longer."""
MEGABYTES = 200
SECRET = "what-the-secret-file-says"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in /proc")

EDIT = """
import json, resource, sys, time
from sheetcrm.problems import SheetCrmError
from sheetcrm.workbooks.excel import XlsxFile

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024

resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
before, began, outcome = peak(), time.process_time(), "saved"
try:
    with XlsxFile(sys.argv[1]) as book:
        tab = book.tabs[0]
        book.set(tab, {"A1": "set", "C3": 5})
        book.append(tab, [["new", 1]])
        book.remove_rows(tab, [2])
        book.insert_rows(tab, 2, 1)
        book.add_tab("Another", [["x"]])
        book.save()
except SheetCrmError as error:
    outcome = error.key
seconds = time.process_time() - began
print(json.dumps({"outcome": outcome, "seconds": seconds, "megabytes": peak() - before}))
"""


# ---------------------------------------------------------------- an honest file, and zips made by hand

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET, WORKBOOK, TYPES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"
WORKBOOK_RELS, SHEET_RELS = "xl/_rels/workbook.xml.rels", "xl/worksheets/_rels/sheet1.xml.rels"


def relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def relations(*entries: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(entries)}</Relationships>'


HONEST: dict[str, str] = {
    TYPES: f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/{WORKBOOK}" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="{KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/></Types>',
    "_rels/.rels": relations(relation(1, "officeDocument", WORKBOOK)),
    WORKBOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr/>'
    '<sheets><sheet name="Leads" sheetId="1" r:id="rId1"/></sheets>'
    "<definedNames><definedName name='all'>Leads!$A$1:$B$3</definedName></definedNames></workbook>",
    WORKBOOK_RELS: relations(relation(1, "worksheet", "worksheets/sheet1.xml"), relation(2, "styles", "styles.xml")),
    SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>'
    + "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><f>A{n}*2</f></c></row>' for n in (1, 2, 3))
    + "</sheetData></worksheet>",
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="1"><xf/></cellXfs></styleSheet>',
}


@dataclass
class Member:
    """A member as the zip will have it, whether that is true or not."""

    name: str
    packed: bytes
    size: int
    crc: int = 0
    method: int = zipfile.ZIP_DEFLATED
    flags: int = 0

    def header(self) -> bytes:
        return b"PK\3\4" + struct.pack("<5H3L2H", *self._common(), len(self.name), 0) + self.name.encode()

    def entry(self, offset: int) -> bytes:
        start = b"PK\1\2" + struct.pack("<6H3L", 20, *self._common())
        return start + struct.pack("<5H2L", len(self.name), 0, 0, 0, 0, 0, offset) + self.name.encode()

    def _common(self) -> tuple[int, ...]:
        return 20, self.flags, self.method, 0, 33, self.crc, len(self.packed), self.size


def member(name: str, text: str | bytes, flags: int = 0) -> Member:
    data = text.encode() if isinstance(text, str) else text
    pack = zlib.compressobj(6, zlib.DEFLATED, -15)
    return Member(name, pack.compress(data) + pack.flush(), len(data), zlib.crc32(data), flags=flags)


def directory(entries: list[bytes], offset: int) -> bytes:
    size = sum(map(len, entries))
    return b"".join(entries) + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, len(entries), len(entries), size, offset, 0)


def zipped(members: Iterable[Member]) -> bytes:
    body, entries = _laid(members)
    return bytes(body) + directory(entries, len(body))


def _laid(members: Iterable[Member]) -> tuple[bytearray, list[bytes]]:
    body, entries = bytearray(), []
    for one in members:
        entries.append(one.entry(len(body)))
        body += one.header() + one.packed
    return body, entries


def honest(*others: Member) -> bytes:
    """The honest file with other members in the place of those of the same name, or after all."""
    given = {one.name: one for one in others}
    kept = [given.pop(name, None) or member(name, text) for name, text in HONEST.items()]
    return zipped([*kept, *given.values()])


def with_part(name: str, old: str, new: str | bytes) -> bytes:
    """The honest file with something else in one part."""
    before, found, after = HONEST[name].partition(old)
    assert found
    middle = new.encode() if isinstance(new, str) else new
    return honest(member(name, before.encode() + middle + after.encode()))


# ---------------------------------------------------------------- the hostile ones


def blown_up(megabytes: int) -> tuple[bytes, int, int]:
    """A sheet of that many megabytes of blanks, packed; its size and checksum."""
    start, end = HONEST[SHEET].encode().split(b"</sheetData>")
    end = b"</sheetData>" + end
    blanks = b" " * (1 << 20)
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = pack.compress(start) + pack.flush(zlib.Z_FULL_FLUSH)
    one = pack.compress(blanks) + pack.flush(zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(start)
    for _ in range(min(megabytes, 600)):
        crc = zlib.crc32(blanks, crc)
    packed = first + one * megabytes + pack.compress(end) + pack.flush()
    return packed, len(start) + (megabytes << 20) + len(end), zlib.crc32(end, crc)


def bomb() -> bytes:
    packed, size, crc = blown_up(600)
    return honest(Member(SHEET, packed, size, crc))


def lying_bomb(name: str) -> bytes:
    packed, _, crc = blown_up(2048)
    return honest(Member(name, packed, 1024, crc))


def overlapping() -> bytes:
    """Members that lie in one another: each quotes the next one's header and goes on with its data."""
    data = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(60_000)).encode()
    chain = [member("xl/media/0.bin", data)]
    for number in range(1, 200):
        quoted = chain[-1].header()
        data = quoted + data
        stored = b"\0" + struct.pack("<2H", len(quoted), len(quoted) ^ 0xFFFF) + quoted
        chain.append(Member(f"xl/media/{number}.bin", stored + chain[-1].packed, len(data), zlib.crc32(data)))
    body, entries = _laid(member(name, text) for name, text in HONEST.items())
    body += chain[-1].header() + chain[-1].packed
    entries += [one.entry(len(body) - len(one.header() + one.packed)) for one in chain]
    return bytes(body) + directory(entries, len(body))


def one_place_for_many() -> bytes:
    """Five thousand names for the bytes of one member."""
    body, entries = _laid(member(name, text) for name, text in HONEST.items())
    body_end = len(body)
    one = member("xl/media/00000.bin", noise(100_000))
    body += one.header() + one.packed
    entries += [replace(one, name=f"xl/media/{number:05}.bin").entry(body_end) for number in range(5000)]
    return bytes(body) + directory(entries, len(body))


def many_members() -> bytes:
    return honest(*(member(f"xl/media/{number}.bin", "x") for number in range(20_000)))


def named(name: str) -> bytes:
    return honest(member(name, "x"))


def doubled(name: str) -> bytes:
    """A part that comes a second time, saying something else."""
    other = HONEST[name].replace("Leads", "Other").replace("<v>1</v>", "<v>999</v>")
    return zipped([*(member(*one) for one in HONEST.items()), member(name, other)])


def locked() -> bytes:
    return honest(member(SHEET, HONEST[SHEET], flags=1))


def with_prolog(part: str, prolog: str, old: str, new: str) -> bytes:
    return honest(member(part, prolog + HONEST[part].replace(old, new, 1)))


def laughs(part: str, old: str) -> bytes:
    """Ten entities, each ten times the one before."""
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    prolog = f'<!DOCTYPE x [<!ENTITY l0 "{"lol" * 10}">{lines}]>'
    return with_prolog(part, prolog, old, old + "&l9;")


def deep() -> str:
    """A hundred thousand elements, each in the one before; their names do not repeat, so that they pack badly."""
    chance = random.Random(1)
    names = [f"e{chance.getrandbits(40):x}" for _ in range(100_000)]
    return "".join(f"<{name}>" for name in names) + "".join(f"</{name}>" for name in reversed(names))


def noise(length: int) -> str:
    """Text that cannot be packed well."""
    return base64.b64encode(random.Random(2).randbytes(length * 3 // 4)).decode()


def often(words: str, times: int) -> str:
    """The same words so often, with a little noise between, so that the zip is no bomb."""
    chance = random.Random(3)
    return "".join(f"{words}{chance.randrange(10**6)} " for _ in range(times))


def many(words: str) -> str:
    """Thirty thousand of them, each with its number in the place of `{n}`."""
    return "".join(words.replace("{n}", str(number)) for number in range(10, 30_010))


def after_rows(group: str, entry: str, end: str = "") -> bytes:
    """The honest file with thirty thousand of something on its sheet."""
    start = group if end else group + ">"
    return with_part(SHEET, "</sheetData>", f"</sheetData><{start}{many(entry)}{end or f'</{group}>'}")


def looping(rels: str, target: str, kind: str = "worksheet") -> bytes:
    entries = (relation(1, "worksheet", "worksheets/sheet1.xml"), relation(2, "styles", "styles.xml"))
    start = entries if rels == WORKBOOK_RELS else (relation(1, "officeDocument", WORKBOOK),)
    kept = () if rels == SHEET_RELS else start
    return honest(member(rels, relations(*kept, relation(9, kind, target))))


def twice_one_sheet() -> bytes:
    """Two tabs that are one part."""
    sheets = '<sheet name="Leads" sheetId="1" r:id="rId1"/><sheet name="Also" sheetId="2" r:id="rId1"/>'
    return with_part(WORKBOOK, '<sheet name="Leads" sheetId="1" r:id="rId1"/>', sheets)


ROW, NAMES, DEFAULT = "<sheetData>", "<definedNames>", "<Default "
TEN_MILLION = 10_000_100

HOSTILE = [
    pytest.param(bomb, id="a sheet of 600 MB in 600 kB"),
    pytest.param(lambda: lying_bomb(SHEET), id="a sheet of 2 GB that says 1 kB"),
    pytest.param(lambda: lying_bomb(WORKBOOK), id="a workbook part of 2 GB that says 1 kB"),
    pytest.param(lambda: lying_bomb(TYPES), id="content types of 2 GB that say 1 kB"),
    pytest.param(overlapping, id="members that lie in one another"),
    pytest.param(one_place_for_many, id="many members at one place"),
    pytest.param(many_members, id="20,000 members"),
    pytest.param(lambda: named("../../evil.xml"), id="a member that climbs out"),
    pytest.param(lambda: named("xl/../../../evil.xml"), id="a member that climbs out from within"),
    pytest.param(lambda: named("..\\evil.xml"), id="a member that climbs out as on Windows"),
    pytest.param(lambda: named("C:\\evil.xml"), id="a member with a drive"),
    pytest.param(lambda: doubled(SHEET), id="a sheet that comes twice"),
    pytest.param(lambda: doubled(WORKBOOK), id="a workbook part that comes twice"),
    pytest.param(locked, id="a member that is encrypted"),
    pytest.param(lambda: laughs(SHEET, '<c r="A1"><v>'), id="a billion laughs in a cell"),
    pytest.param(lambda: laughs(WORKBOOK, "Leads!$A$1"), id="a billion laughs in a name"),
    pytest.param(lambda: laughs(TYPES, '">'), id="a billion laughs in the content types"),
    pytest.param(lambda: laughs("xl/styles.xml", "<font/>"), id="a billion laughs in the styles"),
    pytest.param(
        lambda: with_part(SHEET, ROW, f'<sheetData><row r="1" x="{noise(TEN_MILLION)}"/>'),
        id="10 million letters in a row's attribute",
    ),
    pytest.param(
        lambda: with_part(SHEET, "<worksheet ", f'<worksheet x="{noise(TEN_MILLION)}" '),
        id="10 million letters in the sheet's attribute",
    ),
    pytest.param(
        lambda: with_part(WORKBOOK, "<workbookPr", f'<workbookPr x="{noise(TEN_MILLION)}"'),
        id="10 million letters in the workbook's attribute",
    ),
    pytest.param(
        lambda: with_part(TYPES, DEFAULT, f'<Default x="{noise(TEN_MILLION)}" '),
        id="10 million letters in the content types' attribute",
    ),
    pytest.param(
        lambda: with_part(WORKBOOK, "<workbookPr/>", f"<workbookPr/>{deep()}"),
        id="100,000 elements deep in the workbook",
    ),
    pytest.param(
        lambda: with_part(TYPES, DEFAULT, f"{deep()}<Default "), id="100,000 elements deep in the content types"
    ),
    pytest.param(lambda: with_part(SHEET, ROW, f"{ROW}{deep()}"), id="100,000 elements deep among the rows"),
    pytest.param(
        lambda: with_part(SHEET, ROW, ROW + often("<!--", 300_000)), id="300,000 comments that never end, in a sheet"
    ),
    pytest.param(
        lambda: with_part(TYPES, DEFAULT, often("<!--", 300_000) + DEFAULT),
        id="300,000 comments that never end, in the content types",
    ),
    pytest.param(
        lambda: with_part(SHEET, ROW, ROW + often("<![CDATA[", 300_000)), id="300,000 texts that never end, in a sheet"
    ),
    pytest.param(lambda: with_part(SHEET, ROW, ROW + often("<row ", 300_000)), id="300,000 rows that never end"),
    pytest.param(lambda: with_part(SHEET, ROW, ROW + often("<c ", 300_000)), id="300,000 cells that never end"),
    pytest.param(lambda: with_part(SHEET, ROW, ROW + often("<row>", 300_000)), id="300,000 rows that are not closed"),
    pytest.param(
        lambda: with_part(SHEET, ROW, ROW + "<row r='1'>" + often("<c>", 300_000)),
        id="300,000 cells that are not closed",
    ),
    pytest.param(
        lambda: with_part(TYPES, DEFAULT, often("<Override ", 300_000) + DEFAULT),
        id="300,000 content types that never end",
    ),
    pytest.param(
        lambda: with_part(WORKBOOK_RELS, "<Relationship ", often("<Relationship ", 300_000)),
        id="300,000 relations that never end",
    ),
]

HARMLESS = [
    # The styles are not even looked at, unless a cell needs one.
    pytest.param(
        lambda: with_part("xl/styles.xml", "<fonts", f"{deep()}<fonts"), id="100,000 elements deep in the styles"
    ),
    # Some producers begin every name with a slash; nothing is ever unpacked to a disk.
    pytest.param(lambda: named("/etc/evil"), id="a member with an absolute name"),
    pytest.param(lambda: looping(SHEET_RELS, "sheet1.xml"), id="a sheet that leads to itself"),
    pytest.param(
        lambda: looping(SHEET_RELS, "../workbook.xml", "officeDocument"), id="a sheet that leads to the workbook"
    ),
    pytest.param(lambda: looping(SHEET_RELS, "sheet1.xml", "table"), id="a sheet that is its own table"),
    pytest.param(
        lambda: looping(SHEET_RELS, "../drawings/../worksheets/sheet1.xml", "drawing"),
        id="a sheet that is its own drawing",
    ),
    pytest.param(lambda: looping(SHEET_RELS, "sheet1.xml", "comments"), id="a sheet that is its own comments"),
    pytest.param(lambda: looping(WORKBOOK_RELS, "workbook.xml"), id="a workbook that leads to itself"),
    pytest.param(
        lambda: looping(WORKBOOK_RELS, "_rels/workbook.xml.rels"), id="a workbook that leads to its relations"
    ),
    pytest.param(lambda: looping("_rels/.rels", "_rels/.rels"), id="relations that lead to themselves"),
    pytest.param(
        lambda: looping(WORKBOOK_RELS, "worksheets/sheet1.xml", "calcChain"),
        id="a sheet that is the calculation chain too",
    ),
    pytest.param(twice_one_sheet, id="two tabs that are one part"),
    pytest.param(
        lambda: with_part(SHEET, "</sheetData>", f"</sheetData><extLst>{deep()}</extLst>"),
        id="100,000 elements deep after the rows",
    ),
    pytest.param(
        lambda: with_part(SHEET, "<sheetData", f"<sheetPr{' ' * 200_000}/><sheetData"), id="200,000 blanks in a tag"
    ),
    pytest.param(
        lambda: with_part(WORKBOOK, "<workbookPr", f"<workbookPr{' ' * 200_000}"),
        id="200,000 blanks in the workbook's tag",
    ),
    pytest.param(
        lambda: with_part(WORKBOOK, NAMES, f"<calcPr{' ' * 200_000}x='1'/>{NAMES}"),
        id="200,000 blanks where it is said how to calculate",
    ),
    pytest.param(
        lambda: with_part(SHEET, "<f>A1*2</f>", f"<f>{'(' * 8000}A1{')' * 8000}</f>"), id="a formula of 8,000 brackets"
    ),
    pytest.param(
        lambda: with_part(SHEET, "<f>A1*2</f>", f"<f>{'A1:' * 300_000}A1</f>"), id="a formula of 900,000 letters"
    ),
    pytest.param(
        lambda: with_part(SHEET, "<f>A1*2</f>", f"<f>{chr(39) * 500_001}A1</f>"),
        id="a formula of half a million quotes",
    ),
    pytest.param(lambda: after_rows("mergeCells", '<mergeCell ref="C{n}:D{n}"/>'), id="30,000 merged cells"),
    pytest.param(lambda: after_rows("hyperlinks", '<hyperlink ref="C{n}" location="A1"/>'), id="30,000 links"),
    pytest.param(
        lambda: after_rows('ignoredErrors><ignoredError sqref="', "C{n} ", '"/></ignoredErrors>'),
        id="one mark for 30,000 places",
    ),
    pytest.param(
        lambda: with_part(WORKBOOK, NAMES, NAMES + many("<definedName name='n{n}'>Leads!$A${n}</definedName>")),
        id="30,000 names",
    ),
    pytest.param(
        lambda: with_part(SHEET, "<f>A1*2</f>", '<f t="array" ref="A1:XFD1048576">B2</f>'),
        id="an array over the whole sheet",
    ),
    pytest.param(
        lambda: with_part(SHEET, "<f>A1*2</f>", '<f t="shared" si="0" ref="B1:XFD1048576">A1*2</f>'),
        id="a shared formula over the whole sheet",
    ),
    pytest.param(
        lambda: with_part(
            SHEET, "<sheetData>", '<cols><col min="1" max="99999999" style="0" width="9"/></cols><sheetData>'
        ),
        id="a column of a hundred million",
    ),
    # XML lets “>” stand in an attribute as it is.
    pytest.param(lambda: with_part(SHEET, '<row r="3"', '<row x="a>b" r="3"'), id="a > in a row's attribute"),
    pytest.param(lambda: with_part(SHEET, '<c r="B3"', '<c x="a>b" r="B3"'), id="a > in a cell's attribute"),
    pytest.param(lambda: with_part(SHEET, "<f>A3", '<f x="a/>b">A3'), id="a > in a formula's attribute"),
    pytest.param(
        lambda: with_part(WORKBOOK, "<definedName ", "<definedName comment='a>b' "), id="a > in what is said of a name"
    ),
    pytest.param(lambda: with_part(SHEET, 'r="3"', f'r="{"9" * 5000}"'), id="a row whose number has 5,000 digits"),
    pytest.param(lambda: with_part(SHEET, 'r="A3"', f'r="{"A" * 5000}3"'), id="a column of 5,000 letters"),
    pytest.param(
        lambda: with_part(WORKBOOK, 'sheetId="1"', f'sheetId="{"9" * 5000}"'), id="a tab whose number has 5,000 digits"
    ),
]

ENTITY = '<!DOCTYPE x [<!ENTITY secret SYSTEM "{}">]>'
XXE = [
    pytest.param(SHEET, ENTITY, "<v>1</v>", "<v>&secret;</v>", id="an entity in a cell"),
    pytest.param(WORKBOOK, ENTITY, "Leads!$A$1", "&secret;", id="an entity in a name"),
    pytest.param(TYPES, ENTITY, "<Default ", "&secret;<Default ", id="an entity in the content types"),
    pytest.param(SHEET, "<!-- <a> -->" + ENTITY, "<v>1</v>", "<v>&secret;</v>", id="an entity behind a comment"),
    pytest.param(SHEET, "<?a <a ?>" + ENTITY, "<v>1</v>", "<v>&secret;</v>", id="an entity behind an instruction"),
    pytest.param(
        WORKBOOK, "<!-- <a> -->" + ENTITY, "Leads!$A$1", "&secret;", id="an entity behind the workbook's comment"
    ),
    pytest.param(SHEET, '<!DOCTYPE x [<!ENTITY % p SYSTEM "{}"> %p;]>', "", "", id="a parameter entity"),
    pytest.param(SHEET, '<!DOCTYPE worksheet SYSTEM "{}">', "", "", id="an outside grammar"),
    pytest.param(WORKBOOK, '<!DOCTYPE workbook SYSTEM "{}">', "", "", id="an outside grammar of the workbook"),
]


# ---------------------------------------------------------------- the tests


def edited(path: Path) -> dict[str, float | str]:
    """The key of the error with which an edit in a process of its own ended, or `saved`; its seconds and memory."""
    command = [sys.executable, "-c", EDIT, str(path)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=4 * SECONDS)
    except subprocess.TimeoutExpired:
        pytest.fail(f"still at it after {4 * SECONDS:.0f} s", pytrace=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = dict(json.loads(done.stdout))
    print(f"{told['outcome']}: {told['seconds']:.2f} s, {told['megabytes']:.0f} MB more")
    assert told["seconds"] < SECONDS
    assert told["megabytes"] < MEGABYTES
    assert list(path.parent.iterdir()) == [path]
    return told


@pytest.mark.parametrize("made", HOSTILE)
def test_a_hostile_file_is_refused_fast_in_little_memory(made: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "crm.xlsx"
    path.write_bytes(data := made())
    assert edited(path)["outcome"] != "saved"
    assert path.read_bytes() == data


@pytest.mark.parametrize("made", HARMLESS)
def test_an_odd_file_is_refused_or_edited_rightly(made: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "crm.xlsx"
    path.write_bytes(data := made())
    if edited(path)["outcome"] == "saved":
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        assert rows[0][0] == "set"
        assert rows[-1][:2] == ["new", 1]
    else:
        assert path.read_bytes() == data


def test_the_file_on_which_the_hostile_ones_are_built_is_edited(tmp_path: Path) -> None:
    path = tmp_path / "crm.xlsx"
    path.write_bytes(honest())
    assert edited(path)["outcome"] == "saved"


@pytest.mark.parametrize(("part", "prolog", "old", "new"), XXE)
def test_what_lies_outside_the_file_is_never_read(part: str, prolog: str, old: str, new: str, tmp_path: Path) -> None:
    folder = tmp_path / "book"
    folder.mkdir()
    path, secret = folder / "crm.xlsx", tmp_path / "secret.txt"
    secret.write_text(SECRET)
    path.write_bytes(data := with_prolog(part, prolog.format(secret.as_uri()), old, new))
    if edited(path)["outcome"] != "saved":
        assert path.read_bytes() == data
    with zipfile.ZipFile(path) as book:
        assert not [name for name in book.namelist() if SECRET.encode() in book.read(name)]
    # A pipe that nobody writes to: whoever opens it waits for ever.
    secret.unlink()
    os.mkfifo(secret)
    path.write_bytes(data)
    edited(path)


def test_files_damaged_at_random_are_refused_or_saved_whole() -> None:
    command = [sys.executable, "benchmarks/fuzz.py", "--minutes", "0.15", "--most", "400", "--seed", "20261123"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
