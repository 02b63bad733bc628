"""A folder of results that is either whole or not there: ``run.json`` and the files beside it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrprism.errors import ResultsError
from lrprism.spectral.files import hidden_sibling, report_write_errors, take_name
from lrprism.spectral.runs.record import RUN_FILE


@contextmanager
def write_run(folder: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Collect the results of a run in a temporary folder that takes its final name only when all is written.

    The temporary folder is a hidden sibling of ``folder``. After the block it is renamed into place. With
    ``overwrite`` the old run stays whole until that moment: it is renamed aside, the new one renamed in, then
    the old one deleted. If the second rename fails the old run gets its name back, and the error says where
    the finished results are. If the block raises, the temporary folder is removed and the old run stays as it
    was.

    Args:
        folder: The final folder of the results. Missing parents are created.
        overwrite: Whether a run that is already there may be replaced.

    Yields:
        The temporary folder to write into. It must hold a ``run.json`` in the end.

    Raises:
        ResultsError: If ``folder`` is a file, a link or a mount point, holds a run and ``overwrite`` is not
            set, holds anything but a run, or cannot be written; or if the block leaves no ``run.json``.

    Example:
        >>> import tempfile
        >>> from lrprism.spectral.runs import read_run, write_json, write_run
        >>> with tempfile.TemporaryDirectory() as parent:
        ...     with write_run(Path(parent) / "run") as partial:
        ...         _ = write_json(partial / "run.json", {"seed": 0})
        ...     read_run(Path(parent) / "run")
        {'seed': 0}
    """
    folder = Path(os.path.abspath(Path(folder).expanduser()))
    check_free(folder, overwrite=overwrite)
    # beside the folder, so that a rename stays on one disk
    partial = hidden_sibling(folder, "partial")
    with report_write_errors(folder):
        partial.mkdir(parents=True)
    try:
        yield partial
        check_record(partial)
    # also Ctrl-C and SystemExit
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    publish_run(partial, folder, overwrite=overwrite)


def publish_run(work: Path, folder: Path, *, overwrite: bool) -> None:
    """Give finished results their final name.

    Args:
        work: The folder that they were collected in.
        folder: Its final name.
        overwrite: Whether a run that is already there may be replaced.

    Raises:
        ResultsError: If the folder cannot take a run; the error says where the results are.
    """
    try:
        check_free(folder, overwrite=overwrite)  # another process may have been faster
        with report_write_errors(folder):
            take_name(work, folder)
    except ResultsError as error:
        raise ResultsError(f"{error} The finished results are whole in {work}.") from error


def check_record(work: Path) -> None:
    """Refuse results without ``run.json``, which is written last and makes a folder a run.

    Raises:
        ResultsError: If there is none.
    """
    if not (work / RUN_FILE).is_file():
        raise ResultsError(f"A run should hold a {RUN_FILE}. Found none in {work}. Write it before the end.")


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that cannot take a run.

    Args:
        folder: The final folder of the results.
        overwrite: Whether a run that is already there may be replaced.

    Raises:
        ResultsError: As :func:`write_run` says.
    """
    kinds = {"a link": folder.is_symlink(), "a mount point": folder.is_mount(), "a file": folder.is_file()}
    kind = next((kind for kind, applies in kinds.items() if applies), None)
    if kind:
        raise ResultsError(
            f"Results should go into a plain folder. Found {kind}: {folder}. Choose another folder."
        )
    with report_write_errors(folder):
        names = sorted(os.listdir(folder)) if folder.is_dir() else []
    if not names:
        return
    # any other files may be someone's work: they are never replaced, not even with overwrite
    if RUN_FILE not in names:
        raise ResultsError(
            f"Results should go into a new or empty folder, or replace an earlier run. Found {len(names)} "
            f"other files in {folder}, {names[0]} among them, and no {RUN_FILE}. Choose another folder."
        )
    if not overwrite:
        raise ResultsError(
            f"Results should go into a new or empty folder. Found an earlier run in {folder}. "
            "Choose another folder, or replace the run with --overwrite."
        )
