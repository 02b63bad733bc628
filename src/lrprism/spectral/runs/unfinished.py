"""Long work on a run folder, which goes on after a kill."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from lrprism.errors import ResultsError
from lrprism.spectral.files import report_write_errors
from lrprism.spectral.runs.record import read_json, write_json
from lrprism.spectral.runs.run_folder import check_free, check_record, publish_run

PLAN_FILE: Final = "plan.json"
"""The file with the plan of the work; a later call goes on with it only if its plan is the same."""


class UnfinishedRun:
    """A folder for results until they are complete, which the next call of the same work finds again.

    It is the hidden sibling ``.NAME.unfinished`` of the run folder NAME, which appears, by a rename, only
    when the work is finished. An earlier run of that name stays whole until then.

    Args:
        folder: The final folder of the results.
        work: The folder that they are collected in.
        overwrite: Whether an earlier run may be replaced.
    """

    def __init__(self, folder: Path, work: Path, *, overwrite: bool) -> None:
        """Remember the places; :meth:`open` makes them."""
        self.folder, self.work, self._overwrite = folder, work, overwrite

    @classmethod
    def open(cls, folder: str | Path, plan: Mapping[str, Any], *, overwrite: bool = False) -> Self:
        """Take up unfinished work of the same plan, or begin.

        Args:
            folder: The final folder of the results. Missing parents are created.
            plan: All that the results depend on, as plain JSON.
            overwrite: Whether an earlier run, or unfinished work of another plan, may be replaced.

        Returns:
            The work.

        Raises:
            ResultsError: If the folder cannot take a run (see :func:`lrprism.spectral.runs.write_run`), or
                unfinished work of another plan lies there and ``overwrite`` is not set.
        """
        folder = Path(os.path.abspath(Path(folder).expanduser()))
        check_free(folder, overwrite=overwrite)
        run = cls(folder, folder.parent / f".{folder.name}.unfinished", overwrite=overwrite)
        run._begin(plan)
        return run

    def _begin(self, plan: Mapping[str, Any]) -> None:
        file = self.work / PLAN_FILE
        # results of one plan never mix with those of another
        if file.is_file() and read_json(file) != plan:
            if not self._overwrite:
                raise ResultsError(
                    "Unfinished work should be taken up with the settings it was begun with. Found others "
                    f"in {file}. Give those, delete {self.work}, or begin anew with --overwrite."
                )
            self.drop()
        with report_write_errors(self.work):
            self.work.mkdir(parents=True, exist_ok=True)
        # no plan yet: the work begins here
        if not file.is_file():
            write_json(file, plan)

    def __enter__(self) -> Self:
        """Return the work."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the folder if it holds nothing but the plan."""
        if self.work.is_dir() and os.listdir(self.work) == [PLAN_FILE]:
            self.drop()

    def drop(self) -> None:
        """Delete the results so far."""
        with report_write_errors(self.work):
            shutil.rmtree(self.work)

    def finish(self) -> None:
        """Give the results their final name.

        Raises:
            ResultsError: If there is no ``run.json``, or the folder has been taken meanwhile.
        """
        check_record(self.work)
        publish_run(self.work, self.folder, overwrite=self._overwrite)
