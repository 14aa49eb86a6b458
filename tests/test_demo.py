"""The demo plays in both languages, loses nothing, and never writes over anything that is not its own."""

from __future__ import annotations

import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from openpyxl import load_workbook

import sheetcrm
from sheetcrm import demo, messages, sync
from sheetcrm.demo.team import NOTEBOOK
from sheetcrm.notebook import Crm
from sheetcrm.problems import Busy, UsageError

NOW = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
LAST_NIGHT = datetime(2026, 5, 19, 23, 17, tzinfo=UTC)
LANGUAGES = pytest.mark.parametrize("played", messages.LANGUAGES, indirect=True)

TURNS = ("refused", "stage", "moved", "lost", "reopened")


class Played(NamedTuple):
    """A demo that was played."""

    file: Path
    language: str
    told: str

    @property
    def crm(self) -> Crm:
        return sheetcrm.open(self.file, now=lambda: LAST_NIGHT)

    def word(self, key: str, area: str = "demo") -> str:
        return messages.text(area, key, self.language)


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    language = request.param
    told: list[str] = []
    file = Path(demo.play(tmp_path_factory.mktemp(language) / "demo", language, told.append, NOW))
    return Played(file, language, "\n".join(told))


@LANGUAGES
class TestTheDemo:
    """What stands in the workbook when the last night is over."""

    def test_every_record_that_was_typed_is_found_once(self, played: Played) -> None:
        companies = {
            key: str(entry[played.language]) for key, entry in messages.area("demo").items() if "company-" in key
        }
        typed = Counter(companies.values()) + Counter({companies["company-harbour"]: 1, played.word("hotel-again"): 1})
        assert Counter(played.crm.records["company"]) == typed

    def test_every_record_was_created_once(self, played: Played) -> None:
        crm = played.crm
        created = crm.events.query("event == 'created'")["record"]
        assert sorted(created[created.str.startswith("R-")]) == sorted(crm.records["id"])
        assert crm.records["id"].is_unique

    def test_every_record_lives_in_the_home_of_its_stage(self, played: Played) -> None:
        crm = played.crm
        homes = {stage.name: stage.home for stage in crm.pipeline.stages}
        assert all(homes[row.stage] in ("", row.tab) for row in crm.records.itertuples())

    def test_figures_add_up(self, played: Played) -> None:
        figures = played.crm.funnel().as_json()
        assert (figures["records"], figures["open"], figures["won"], figures["lost"]) == (
            len(NOTEBOOK) + 12,
            19,
            11,
            10,
        )
        assert figures["won_value"] == {played.word("own-currency"): 318550}

    def test_a_customer_has_one_account_and_two_deals(self, played: Played) -> None:
        accounts = played.crm.accounts.set_index("name")["deals"]
        assert accounts.index.is_unique
        assert accounts[played.word("company-harbour")] == 2
        assert len(accounts) == 10

    @pytest.mark.parametrize(
        ("company", "events"),
        [
            pytest.param("company-garden", ["refused", "lost"], id="lost without a reason, then with one"),
            pytest.param(
                "company-boats", ["refused", "stage", "moved", "refused"], id="a jump, then a step, then a jump"
            ),
            pytest.param("company-courier", ["lost", "reopened"], id="lost, and back again"),
        ],
    )
    def test_history_tells_the_way_of(self, played: Played, company: str, events: list[str]) -> None:
        crm = played.crm
        record = crm.records.set_index("company").loc[played.word(company), "id"]
        way = crm.events[crm.events["record"] == record]["event"]
        assert [event for event in way if event in TURNS][-len(events) :] == events

    def test_the_team_s_own_column_travelled_along(self, played: Played) -> None:
        sheet = load_workbook(played.file)[played.word("opportunities", "tabs")]
        headers = [cell.value for cell in sheet[1]]
        own, company = headers.index(played.word("own-column")), headers.index(played.word("company", "headers"))
        found = {row[company]: row[own] for row in sheet.iter_rows(min_row=2, values_only=True) if row[own]}
        assert found == {played.word("company-fruit"): 1200}

    def test_a_sorted_column_stopped_one_night(self, played: Played) -> None:
        assert messages.text("display", "plan-stopped", played.language, why="") in played.told

    def test_a_second_sync_writes_nothing(self, played: Played) -> None:
        before = played.file.read_bytes()
        assert played.crm.plan().is_empty
        assert not played.crm.sync().written
        assert played.file.read_bytes() == before

    def test_what_is_left_to_put_right_is_what_the_story_left(self, played: Played) -> None:
        found = Counter(p.code for p in played.crm.check() if p.severity != "hint")
        assert found == {"needs-missing": 2, "likely-duplicate": 2, "bad-phone": 1}

    def test_the_same_evening_tells_the_same_story(self, played: Played, tmp_path: Path) -> None:
        told: list[str] = []
        file = Path(demo.play(tmp_path / "demo", played.language, told.append, NOW))
        assert "\n".join(told).replace(str(tmp_path), "") == played.told.replace(str(played.file.parents[1]), "")
        assert sheetcrm.open(file).events.equals(played.crm.events)


class TestAPlaceThatIsTaken:
    """Only an earlier demo is ever replaced."""

    def test_an_earlier_demo_is_made_anew(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sheetcrm.demo.theatre.STORY", demo.theatre.STORY[:1])
        file = Path(demo.play(tmp_path, "en", lambda _: None, NOW))
        demo.play(file, "en", lambda _: None, NOW)
        assert len(list((tmp_path / "crm backups").iterdir())) == 1

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"", id="an empty file"),
            pytest.param(b"company,email\n", id="another kind of file"),
            pytest.param(None, id="a team's workbook"),
        ],
    )
    def test_never_written_over(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "crm.xlsx"
        if content is None:
            sync.init(file, "en")
        else:
            file.write_bytes(content)
        before = file.read_bytes()
        with pytest.raises(UsageError, match="not made by the demo"):
            demo.play(tmp_path, "en", lambda _: None, NOW)
        assert file.read_bytes() == before

    def test_a_file_that_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(UsageError, match="neither a folder"):
            demo.play(tmp_path / "notes.txt", "en", lambda _: None, NOW)

    def test_open_in_excel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sheetcrm.demo.theatre.STORY", demo.theatre.STORY[:1])
        file = Path(demo.play(tmp_path, "en", lambda _: None, NOW))
        (tmp_path / "~$crm.xlsx").write_bytes(b"\x05Helen")
        with pytest.raises(Busy):
            demo.play(tmp_path, "en", lambda _: None, NOW)
        assert file.exists()


@LANGUAGES
@pytest.mark.parametrize("made_by", ["init", "demo"])
def test_libreoffice_shows(played: Played, made_by: str, libreoffice: str, tmp_path: Path) -> None:
    file = played.file if made_by == "demo" else Path(sync.init(tmp_path / "crm.xlsx", played.language).where)
    command = [libreoffice, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    done = subprocess.run(
        [*command, "--convert-to", "pdf", "--outdir", tmp_path, file], capture_output=True, text=True, timeout=120
    )
    assert "Error" not in done.stdout + done.stderr
    assert (tmp_path / "crm.pdf").read_bytes().startswith(b"%PDF")
