"""The lines of a file that somebody exported, as they stand in it.

Reads delimited text in whatever encoding and with whatever delimiter it was
saved, and the spreadsheets that calamine reads. Knows no header and no field:
a cell of a text file stays the text that it is.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sheetcrm.problems import UsageError
from sheetcrm.tables import Cell

__all__ = ["Contents", "Line", "Unread", "read_file", "sniff_delimiter", "sniff_encoding"]

SPREADSHEETS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
DELIMITERS = ",;\t|"
LARGEST_CELL = (1 << 31) - 1
SNIFFED_LINES = 200


class Line(NamedTuple):
    """One line of a file: its number as people count it, and its cells."""

    number: int
    cells: tuple[Cell, ...]


class Unread(NamedTuple):
    """A line that was not taken in, and why: a key of the catalogue, with what fills it in."""

    line: int
    why: str
    text: str = ""
    """What the line says, shortened."""
    values: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file says, from its first line on; blank lines are left out."""

    lines: tuple[Line, ...]
    unread: tuple[Unread, ...] = ()
    encoding: str = ""
    delimiter: str = ""


def read_file(path: Path, *, sheet: str = "", encoding: str = "", delimiter: str = "") -> Contents:
    """Read a file; what is not said about it is found out."""
    if not path.is_file():
        raise UsageError("importing/no-file", path=path)
    if path.suffix.casefold() in SPREADSHEETS:
        return Contents(tuple(_spreadsheet_lines(path, sheet)))
    if sheet:
        raise UsageError("importing/sheet-of-text", path=path, sheet=sheet)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError("importing/unreadable", path=path, reason=error.strerror or str(error)) from error
    encoding = encoding or sniff_encoding(data)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise UsageError("importing/bad-encoding", path=path, encoding=encoding) from error
    said = re.match(r"sep=(.)\r?\n", text)  # Excel's own way to name the delimiter
    delimiter = delimiter or (said[1] if said else sniff_delimiter(text))
    lines, unread = _text_lines(text, delimiter, 1 if said else 0)
    return Contents(tuple(lines), tuple(unread), encoding, delimiter)


# ---------------------------------------------------------------- spreadsheets


def _spreadsheet_lines(path: Path, sheet: str) -> Iterator[Line]:
    """The lines of the first sheet, or of the one named."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as book:
            names = book.sheet_names
            if sheet and sheet not in names:
                raise UsageError("importing/no-sheet", path=path, sheet=sheet, known=", ".join(names))
            found = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
            rows = found.to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise UsageError("importing/unreadable", path=path, reason=str(error)) from error
    for number, row in enumerate(rows, 1):
        cells = tuple(int(c) if isinstance(c, float) and c.is_integer() and abs(c) < 1e15 else c for c in row)
        if any(c != "" for c in cells):
            yield Line(number, cells)


# ---------------------------------------------------------------- delimited text


def _text_lines(text: str, delimiter: str, skipped: int) -> tuple[list[Line], list[Unread]]:
    """Records with the number of the line where each begins.

    A quotation mark that somebody left open would swallow what follows up to the
    next one. Such a line is set aside, and reading goes on with the line after it.
    """
    physical = list(io.StringIO(text, newline=""))
    width = _usual_width(physical[skipped:], delimiter)
    lines: list[Line] = []
    unread: list[Unread] = []
    start = skipped
    csv.field_size_limit(LARGEST_CELL)
    while start < len(physical):
        for first, after, cells in _records(physical, start, delimiter):
            if after - first > 1 and _runs_away(physical, first, after, len(cells), width):
                unread.append(Unread(first + 1, "open-quote", physical[first].strip()[:80]))
                start = first + 1
                break
            if any(cell.strip() for cell in cells):
                lines.append(Line(first + 1, tuple(cells)))
            start = after
    return lines, unread


def _records(physical: Sequence[str], start: int, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """First line, line after the last, cells."""
    reader = csv.reader(physical[start:], delimiter=delimiter)
    first = start
    for cells in reader:
        after = start + reader.line_num
        yield first, after, cells
        first = after


def _runs_away(physical: Sequence[str], first: int, after: int, cells: int, width: int) -> bool:
    odd = sum(line.count('"') for line in physical[first:after]) % 2 == 1
    return cells > width or (after == len(physical) and odd)


def _usual_width(physical: Sequence[str], delimiter: str) -> int:
    sample = csv.reader(physical[:SNIFFED_LINES], delimiter=delimiter)
    widths = Counter(len(cells) for cells in sample if len(cells) > 1)
    return max(widths, key=lambda width: (widths[width], width), default=1)


def sniff_delimiter(text: str) -> str:
    """The delimiter by which most lines have the same number of cells, and more than one."""
    sample = list(io.StringIO(text[: 1 << 18], newline=""))[:SNIFFED_LINES]

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = [len(cells) for cells in csv.reader(sample, delimiter=delimiter) if any(cells)]
        if not widths:
            return 0.0, 0
        width, count = max(Counter(widths).items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        return (count / len(widths) if width > 1 else 0.0), width

    return max(DELIMITERS, key=lambda d: (round(evenness(d)[0], 1), evenness(d)[1] > 1, evenness(d)))


# ---------------------------------------------------------------- encodings

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

SINGLE_BYTE = ("cp1250", "cp1252", "iso-8859-2", "iso-8859-16")
"""In order of preference where nothing speaks for one of them."""

WEIGHTS: Mapping[str, int] = {
    **dict.fromkeys("ăâîșțşţĂÂÎȘȚŞŢ", 3),
    **dict.fromkeys("àèìòùñãõåæøêëïûÿšžŠŽčćđ", 2),
    **dict.fromkeys("“”„‘’–—…•€™«»°§", 2),
    **dict.fromkeys("ºªþÞ¤¦¬ð¸¨´¥µ", -2),
}
"""How likely a letter is in the files of people who sell in Romania and around."""


def sniff_encoding(data: bytes) -> str:
    """The encoding of a text: by its mark, as UTF-8, else by which letters come out."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[: 1 << 20]
    if sample.count(0) > len(sample) // 4:
        return "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        counts = Counter(byte for byte in sample if byte > 127)
        return max(SINGLE_BYTE, key=lambda encoding: (_likeliness(counts, encoding), -SINGLE_BYTE.index(encoding)))
    return "utf-8"


def _likeliness(counts: Mapping[int, int], encoding: str) -> int:
    """What the bytes beyond ASCII are worth when they are read so."""
    total = 0
    for byte, count in counts.items():
        letter = bytes([byte]).decode(encoding, "replace")
        if letter == "\ufffd" or "\x80" <= letter <= "\x9f":
            return -1_000_000_000
        total += count * WEIGHTS.get(letter, 1 if letter.isalpha() else 0)
    return total
