"""The samples to explain, and the way to explain them."""

from dataclasses import dataclass, field
from typing import Final

from lrprism.errors import InputError
from lrprism.spectral.io.format import Writer
from lrprism.spectral.io.writers import choose_writers
from lrprism.spectral.training.devices import Devices
from lrprism.spectral.workbench.band_tables import choose_zone_sets
from lrprism.spectral.workbench.candidates import AUTO
from lrprism.spectral.workbench.composites import DEFAULT_RULE, find_rule
from lrprism.spectral.workbench.references import choose_reference

FIGURES: Final = ("none", "classes", "all")
"""The figures to draw: none; those of classes and layers, or the maps of a scene; heatmaps as well."""


@dataclass(frozen=True)
class ExplanationSettings:
    """The samples to explain, and the way to explain them.

    Args:
        source: The data; None for the data that the network was trained on.
        labels: The label map of other data than those of the training.
        wavelengths: Wavelengths of other data, as in :class:`Preparation`; None for those of the file, or of
            the training where the file has none.
        key: For other files of several arrays: the name of the cube's; None as in the training.
        resample: Whether the bands of other data are averaged to the wavelengths of the training.
        rule: A name in :data:`lrprism.spectral.workbench.COMPOSITES`; or ``"auto"``: rule, reference and
            width are chosen on samples of this network, as far as ``reference`` and ``pool`` leave them open.
        target: ``"predicted"``, ``"true"``, the number of a class or its name; the number of a trait or its
            name; None for the predicted class, or the only trait.
        per_class: Most samples of each true class; None for all of them, as where no class is known.
        batch_size: Patches at a time.
        devices: Devices to run on.
        seed: Seed of the draw of samples.
        heatmaps: Number of samples of each explained class that get a grid of heatmaps.
        figures: A name in :data:`FIGURES`; ``"all"`` adds the heatmaps of samples to those of ``"classes"``.
        every_pixel: Whether every pixel of a scene is explained, labelled or not, and laid out as a map.
        model: A network of the user's own that the run may import, ``"package.module:factory"``.
        pool: Width in nm over which the pooled map sums relevance; 0 for no such map, None for the width that
            the training samples gave.
        reference: A name in :data:`lrprism.spectral.workbench.REFERENCES`: what each patch is compared with;
            None for the one that goes with the rule.
        formats: For every pixel of a scene: formats of the maps by commas, such as ``"geotiff,envi"``; None
            for NetCDF.
        zones: Sets of zones of ``zones.csv`` by commas, as in
            :func:`lrprism.spectral.workbench.band_tables.write_zones`; None for those of vegetation.
        plant_ndvi: NDVI above which a pixel is a plant; None for a threshold that the patches propose.
    """

    source: str | None = None
    labels: str | None = None
    wavelengths: str | None = None
    key: str | None = None
    resample: bool = False
    rule: str = DEFAULT_RULE
    target: str | None = None
    per_class: int | None = 20
    batch_size: int = 32
    devices: Devices = field(default_factory=Devices)
    seed: int = 0
    heatmaps: int = 1
    figures: str = "all"
    every_pixel: bool = False
    model: str | None = None
    pool: float | None = None
    reference: str | None = None
    formats: str | None = None
    zones: str | None = None
    plant_ndvi: float | None = None

    def __post_init__(self) -> None:
        """Check the width, the formats, the figures, the zones and the threshold of plants.

        Raises:
            DataError: If a table of zones cannot be read.
            InputError: If the width is no number of 0 or more, a format is unknown or has no map to write,
                the figures or a set of zones are unknown, a threshold is no NDVI, or one of the last two is
                given for every pixel.
        """
        if self.figures not in FIGURES:
            raise InputError(f"figures should be one of {', '.join(FIGURES)}. Found {self.figures!r}.")
        if self.formats is not None and not self.every_pixel:
            raise InputError(
                f"format should be given only where every pixel is explained. Found {self.formats!r} for "
                "single samples, which get no map. Add --every-pixel, or leave --format out."
            )
        _ = self.writers
        if self.pool is not None and not 0 <= self.pool < float("inf"):
            raise InputError(
                f"pool should be a width of 0 nm or more. Found {self.pool}. Leave it out for the width that "
                "the training samples gave."
            )
        if self.every_pixel and (self.zones, self.plant_ndvi) != (None, None):
            raise InputError(
                "zones and plant-ndvi should be given for samples, whose relevance is summed. Found them for "
                "every pixel, which gets maps alone. Leave out --every-pixel, --zones and --plant-ndvi."
            )
        if self.plant_ndvi is not None and not -1 <= self.plant_ndvi <= 1:
            raise InputError(
                f"plant-ndvi should be an NDVI of -1 to 1. Found {self.plant_ndvi}. Leave it out for a "
                "threshold that the patches propose."
            )
        choose_zone_sets(self.zones)

    @property
    def chooses(self) -> bool:
        """True if the rule is chosen on samples of the network."""
        return self.rule == AUTO

    @property
    def heatmaps_drawn(self) -> int | None:
        """Number of samples of each explained class that get heatmaps; None where no figure is drawn."""
        return {"none": None, "classes": 0, "all": self.heatmaps}[self.figures]

    @property
    def reference_name(self) -> str:
        """The name of the reference that goes with the rule."""
        return choose_reference(self.rule, self.reference)

    @property
    def writers(self) -> tuple[Writer, ...]:
        """The writers of the maps.

        Raises:
            InputError: If a format is unknown.
        """
        return choose_writers("netcdf" if self.formats is None else self.formats)

    def check_rule(self) -> None:
        """Check the name of the rule.

        Raises:
            InputError: If there is none of that name.
        """
        rule, mark, reference = self.rule.partition("@")
        if mark:  # as lrprism evaluate names it
            raise InputError(
                f"rule should be a name alone. Found '{self.rule}'. Give --rule {rule} --reference "
                f"{reference}."
            )
        if not self.chooses:
            find_rule(self.rule, AUTO)
