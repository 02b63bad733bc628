"""Classes of samples out of the columns of a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from lrprism.errors import DataError

ID_NAMES: Final = frozenset(
    (
        "id",
        "sample",
        "sample_id",
        "sampleid",
        "name",
        "file",
        "filename",
        "path",
        "spectrum",
        "spectrum_id",
        "index",
        "",
    )
)
"""Names of columns that tell samples apart, without regard to case."""
_MOST_CODES: Final = 100
_SAMPLES_PER_CODE: Final = 5
_MOST_LISTED: Final = 20
_LABEL_NAMES: Final = frozenset(("label", "labels", "class", "classes", "target"))


def choose_label_column(facts: pd.DataFrame, wanted: str | None) -> tuple[str | None, str]:
    """Choose the column that names the class of each sample.

    Without a wish it is the only column whose name says so, such as ``label`` or ``class``; else the only one
    of texts or whole numbers that are not different in more than half of the samples.

    Args:
        facts: The columns that are no bands, a row per sample.
        wanted: The name of a column; None for the obvious one.

    Returns:
        The column, None where none is obvious; and a sentence that says which, or lists the candidates.

    Raises:
        DataError: If there is no such column, or more than one.
    """
    if wanted is not None:
        check_column(facts, wanted, "label")
        return wanted, ""
    words = [str(name) for name in facts.columns if _may_be_words(facts[name])]
    by_name = [name for name in words if name.casefold() in _LABEL_NAMES]
    candidates = [name for name in words if _may_name_classes(name, facts[name])]
    chosen = by_name if len(by_name) == 1 else candidates
    if len(chosen) == 1:
        return chosen[0], f"the column '{chosen[0]}' is taken for the class"
    if candidates:
        return None, f"several columns that may name the class: {_list_names(candidates)}"
    if facts.columns.empty:
        return None, "no classes in the file"
    for name in facts.columns:
        if str(name).casefold() in _LABEL_NAMES and holds_fractions(facts[name]):
            return None, _describe_fractions(facts[name])
    return None, f"no column of classes among {_list_names(map(str, facts.columns))}"


def check_column(facts: pd.DataFrame, name: str, what: str) -> None:
    """Check that a table has a column once.

    Raises:
        DataError: If it has not.
    """
    count = list(facts.columns).count(name)
    if count != 1:
        listed = _list_names(dict.fromkeys(map(str, facts.columns))) or "none"
        raise DataError(
            f"the {what} column should be one column of the table that is no band. Found {count or 'none'} "
            f"called '{name}' among {listed}. Correct --{what}-column."
        )


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of samples.

    Args:
        label: The class of each sample from 0, -1 where it has none, ``[sample]``.
        names: The names of the classes that occur, class 0 first.
        codes: Their numbers in the column; none where it names them in words.
    """

    label: npt.NDArray[np.int64]
    names: list[str]
    codes: list[int]


def number_classes(
    values: pd.Series,
    class_names: Sequence[str] | Mapping[int, str] | None = None,
    *,
    file: str | None = None,
) -> Classes:
    """Number classes from 0: texts in the order of the alphabet, whole numbers in their order.

    Args:
        values: Class of each sample; missing where it has none.
        class_names: Names of classes that are whole numbers, the lowest first, or by their numbers; by
            default the numbers.
        file: The file whose only labels they are, for messages; None for a column of a table.

    Raises:
        DataError: If a class is a fraction, two differ in case alone, or the given names do not fit.
    """
    has_label = values.notna().to_numpy()
    label = np.full(len(values), -1, dtype=np.int64)
    if is_number(values):
        different, label[has_label] = np.unique(_read_codes(values[has_label]), return_inverse=True)
        codes = [int(code) for code in different]
        place = f"the column '{values.name}'" if file is None else f"the labels of '{file}'"
        advice = "Learn the number: --task regression." if file else _advise_another(str(values.name))
        _check_repeated(codes, int(has_label.sum()), place, advice)
        return Classes(label, _name_codes(codes, class_names, place), codes)
    if class_names is not None:
        raise DataError(
            f"class names should be given only where the data name none. Found names in the column "
            f"'{values.name}'. Leave out --class-names."
        )
    texts = values[has_label].astype(str).str.strip().to_numpy(dtype=str)
    different, label[has_label] = np.unique(texts, return_inverse=True)
    names = [str(name) for name in different]
    _check_case(names, str(values.name))
    return Classes(label, names, [])


