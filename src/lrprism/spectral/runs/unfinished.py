"""Long work on a run folder that a kill must not cost."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from lrprism.errors import ResultsError
from lrprism.spectral.files import report_write_errors, take_name
from lrprism.spectral.runs.record import RUN_FILE, read_json, write_json
from lrprism.spectral.runs.run_folder import check_free

PLAN_FILE: Final = "plan.json"
"""What the work is meant to do; work is taken up again only where this is the same."""


class UnfinishedRun:
    """A folder that work goes into until it is whole, and that the next call of the same work finds again.

    It is the hidden sibling ``.NAME.unfinished`` of the run folder NAME, which appears, by a rename, only
    when the work is finished. An earlier run of that name stays whole until then.

    Args:
        folder: Where the results should be in the end.
        work: Where they are collected.
        overwrite: Whether an earlier run may be replaced.
    """

    def __init__(self, folder: Path, work: Path, *, overwrite: bool) -> None:
        """Remember the places; :meth:`open` makes them."""
        self.folder, self.work, self._overwrite = folder, work, overwrite

    @classmethod
    def open(cls, folder: str | Path, plan: Mapping[str, Any], *, overwrite: bool = False) -> Self:
        """Take up unfinished work of the same plan, or begin.

        Args:
            folder: Where the results should be in the end. Missing parents are created.
            plan: All that the results depend on, as plain JSON.
            overwrite: Whether an earlier run, or unfinished work of another plan, may be replaced.

        Returns:
            The work.

        Raises:
            ResultsError: If the folder cannot take a run (see :func:`lrprism.spectral.runs.writing_run`), or
                unfinished work of another plan lies there and ``overwrite`` is not set.
        """
        folder = Path(os.path.abspath(Path(folder).expanduser()))
        check_free(folder, overwrite=overwrite)
        run = cls(folder, folder.parent / f".{folder.name}.unfinished", overwrite=overwrite)
        run._begin(plan)
        return run

    def _begin(self, plan: Mapping[str, Any]) -> None:
        file = self.work / PLAN_FILE
        if file.is_file() and read_json(file) != plan:
            if not self._overwrite:
                raise ResultsError(
                    "Unfinished work should be taken up with the settings it was begun with. Found others "
                    f"in {file}. Give those, delete {self.work}, or begin anew with --overwrite."
                )
            self.drop()
        with report_write_errors(self.work):
            self.work.mkdir(parents=True, exist_ok=True)
        if not file.is_file():
            write_json(file, plan)

    def __enter__(self) -> Self:
        """Work."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing where nothing was done."""
        if self.work.is_dir() and os.listdir(self.work) == [PLAN_FILE]:
            self.drop()

    def drop(self) -> None:
        """Delete what was collected so far."""
        with report_write_errors(self.work):
            shutil.rmtree(self.work)

    def finish(self) -> None:
        """Give the results their final name.

        Raises:
            ResultsError: If there is no ``run.json``, or the folder has been taken meanwhile.
        """
        if not (self.work / RUN_FILE).is_file():
            raise ResultsError(
                f"A run should hold a {RUN_FILE}. Found none in {self.work}. Write it before the end."
            )
        try:
            check_free(self.folder, overwrite=self._overwrite)
            with report_write_errors(self.folder):
                take_name(self.work, self.folder)
        except ResultsError as error:
            raise ResultsError(f"{error} The finished results are whole in {self.work}.") from error
