"""What openpyxl would lose if it saved a file, said in the user's words.

It looks at the parts of the file and inside those where something may hide. What
is not known to be kept counts as lost; what no person would miss (printer
settings, calculation order, traces of who edited where) does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from lxml import etree

from sheetcrm.workbooks.excel.package import Package, local_name

__all__ = ["lost_headers", "would_lose"]

_KEPT = frozenset(
    "main worksheet sharedstrings styles theme calcchain printersettings table comments drawing vmldrawing chart "
    "externallink pivottable pivotcachedefinition pivotcacherecords core-properties extended-properties "
    "custom-properties vbaproject relationships person".split()
)
_LOST_PARTS = {
    "slicer": "lost-slicers",
    "timeline": "lost-slicers",
    "threadedcomments": "lost-threaded-comments",
    "controlproperties": "lost-controls",
    "activex": "lost-controls",
    "oleobject": "lost-objects",
    "sheetmetadata": "lost-dynamic-arrays",
    "sheet": "lost-objects",
    "document": "lost-objects",
    "presentation": "lost-objects",
    "connections": "lost-connections",
    "querytable": "lost-connections",
    "model": "lost-connections",
    "volatiledependencies": "lost-connections",
    "rdrichvalue": "lost-dynamic-arrays",
    "featurepropertybag": "lost-check-boxes",
    "chartstyle": "lost-chart-styles",
    "chartcolorstyle": "lost-chart-styles",
    "themeoverride": "lost-chart-styles",
    "chartex": "lost-charts",
    "chartshapes": "lost-shapes",
    "diagram": "lost-shapes",
    "chartsheet": "lost-other-sheets",
    "dialogsheet": "lost-other-sheets",
    "macrosheet": "lost-other-sheets",
    "intlmacrosheet": "lost-other-sheets",
    "digital-signature": "lost-signature",
    "revision": "lost-shared-editing",
    "usernames": "lost-shared-editing",
    "webextension": "lost-add-ins",
    "customproperty": "lost-add-ins",
}
"""By how the last word of a part's content type begins."""

_IN_SHEETS = (
    (rb"<(?:\w+:)?oleObjects[\s>]", "lost-objects"),
    (rb"<(?:\w+:)?controls[\s>]", "lost-controls"),
    (rb"<(?:\w+:)?picture[\s>/]", "lost-pictures"),
    (rb"<(?:\w+:)?(?:legacyDrawingHF|drawingHF)[\s>/]", "lost-pictures"),
    (rb"<(?:\w+:)?protectedRanges[\s>]", "lost-protected-ranges"),
    (rb"<(?:\w+:)?customSheetViews[\s>]", "lost-custom-views"),
    (rb"<(?:\w+:)?(?:dataConsolidate|cellWatches|smartTags|webPublishItems|customProperties)[\s>]", "lost-other"),
    (rb"<(?:\w+:)?is>\s*<(?:\w+:)?r[\s>]", "lost-rich-text"),
    (rb"<(?:\w+:)?rPh[\s>]", "lost-phonetic"),
)
_IN_STRINGS = (
    (rb"<(?:\w+:)?r(?:\s[^>]*)?>", "lost-rich-text"),
    (rb"<(?:\w+:)?rPh[\s>]", "lost-phonetic"),
)
_IN_WORKBOOK = (
    (rb"<(?:\w+:)?customWorkbookViews[\s>]", "lost-custom-views"),
    (rb"<(?:\w+:)?fileSharing[\s>]", "lost-other"),
)
_IN_STYLES = ((rb"<(?:\w+:)?tableStyle\s", "lost-table-styles"),)
_IN_TABLES = ((rb"<(?:\w+:)?extLst[\s>]", "lost-other"),)
_IN_VML = ((rb'ObjectType="(?!Note)', "lost-controls"),)
_IN_CHARTS = ((rb"<(?:\w+:)?(?:extLst|userShapes)[\s>]", "lost-chart-styles"),)

_EXTENSIONS = {
    "05C60535-1F16-4FD2-B633-F4F36F0B64E0": "lost-sparklines",
    "78C0D931-6437-407D-A8EE-F0AAD7539E65": "lost-new-rules",
    "CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF": "lost-new-validations",
    "FC87AEE6-9EDD-4A0A-B7FB-166176984837": "lost-protected-ranges",
    "A8765BA9-456A-4DAB-B4F3-ACF838C121DE": "lost-slicers",
    "3A4CF648-6AED-40F4-86FF-DC5316D8AED3": "lost-slicers",
    "7E03D99C-DC04-49D9-9315-930204A7B6E9": "lost-slicers",
    "01252117-D84E-4E92-8308-4BE1C098FCBB": "",  # green triangles that somebody ignored
    "64002731-A6B0-56B0-2670-7721B7C09600": "",  # how Excel for Mac showed the page
}
"""Extensions of a tab by their number; "" where nobody would miss it."""


