"""The notebooks: the same words and code as in the catalogue, and they run, and say what the workbook says."""

from __future__ import annotations

import ast
import importlib.util
import json
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run, require

import sheetcrm
from sheetcrm import demo, notebook_files
from sheetcrm.display.charts import VEGA_LITE
from sheetcrm.messages import LANGUAGES
from sheetcrm.notebook_files import NOTEBOOKS, file_name, lay_out, notebook
from sheetcrm.problems import UsageError
from sheetcrm.report import short_month
from sheetcrm.sync import init
from sheetcrm.tables import raw_text
from sheetcrm.workbooks.excel import ExcelWorkbook

IN_THE_REPOSITORY = {"en": "../../demo/crm.xlsx", "ro": "../../demo/ro/crm.xlsx"}
MOST_CELLS, MOST_LINES, MOST_BYTES_OF_A_PICTURE = 14, 3, 32 * 1024


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demo in each language, as `make demo` leaves it now."""
    folder = tmp_path_factory.mktemp("played")
    for language in LANGUAGES:
        demo.play(folder / language / "crm.xlsx", language, lambda _: None)
    return {language: folder / language / "crm.xlsx" for language in LANGUAGES}


@pytest.fixture
def workbook(played: dict[str, Path], tmp_path: Path) -> Path:
    """The demo in English, to be written in."""
    return Path(shutil.copy(played["en"], tmp_path / "crm.xlsx"))


def code_of(content: dict[str, Any]) -> list[str]:
    return [cell["source"] for cell in content["cells"] if cell["cell_type"] == "code"]


# ---------------------------------------------------------------- what they are made of


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_is_short_and_hardly_any_code(name: str, language: str) -> None:
    content = notebook(name, language, "crm.xlsx")
    assert len(content["cells"]) <= MOST_CELLS
    for code in code_of(content):
        assert len([line for line in code.split("\n") if line]) <= MOST_LINES
        assert not [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.For | ast.FunctionDef | ast.If)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_repository_has_it_as_the_program_makes_it_with_small_pictures_only(name: str, language: str) -> None:
    path = ROOT / "notebooks" / language / file_name(name, language)
    stands = json.loads(path.read_text("utf-8"))
    outputs = [output for cell in stands["cells"] for output in cell.get("outputs", ())]
    for output in outputs:
        assert list(output["data"]) == ["image/png"]
        assert len(b64decode(output["data"]["image/png"])) <= MOST_BYTES_OF_A_PICTURE
    for cell in stands["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    assert stands == notebook(name, language, IN_THE_REPOSITORY[language]), "run: python notebooks/make.py"


def test_the_repository_has_no_other() -> None:
    there = {str(path.relative_to(ROOT / "notebooks")) for path in (ROOT / "notebooks").rglob("*.ipynb")}
    assert there == {f"{la}/{file_name(name, la)}" for name in NOTEBOOKS for la in LANGUAGES}


# ---------------------------------------------------------------- laying them out


def test_are_laid_out_beside_the_workbook_and_never_over_a_file(workbook: Path, run: Run) -> None:
    kept = workbook.parent / "crm notebooks" / "02_funnel.ipynb"
    kept.parent.mkdir()
    kept.write_text("mine", "utf-8")
    exit_code, said, err = run("notebook", str(workbook), "--no-start")
    assert (exit_code, err) == (0, "")
    assert said.startswith("5 notebooks in “")
    assert "Left as they are, for they were there: 02_funnel.ipynb" in said
    assert kept.read_text("utf-8") == "mine"
    first = json.loads((kept.parent / "01_first_look.ipynb").read_text("utf-8"))
    assert 'sheetcrm.open("../crm.xlsx")' in code_of(first)[0]


def test_speak_the_language_of_the_workbook(played: dict[str, Path], tmp_path: Path, run: Run) -> None:
    copy = shutil.copy(played["ro"], tmp_path / "Vânzări 2026.xlsx")
    assert run("notebook", str(copy), "--no-start")[0] == 0
    first = tmp_path / "Vânzări 2026 notebooks" / "01_prima_privire.ipynb"
    assert 'sheetcrm.open("../Vânzări 2026.xlsx")' in code_of(json.loads(first.read_text("utf-8")))[0]


def test_any_file_name_will_do(tmp_path: Path) -> None:
    odd = 'it\'s "ours" {new}.xlsx'
    code = code_of(json.loads(lay_out(str(tmp_path / odd), "en").made[0].read_text("utf-8")))[0]
    call = ast.parse(code).body[1]
    assert isinstance(call, ast.Assign)
    assert isinstance(call.value, ast.Call)
    assert ast.literal_eval(call.value.args[0]) == f"../{odd}"


def test_of_a_google_sheet_they_come_into_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    address = "https://docs.google.com/spreadsheets/d/1AbC_def/edit"
    (tmp_path / "sheetcrm.toml").write_text(f'[workbooks]\nsales = "{address}"\n', "utf-8")
    assert lay_out(address, "en").folder == Path("notebooks")
    by_name = lay_out("sales", "en")
    assert by_name.folder == Path("sales notebooks")
    assert address in code_of(json.loads(by_name.made[0].read_text("utf-8")))[0]


def test_a_file_in_the_place_of_the_folder_is_left(workbook: Path) -> None:
    (workbook.parent / "crm notebooks").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="is no folder"):
        lay_out(str(workbook), "en")


def test_without_a_workbook_nothing_is_made(tmp_path: Path, run: Run) -> None:
    assert run("notebook", str(tmp_path / "none.xlsx"), "--no-start")[0] == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("installed", "more", "says", "shown"),
    [
        pytest.param(True, [], "JupyterLab starts", ["01_first_look.ipynb"], id="jupyter starts"),
        pytest.param(True, ["--no-start"], "6 notebooks", [], id="unless told not to"),
        pytest.param(False, [], "pipx install --force 'sheetcrm[notebook]'", [], id="or it is said how to get it"),
    ],
)
def test_jupyter(
    workbook: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    installed: bool,
    more: list[str],
    says: str,
    shown: list[str],
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(notebook_files, "can_start", lambda: installed)
    monkeypatch.setattr(notebook_files, "start", started.append)
    exit_code, said, _ = run("notebook", str(workbook), *more)
    assert exit_code == 0
    assert says in said
    assert [path.name for path in started] == shown


# ---------------------------------------------------------------- running them


def told(name: str, language: str, where: Path) -> Iterator[Any]:
    """What each cell shows, run in this process."""
    names: dict[str, Any] = {}
    for code in code_of(notebook(name, language, where.as_posix())):
        *before, last = ast.parse(code).body
        exec(compile(ast.Module(before, []), name, "exec"), names)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), name, "eval"), names)
            assert hasattr(shown, "_repr_mimebundle_") or shown._repr_html_()
            yield shown
        else:
            exec(compile(ast.Module([last], []), name, "exec"), names)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_runs_on_a_workbook_in_which_nobody_wrote_yet(name: str, tmp_path: Path) -> None:
    init(tmp_path / "new.xlsx", "ro")
    assert list(told(name, "ro", tmp_path / "new.xlsx"))


def test_cleaning_up_solves_a_problem_of_the_demo(played: dict[str, Path], tmp_path: Path) -> None:
    for language in LANGUAGES:
        copy = Path(shutil.copy(played[language], tmp_path / f"{language}.xlsx"))
        _, _, fix, receipt, plan = told("clean-up", language, copy)
        assert [problem.code for problem in fix.solved] == ["needs-missing"]
        assert (fix.left, fix.new) == ((), ())
        assert receipt.written
        assert "lost" in {event.event for event in plan.events}


def test_cleaning_up_finds_nobody_in_another_workbook(workbook: Path) -> None:
    before = workbook.read_bytes()
    _, _, fix, receipt, _ = told("clean-up", "ro", workbook)
    assert (fix.fixes, receipt.written) == ((), False)
    assert workbook.read_bytes() == before


def executed(name: str, workbook: Path) -> Any:
    """The notebook that was laid out beside the workbook, run by Jupyter."""
    wanted = ("nbclient", "ipykernel", "altair", "vl_convert")
    missing = [module for module in wanted if importlib.util.find_spec(module) is None]
    require(not missing, f"not installed: {', '.join(missing)} (pip install 'sheetcrm[test]')")
    import nbformat
    from nbclient import NotebookClient

    laid = lay_out(str(workbook), "en")
    node = nbformat.read(laid.folder / file_name(name, "en"), as_version=4)
    nbformat.validate(node)
    NotebookClient(node, timeout=300, resources={"metadata": {"path": str(laid.folder)}}).execute()
    return node


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name != "funnel"])
def test_runs_from_top_to_bottom_in_jupyter(name: str, workbook: Path) -> None:
    node = executed(name, workbook)
    outputs = [output for cell in node["cells"] for output in cell.get("outputs", ())]
    assert outputs
    assert not [output for output in outputs if output["output_type"] in ("error", "stream")]


def test_its_numbers_are_those_of_the_command_and_of_the_report_tab(workbook: Path, run: Run) -> None:
    node = executed("funnel", workbook)
    data = [out["data"] for cell in node["cells"] for out in cell.get("outputs", ()) if "data" in out]
    specs = [found[VEGA_LITE] for found in data if VEGA_LITE in found]
    by_title = {spec["title"]["text"]: values_of(spec) for spec in specs}

    _, said, _ = run("funnel", str(workbook), "--json")
    funnel = json.loads(said)
    steps = {stage["stage"]: stage["reached"] for stage in funnel["stages"] if stage["stage"] != "Lost"}
    reached = by_title["Funnel: how many reached each stage"]
    assert {mark["label"]: mark["value"] for mark in reached} == steps

    cohorts = by_title["What became of each month's leads"]
    assert {(mark["label"], mark["series"]): mark["value"] for mark in cohorts} == {
        (short_month(cohort["month"], "en"), key.capitalize()): cohort[key]
        for cohort in funnel["cohorts"]
        for key in ("won", "lost", "open")
    }

    months = by_title["Month by month: new leads, won, lost"]
    told_months = {(mark["label"], mark["series"]): mark["value"] for mark in months}
    assert told_months == dict(months_of_the_report(workbook))


def values_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The marks of a chart, wherever Altair put them."""
    (values,) = [
        found["values"] for found in [spec.get("data", {}), *spec.get("datasets", {}).values()] if "values" in found
    ]
    return list(values)


