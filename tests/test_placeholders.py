"""What a template may ask, and how it is said among other words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from benchmarks.filling import example
from sheetcrm.offers import Party
from sheetcrm.placeholders import NAMES, filled, line_values, names_in, offer_values, only_name, vat_values

OFFER = replace(
    example(4),
    client=Party("=HYPERLINK(“x”) {{offer.total}}", address="Str. 1\nCluj"),
    issuer=Party("Us", tax_id=""),
)


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        pytest.param("en", "Offer {{offer.number}}", "Offer OF-2026-0042-v1", id="a text"),
        pytest.param("en", "{{ Offer.Number }}", "OF-2026-0042-v1", id="spaces and letter case do not matter"),
        pytest.param("en", "until {{offer.valid_until}}", "until 2026-12-25", id="a day"),
        pytest.param("ro", "până la {{offer.valid_until}}", "până la 25.12.2026", id="a day in Romanian"),
        pytest.param("en", "{{offer.net}} {{offer.currency}}", "479.44 EUR", id="an amount"),
        pytest.param("ro", "{{offer.net}} {{offer.currency}}", "479,44 EUR", id="an amount in Romanian"),
        pytest.param("en", "{{offer.valid_days}} days", "30 days", id="a count"),
        pytest.param("en", "Tax ID {{issuer.tax_id}}", "", id="nothing to say: the label goes as well"),
        pytest.param("en", "{{issuer.name}}\nTax ID {{issuer.tax_id}}\nend", "Us\nend", id="only its line goes"),
        pytest.param("en", "{{issuer.name}} {{issuer.tax_id}}", "Us ", id="a line that has something to say stays"),
        pytest.param(
            "en", "To {{client.name}}", "To =HYPERLINK(“x”) {{offer.total}}", id="a client's words are no placeholder"
        ),
        pytest.param("en", "{{line.quantity}} of it", "{{line.quantity}} of it", id="what is not asked here stays"),
    ],
)
def test_among_other_words(language: str, text: str, said: str) -> None:
    offer = replace(OFFER, language=language)
    assert filled(text, offer_values(offer), offer) == said


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        pytest.param("en", "{{line.quantity}} × {{line.unit_price}}", "4.5 × 59.995", id="no digit is lost"),
        pytest.param("ro", "TVA {{line.vat_rate}}", "TVA 21 %", id="a rate"),
        pytest.param("en", "VAT {{line.vat_rate}}", "VAT 21%", id="a rate in English"),
        pytest.param("en", "no. {{line.number}}", "no. 4", id="lines count from 1"),
    ],
)
def test_a_line_among_other_words(language: str, text: str, said: str) -> None:
    offer = replace(OFFER, language=language)
    assert filled(text, line_values(offer, 3), offer) == said


def test_every_placeholder_has_a_value() -> None:
    said = {**offer_values(OFFER), **line_values(OFFER, 0), **vat_values(OFFER.totals.vat[0])}
    assert said.keys() == NAMES.keys()
    assert said["line.discount"] == 0
    assert said["vat.rate"] == Decimal("0.21")


def test_names() -> None:
    assert list(names_in("{{a.b}} and {{ C }} {x} {{}}")) == ["a.b", "c", ""]
    assert only_name(" {{Client.name}} ") == "client.name"
    assert only_name("{{a.b}}{{c.d}}") == only_name("x {{a.b}}") == ""
