"""lrprism beside its peers: where they agree, and where they do not. Run with ``make parity``."""

from torchvision_beside_cpu import import_torchvision

import_torchvision()  # before zennit and the networks, which import it
