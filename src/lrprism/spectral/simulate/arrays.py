"""The arrays that simulation works with, by what they hold."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