def would_lose(package: Package) -> tuple[str, ...]:
    """Keys of the texts that name each kind of thing that would be lost."""
    return tuple(dict.fromkeys(_findings(package)))


def lost_headers(before: Package, after: Package) -> bool:
    """Whether headers or footers of printed pages say something else than before."""
    return _headers(before) != _headers(after)


def _headers(package: Package) -> list[list[tuple[bytes, str]]]:
    pattern = re.compile(rb"<(?:\w+:)?((?:odd|even|first)(?:Header|Footer))>([^<]+)<")
    found = []
    for sheet in package.sheets:
        texts = pattern.findall(package.sheet_xml(sheet.part)) if sheet.part else []
        # openpyxl sets a space between a size and what follows it.
        found.append(sorted((kind, re.sub(r"\s", "", unescape(text.decode("utf-8")))) for kind, text in texts))
    return [texts for texts in found if texts]


def _findings(package: Package) -> Iterator[str]:
    for name, content_type in package.content_types.items():
        if name.startswith("_xmlsignatures/"):
            yield "lost-signature"
        elif name.startswith(("customxml/", "docmetadata/")):
            yield "lost-document-data"
        elif not name.endswith(".rels") and name != "[content_types].xml":
            kind = content_type.lower().removesuffix("+xml").rpartition(".")[2]
            lost = next((key for beginning, key in _LOST_PARTS.items() if kind.startswith(beginning)), "")
            if kind in _KEPT:
                yield from _inside(package, name, kind)
            elif not _harmless(name, kind):
                yield lost or "lost-other"


def _inside(package: Package, name: str, kind: str) -> Iterator[str]:
    match kind:
        case "worksheet":
            xml = package.sheet_xml(name)
            yield from _matches(xml, _IN_SHEETS)
            yield from _in_extensions(xml)
        case "sharedstrings":
            yield from _matches(package.part(name), _IN_STRINGS)
        case "main":
            yield from _matches(package.part(name), _IN_WORKBOOK)
        case "styles":
            yield from _matches(package.part(name), _IN_STYLES)
        case "table":
            yield from _matches(package.part(name), _IN_TABLES)
        case "chart":
            yield from _matches(package.part(name), _IN_CHARTS)
        case "vmldrawing":
            yield from _matches(package.part(name), _IN_VML)
        case "drawing":
            yield from _in_drawing(package.xml(name))
        case "comments":
            yield from _in_comments(package.xml(name))


def _harmless(name: str, kind: str) -> bool:
    """Pictures count where they are shown; ribbon buttons are kept with the macros that they call."""
    return (
        kind.startswith("image/") or name.startswith(("docprops/thumbnail", "customui/")) or "printersettings" in name
    )


def _matches(data: bytes, table: tuple[tuple[bytes, str], ...]) -> Iterator[str]:
    for pattern, key in table:
        if re.search(pattern, data):
            yield key


def _in_extensions(xml: bytes) -> Iterator[str]:
    for number in re.findall(rb'<(?:\w+:)?ext\s[^>]*?uri="\{?([0-9A-Fa-f-]+)', xml):
        key = _EXTENSIONS.get(number.decode("ascii").upper(), "lost-other")
        if key:
            yield key


_IN_DRAWINGS = {
    "pic": "lost-pictures",
    "sp": "lost-shapes",
    "cxnSp": "lost-shapes",
    "grpSp": "lost-shapes",
    "contentPart": "lost-shapes",
    "AlternateContent": "lost-shapes",
    "hlinkClick": "lost-links",
    "hlinkHover": "lost-links",
}


def _in_drawing(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        name = local_name(element)
        if name in _IN_DRAWINGS:
            yield _IN_DRAWINGS[name]
        elif name == "graphicData" and not element.get("uri", "").endswith("/chart"):
            yield "lost-shapes"


_PLAIN = {"rFont", "sz", "family", "charset", "color", "scheme"}


def _in_comments(root: etree._Element) -> Iterator[str]:
    """A comment's formatting. Excel's own, the author's name in bold before the text, is no loss."""
    for comment in root.iter():
        if local_name(comment) != "text":
            continue
        runs = [run for run in comment if local_name(run) == "r"]
        for number, run in enumerate(runs):
            author = number == 0 and "".join(map(str, run.itertext())).strip().endswith(":")
            marks = {local_name(mark) for part in run if local_name(part) == "rPr" for mark in part}
            if marks - _PLAIN and not author:
                yield "lost-rich-comments"
                return