def months_of_the_report(workbook: Path) -> Iterator[tuple[tuple[str, str], float]]:
    """What the Report tab says of each month."""
    report = ExcelWorkbook(workbook).read().marked("report")
    assert report
    rows = [[raw_text(cell) for cell in row] for row in report.rows]
    top = next(at for at, row in enumerate(rows) if row[:2] == ["Month", "New leads"])
    for row in rows[top + 1 : top + 14]:
        for header in ("New leads", "Won", "Lost"):
            yield (row[0], header), float(row[rows[top].index(header)])


def test_figures_of_the_team_are_those_of_the_funnel(workbook: Path) -> None:
    crm = sheetcrm.open(workbook)
    shared = ["records", "open", "won", "lost", "win_rate", "win_rate_low", "win_rate_high"]
    team = crm.team().frame.set_index("owner")[shared]
    groups = crm.funnel(by="owner").groups.set_index("key")[shared]
    assert team.loc[groups.index].equals(groups.rename_axis("owner"))
    assert crm.team().frame["due"].sum() == len(crm.follow_ups().frame)


def test_a_picture_of_losses_opens_to_its_rows(workbook: Path) -> None:
    crm = sheetcrm.open(workbook)
    for cell in crm.losses().across("stage").itertuples():
        stage = None if cell.where != cell.where else str(cell.where)
        assert len(crm.rows("lost", reason=cell.reason, last_stage=stage)) == cell.lost
