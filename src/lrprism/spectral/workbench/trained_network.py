"""A trained network, loaded from its run folder."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from lrprism.errors import DataError, InputError
from lrprism.spectral.bands.pooling import joins_bands
from lrprism.spectral.networks import load_weights
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.runs import read_run
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.devices import Devices
from lrprism.spectral.training.tasks.registry import read_task
from lrprism.spectral.training.tasks.task import AbstractTask
from lrprism.spectral.workbench.networks import rebuild_network
from lrprism.spectral.workbench.preparation import CLASSIFICATION, Preparation
from lrprism.spectral.workbench.record import WEIGHTS
from lrprism.spectral.workbench.scene_files import SceneFile, is_same_file
from lrprism.spectral.workbench.scene_numbers import SceneNumbers

WIDEST: Final = 0.25
"""Share of the spectrum over which relevance is summed at most, unless the user asks for more."""


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network with its weights and the record of its training.

    Args:
        model: The network in evaluation mode, with its preprocessing in front.
        record: The part of ``run.json`` about its training.
        folder: Its run folder.
    """

    model: Pipeline
    record: dict[str, Any]
    folder: Path

    @classmethod
    def load(cls, folder: Path, trusted: str | None = None) -> Self:
        """Load a network that ``train_into`` or ``adopt_into`` wrote.

        Args:
            folder: The run folder.
            trusted: The user's own network that may be imported, ``"package.module:factory"``.

        Raises:
            DataError: If the folder holds no trained network, or its files cannot be read.
            InputError: If the network is one of the user's own that is not trusted.
            ModelError: If the weights are those of another network.
        """
        record = read_run(folder).get("training")
        # run.json may be that of another program
        if not isinstance(record, dict) or not isinstance(record.get("network"), dict):
            raise DataError(
                f"'{folder}' should hold a trained network. Found none in its run.json. Run lrprism train."
            )
        model = rebuild_network(record["network"], folder, trusted)
        load_weights(model, folder / WEIGHTS)
        return cls(model.eval(), record, folder)

    @property
    def task(self) -> AbstractTask:
        """What the network learned.

        Raises:
            DataError: If the run names no task of this version.
        """
        return read_task(self.record)

    @property
    def codes(self) -> tuple[int, ...]:
        """The code of each class in the labels of the training, class 0 first; none where they are words."""
        return tuple(self.record.get("class_codes", ()))

    def check_classes(self, what: str, advice: str) -> None:
        """Refuse a network of traits or of pixels where an answer is of samples of one class each.

        Args:
            what: What needs classes, such as "rule auto".
            advice: What to do with a network of another kind, a sentence.

        Raises:
            InputError: If the network predicts something else.
        """
        if self.task.name != CLASSIFICATION:
            raise InputError(
                f"{what} should be asked of a network of one class per sample, which is right or wrong. "
                f"Found a {self.task.name} of {', '.join(self.task.names)} in '{self.folder}'. {advice}"
            )

    @property
    def resolution(self) -> float:
        """The width in nm over which the bands of the training samples vary together.

        It is 0 where that is more than a quarter of the spectrum, as of mixtures of a few smooth spectra: a
        sum over so much says nothing about where.

        Raises:
            DataError: If the run does not state it.
        """
        resolution = self.record.get("resolution")
        if resolution is None:
            raise DataError(
                f"'{self.folder}' should state the resolution of its data in run.json. Found none. Train or "
                "adopt the network again, or explain it with --pool 0."
            )
        nm, wavelength = float(resolution["nm"]), self.record["network"]["wavelength_nm"]
        is_wide = nm > WIDEST * (max(wavelength) - min(wavelength))
        return 0.0 if is_wide and joins_bands(wavelength, nm) else nm

    @property
    def training_config(self) -> TrainingConfig | None:
        """The settings of its training, on one device of this machine; None for an adopted network."""
        settings = self.record.get("settings")
        if settings is None:
            return None
        # this machine may lack the devices that the run was trained on
        devices = Devices("cpu" if settings["devices"]["accelerator"] == "cpu" else "auto")
        return TrainingConfig(**{**settings, "devices": devices})

    @property
    def source(self) -> str:
        """The data that the network was trained on, found again from another working folder."""
        return ", ".join(file.source for file in self.files)

    @property
    def files(self) -> tuple[SceneFile, ...]:
        """The files of these data, one for each scene."""
        sources, labels = self.record["source"], self.record["preparation"]["labels"]
        if isinstance(sources, str):
            return (SceneFile(self._locate("source", sources), labels and self._locate("labels", labels)),)
        return tuple(
            SceneFile(
                self._locate("source", source, number),
                own and self._locate("labels", own, number),
                self.record["scenes"][number]["is_test"],
            )
            for number, (source, own) in enumerate(zip(sources, labels, strict=True))
        )

    @property
    def places(self) -> SceneNumbers | None:
        """The numbers and names of the scenes; None where the data are not several scenes."""
        if "scenes" not in self.record:
            return None
        names, sizes = (tuple(scene[key] for scene in self.record["scenes"]) for key in ("name", "pixels"))
        return SceneNumbers(names, sizes)

    def find_file(self, source: str) -> int | None:
        """Return the position of a file among those of the training, or None.

        Args:
            source: Its path; or the name of one of several scenes.
        """
        for number, file in enumerate(self.files):
            if is_same_file(source, file.source):
                return number
        names = () if self.places is None else self.places.names
        return names.index(source) if source in names else None

    @property
    def preparation(self) -> Preparation:
        """The preparation of these data, with windows of the network's size; of several scenes no labels."""
        preparation = Preparation.from_record(self.record["preparation"])
        if self.places is not None:
            preparation = replace(preparation, labels=None)
        labels, wavelengths = (
            path and self._locate(name, path)
            for name, path in (("labels", preparation.labels), ("wavelengths", preparation.wavelengths))
        )
        window = self.record["network"]["window"]
        return replace(preparation, window=window, labels=labels, wavelengths=wavelengths)

    def _locate(self, name: str, path: str, number: int | None = None) -> str:
        """Return a path as it was given, or as it lies seen from the run folder, whichever there is."""
        beside = self.record["paths"].get(name)
        # of several scenes there is a path for each
        if number is not None and beside is not None:
            beside = beside[number]
        if beside is None or Path(path).exists():
            return path
        moved = self.folder.absolute().parent / beside
        return str(moved) if moved.exists() else path
