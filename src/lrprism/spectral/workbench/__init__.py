"""From a data file to a run folder: training, explaining, and the demo that does both.

The names are imported when they are first used: a command loads the libraries that it needs, and no others.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
