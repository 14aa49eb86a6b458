"""Every text is there in both languages, says the same in both, and is spelt right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm import messages
from sheetcrm.messages import LANGUAGES, plural_form
from sheetcrm.problems import SEVERITIES

AREAS = sorted(path.stem for path in (ROOT / "sheetcrm" / "messages").glob("*.toml"))
FORMS = {"en": {"one", "other"}, "ro": {"one", "few", "other"}}
CEDILLAS = "şţŞŢ"
SHOWS_CEDILLAS = "legacy-diacritics"
"""The problem that tells people of them."""


def entries(area: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    yield from messages.area(area).items()


def forms(said: object) -> list[str]:
    """The text, or each plural form of it."""
    return [str(form) for form in said.values()] if isinstance(said, Mapping) else [str(said)]


def placeholders(said: object) -> set[str]:
    """What a text is filled in with. The count may be left out of a single form (“one row”)."""
    names = {name for form in forms(said) for _, name, _, _ in Formatter().parse(form) if name is not None}
    return names - {"n"} if isinstance(said, Mapping) else names


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_are_there(area: str) -> None:
    lacking = [key for key, entry in entries(area) if not all(all(forms(entry.get(la, ""))) for la in LANGUAGES)]
    assert not lacking


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_are_filled_in_with_the_same(area: str) -> None:
    differing = {
        key: (placeholders(entry["en"]), placeholders(entry["ro"]))
        for key, entry in entries(area)
        if placeholders(entry["en"]) != placeholders(entry["ro"])
    }
    assert not differing


@pytest.mark.parametrize("area", AREAS)
def test_plurals_have_the_forms_of_their_language(area: str) -> None:
    wrong = {
        f"{key}.{language}": set(said)
        for key, entry in entries(area)
        for language in LANGUAGES
        if isinstance(said := entry[language], Mapping) and set(said) != FORMS[language]
    }
    assert not wrong


@pytest.mark.parametrize("area", AREAS)
def test_romanian_is_written_with_commas_below(area: str) -> None:
    # `also` is what other people write, cedillas and all.
    texts = {
        f"{key}.{name}": str(said)
        for key, entry in entries(area)
        for name, said in entry.items()
        if name != "also" and key != SHOWS_CEDILLAS
    }
    assert not [where for where, said in texts.items() if set(CEDILLAS) & set(said)]


@pytest.mark.skipif("problems" not in AREAS, reason="there is no catalogue of problems")
def test_every_problem_says_how_serious_it_is_and_how_to_mend_it() -> None:
    wrong = [
        key
        for key, entry in entries("problems")
        if entry.get("severity") not in SEVERITIES or not (entry.get("mend-en") and entry.get("mend-ro"))
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("language", "n", "form"),
    [
        pytest.param("en", 1, "one", id="1 row"),
        pytest.param("en", 0, "other", id="0 rows"),
        pytest.param("en", 21, "other", id="21 rows"),
        pytest.param("ro", 1, "one", id="1 rând"),
        pytest.param("ro", 0, "few", id="0 rânduri"),
        pytest.param("ro", 19, "few", id="19 rânduri"),
        pytest.param("ro", 20, "other", id="20 de rânduri"),
        pytest.param("ro", 100, "other", id="100 de rânduri"),
        pytest.param("ro", 101, "few", id="101 rânduri"),
        pytest.param("ro", 120, "other", id="120 de rânduri"),
    ],
)
def test_plural_form(language: str, n: int, form: str) -> None:
    assert plural_form(language, n) == form


@given(st.sampled_from(LANGUAGES), st.integers(min_value=0))
def test_every_number_has_a_form_that_the_catalogue_has(language: str, n: int) -> None:
    assert plural_form(language, n) in FORMS[language]
