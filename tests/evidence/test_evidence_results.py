"""The file of results: a stopped run goes on, also after a line that a kill cut short."""

from pathlib import Path

from evidence import results
from evidence.cells import CONFOUNDER_SEEDS, DEVELOPMENT_SEEDS, TEST_SEEDS, Cell, list_cells
from evidence.results import Result

FIRST = Result("maps", "cnn", "raw", 1, {"accuracy": 0.9}, [{"method": "Epsilon", "auc": 0.8}], 3.0)
SECOND = Result("blind", "mlp", "standardised", 2, {"accuracy": 1.0})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "evidence.jsonl"
    assert results.read(path) == {}
    results.append(path, [FIRST])
    results.append(path, [SECOND])
    assert results.read(path) == {"maps/cnn/raw/1": FIRST, "blind/mlp/standardised/2": SECOND}


def test_a_line_that_was_cut_short_is_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    results.append(path, [FIRST, SECOND])
    text = path.read_text(encoding="utf-8")
    path.write_text(text[:-20], encoding="utf-8")
    assert results.read(path) == {FIRST.key: FIRST}
    results.append(path, [SECOND])
    assert results.read(path) == {FIRST.key: FIRST, SECOND.key: SECOND}


def test_the_newest_result_counts(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    newer = Result("maps", "cnn", "raw", 1, {"accuracy": 0.95})
    results.append(path, [FIRST, newer])
    assert results.read(path) == {FIRST.key: newer}


def test_results_are_forgotten_and_sorted(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    results.append(path, [FIRST, SECOND])
    results.forget(path, [])
    assert list(results.read(path)) == [SECOND.key, FIRST.key]
    results.forget(path, [SECOND.key])
    assert results.read(path) == {FIRST.key: FIRST}


def test_a_row_is_found_by_its_method() -> None:
    assert FIRST.find("Epsilon") == {"method": "Epsilon", "auc": 0.8}
    assert FIRST.find("Gamma") is None


def test_seeds_of_development_are_no_seeds_of_the_page() -> None:
    assert not set(DEVELOPMENT_SEEDS) & {*TEST_SEEDS, *CONFOUNDER_SEEDS}
    assert len(TEST_SEEDS) == 5
    assert {cell.seed for cell in list_cells()} == {*TEST_SEEDS, *CONFOUNDER_SEEDS}
    assert {cell.seed for cell in list_cells(DEVELOPMENT_SEEDS)} == set(DEVELOPMENT_SEEDS)


def test_every_cell_has_a_key_of_its_own() -> None:
    cells = list(list_cells())
    assert len({cell.key for cell in cells}) == len(cells)
    assert sum(cell.part == "maps" for cell in cells) == 5 * 2 * 5
    assert Cell("maps", "cnn", "raw", TEST_SEEDS[0]) in cells
