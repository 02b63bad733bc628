"""A trained network, loaded from its run folder."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from lrprism.errors import DataError
from lrprism.spectral.networks import load_weights
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.runs import read_run
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.devices import Devices
from lrprism.spectral.workbench.networks import rebuild_network
from lrprism.spectral.workbench.preparation import Preparation
from lrprism.spectral.workbench.record import WEIGHTS


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
    def resolution(self) -> float:
        """The width in nm over which the bands of the training samples vary together.

        Raises:
            DataError: If the run does not state it.
        """
        resolution = self.record.get("resolution")
        if resolution is None:
            raise DataError(
                f"'{self.folder}' should state the resolution of its data in run.json. Found none. Train or "
                "adopt the network again, or explain it with --pool 0."
            )
        return float(resolution["nm"])

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
        return self._locate("source", self.record["source"])

    @property
    def preparation(self) -> Preparation:
        """The preparation of these data, with windows of the network's size."""
        preparation = Preparation.from_record(self.record["preparation"])
        labels, wavelengths = (
            path and self._locate(name, path)
            for name, path in (("labels", preparation.labels), ("wavelengths", preparation.wavelengths))
        )
        window = self.record["network"]["window"]
        return replace(preparation, window=window, labels=labels, wavelengths=wavelengths)

    def _locate(self, name: str, path: str) -> str:
        """Return a path as it was given, or as it lies seen from the run folder, whichever there is."""
        beside = self.record["paths"].get(name)
        if beside is None or Path(path).exists():
            return path
        moved = self.folder.absolute().parent / beside
        return str(moved) if moved.exists() else path
