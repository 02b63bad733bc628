"""A pass over all batches of samples."""

import torch

from lrprism.spectral.training.devices import Devices
from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.patch_explainer import SampleExplainer
from lrprism.spectral.workbench.progress import Reporter
from lrprism.spectral.workbench.relevance_store import RelevanceStore, sample_arrays


def explain_batches(
    explainer: SampleExplainer,
    store: RelevanceStore,
    numbers: Numbers,
    devices: Devices,
    reporter: Reporter,
    title: str,
) -> bool:
    """Explain every batch that is not yet in the store.

    Args:
        explainer: Explains a batch.
        store: Takes the results.
        numbers: Numbers of all samples.
        devices: Devices to run on.
        reporter: Shows the progress.
        title: The work in words, for the progress.

    Returns:
        True in the process that goes on; with several processes the others are done.

    Raises:
        InputError: If the devices are not there.
    """
    missing = store.batches()
    if not missing:
        return True
    with reporter.bar(len(missing), title) as advance:
        device = devices.find_single()
        if device is None:
            from lrprism.spectral.workbench.lightning_batches import (
                explain_over_devices,  # late: takes seconds
            )

            return explain_over_devices(explainer, store, numbers, devices, advance)
        explainer.model.to(device).eval()
        with torch.no_grad():  # the explainer turns gradients on where it needs them
            for batch in missing:
                dataset, account = explainer.explain(numbers[store.batch_slice(batch)])
                store.write(batch, sample_arrays(dataset), account)
                advance()
        explainer.model.cpu()
    return True
