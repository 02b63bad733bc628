"""The benchmarks, in the order of the page."""

from court.trials import arithmetic, beam, geoscience, pulses, state, tetromino

TRIALS = (
    arithmetic.TRIAL,
    state.TRIAL,
    beam.CNN,
    beam.RESNET,
    geoscience.TRIAL,
    tetromino.TRIAL,
    pulses.TRIAL,
)