def is_number(values: pd.Series) -> bool:
    """Return True of a column of numbers; truth values count as texts."""
    return bool(pd.api.types.is_numeric_dtype(values)) and not pd.api.types.is_bool_dtype(values)


def holds_fractions(values: pd.Series | pd.DataFrame) -> bool:
    """Return True of a column of numbers that are not all whole; two columns of one name are none."""
    if isinstance(values, pd.DataFrame) or not is_number(values):
        return False
    known = values.dropna()
    return bool((known != np.floor(known)).any())


def _may_be_words(values: pd.Series | pd.DataFrame) -> bool:
    """Return True of a column of texts or whole numbers that occurs once."""
    if isinstance(values, pd.DataFrame):  # two columns of one name
        return False
    known = values.dropna()
    return not known.empty and not holds_fractions(values)


def _describe_fractions(values: pd.Series) -> str:
    return (
        f"the column '{values.name}' of measured numbers, {values.min():g} to {values.max():g}, which are no "
        f"classes (learn them: --task regression --target-column '{values.name}')"
    )


def _may_name_classes(name: str, values: pd.Series) -> bool:
    known = values.dropna()
    return name.casefold() not in ID_NAMES and 2 <= known.nunique() <= max(2, len(known) // 2)


def _list_names(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _read_codes(values: pd.Series) -> npt.NDArray[np.int64]:
    numbers = values.to_numpy(dtype=np.float64)
    wrong = numbers != np.floor(numbers)
    if wrong.any():
        raise DataError(
            f"the column '{values.name}' should name classes by texts or whole numbers. Found "
            f"{numbers[wrong][0]:g}, a measurement. {_advise_another(str(values.name))}"
        )
    return numbers.astype(np.int64)


def _advise_another(column: str) -> str:
    return (
        "Choose another with --label-column, or learn the number: --task regression --target-column "
        f"'{column}'."
    )


def _check_repeated(codes: Sequence[int], samples: int, place: str, advice: str) -> None:
    """Refuse whole numbers that hardly repeat: they are counted or measured, no classes.

    Raises:
        DataError: If there are more than a hundred, with a few samples each.
    """
    if len(codes) > _MOST_CODES and samples < _SAMPLES_PER_CODE * len(codes):
        raise DataError(
            f"{place} should name classes, each of several samples. Found {len(codes)} different numbers, "
            f"{codes[0]} to {codes[-1]}, in {samples} samples. {advice}"
        )


def _name_codes(
    codes: Sequence[int], names: Sequence[str] | Mapping[int, str] | None, place: str
) -> list[str]:
    if names is None:
        return [str(code) for code in codes]
    is_by_code = isinstance(names, Mapping)
    by_code = names if isinstance(names, Mapping) else dict(zip(codes, names, strict=False))
    unnamed = [code for code in codes if code not in by_code]
    if unnamed or (not is_by_code and len(names) != len(codes)):
        found = f"names for {_list_codes(sorted(by_code))}" if is_by_code else str(len(names))
        advice = f"{_list_codes(unnamed)} too" if is_by_code else "each, the lowest number first"
        raise DataError(
            f"class names should be given for the {len(codes)} classes of {place}, {_list_codes(codes)}. "
            f"Found {found}. Name {advice}."
        )
    return [by_code[code] for code in codes]


def _list_codes(codes: Sequence[int]) -> str:
    """List codes, of many the first and the last one."""
    listed = [str(code) for code in codes]
    return ", ".join(
        listed if len(listed) <= _MOST_LISTED else [*listed[: _MOST_LISTED - 1], "...", listed[-1]]
    )


def _check_case(names: Sequence[str], column: str) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise DataError(
                f"classes of the column '{column}' should differ in more than case. Found '{other}' and "
                f"'{name}'. Write them alike, or rename one."
            )
