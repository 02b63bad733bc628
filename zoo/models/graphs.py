"""Networks of torch_geometric: two layers of each kind on one small graph, and its whole models."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch_geometric.nn as geo
from torch import Tensor, nn

from zoo.models.entry import Entry, Subject

NODES, WIDTH, CLASSES, EDGE_WIDTH = 8, 6, 3, 4
_EDGES = [[0, 1, 2, 3, 4, 5, 6, 7, 0, 2, 4, 6, 1], [1, 2, 3, 4, 5, 6, 7, 0, 4, 6, 0, 2, 5]]


class TwoLayers(nn.Module):
    """Two convolutions of one kind with a ReLU between them, a mean over the nodes and a classifier."""

    def __init__(self, make: Callable[[int, int], nn.Module], width: int = WIDTH) -> None:
        """Make both layers and the classifier."""
        super().__init__()
        self.first, self.second = make(WIDTH, width), make(width, width)
        self.classify = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor, edge_index: Tensor, **others: Any) -> Tensor:
        """Return the logits of the graph."""
        hidden = self.first(x, edge_index, **others).relu()
        hidden = self.second(hidden, edge_index, **others)
        return self.classify(hidden.mean(0, keepdim=True))


def _layers(make: Callable[[int, int], nn.Module], **others: Any) -> Subject:
    edges = torch.tensor(_EDGES)
    settings = {name: value(edges.shape[1]) for name, value in others.items()}
    return Subject(TwoLayers(make), (torch.randn(NODES, WIDTH),), {"edge_index": edges, **settings})


def _features(edges: int) -> Tensor:
    return torch.randn(edges, EDGE_WIDTH)


def _pseudo(edges: int) -> Tensor:
    return torch.rand(edges, 2)


def _weights(edges: int) -> Tensor:
    return torch.rand(edges)


def _relations(edges: int) -> Tensor:
    return torch.arange(edges) % 2


def _mlp(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Linear(before, after), nn.ReLU(), nn.Linear(after, after))


_PLAIN: dict[str, Callable[[int, int], nn.Module]] = {
    "GCNConv": geo.GCNConv,
    "ChebConv": partial(geo.ChebConv, K=3),
    "SAGEConv": geo.SAGEConv,
    "GraphConv": geo.GraphConv,
    "GatedGraphConv": lambda _, b: geo.GatedGraphConv(b, 2),
    "ResGatedGraphConv": geo.ResGatedGraphConv,
    "GATConv": partial(geo.GATConv, heads=2, concat=False),
    "GATv2Conv": partial(geo.GATv2Conv, heads=2, concat=False),
    "TransformerConv": partial(geo.TransformerConv, heads=2, concat=False),
    "AGNNConv": lambda *_: geo.AGNNConv(),
    "TAGConv": geo.TAGConv,
    "GINConv": lambda a, b: geo.GINConv(_mlp(a, b)),
    "ARMAConv": partial(geo.ARMAConv, num_stacks=2),
    "SGConv": partial(geo.SGConv, K=2),
    "SSGConv": lambda a, b: geo.SSGConv(a, b, alpha=0.1, K=2),
    "APPNP": lambda *_: geo.APPNP(2, 0.1),
    "MFConv": geo.MFConv,
    "FeaStConv": partial(geo.FeaStConv, heads=2),
    "LEConv": geo.LEConv,
    "ClusterGCNConv": geo.ClusterGCNConv,
    "GENConv": geo.GENConv,
    "FiLMConv": geo.FiLMConv,
    "SuperGATConv": partial(geo.SuperGATConv, heads=2, concat=False),
    "EGConv": lambda a, b: geo.EGConv(a, b, num_heads=2, num_bases=2),
    "GeneralConv": geo.GeneralConv,
    "LGConv": lambda *_: geo.LGConv(),
    "GPSConv": lambda _, b: geo.GPSConv(b, geo.GCNConv(b, b), heads=2),
    "AntiSymmetricConv": lambda _, b: geo.AntiSymmetricConv(b),
    "DirGNNConv": lambda a, b: geo.DirGNNConv(geo.SAGEConv(a, b)),
    "MixHopConv": lambda a, b: geo.MixHopConv(a, b // 3),
    "EdgeConv": lambda a, b: geo.EdgeConv(_mlp(2 * a, b)),
    "PNAConv": lambda a, b: geo.PNAConv(a, b, ["mean", "max", "std"], ["identity"], torch.tensor([0, 4, 4])),
    "SimpleConv": lambda *_: geo.SimpleConv(),
    "WLConvContinuous": lambda *_: geo.WLConvContinuous(),
    "HypergraphConv": geo.HypergraphConv,
}
_WITH_EDGES: dict[str, tuple[Callable[[int, int], nn.Module], dict[str, Any]]] = {
    "GINEConv": (lambda a, b: geo.GINEConv(_mlp(a, b), edge_dim=EDGE_WIDTH), {"edge_attr": _features}),
    "NNConv": (lambda a, b: geo.NNConv(a, b, nn.Linear(EDGE_WIDTH, a * b)), {"edge_attr": _features}),
    "CGConv": (lambda a, _: geo.CGConv(a, EDGE_WIDTH), {"edge_attr": _features}),
    "PDNConv": (lambda a, b: geo.PDNConv(a, b, EDGE_WIDTH, 5), {"edge_attr": _features}),
    "GMMConv": (partial(geo.GMMConv, dim=2, kernel_size=2), {"edge_attr": _pseudo}),
    "GATConv with edges": (
        partial(geo.GATConv, heads=2, concat=False, edge_dim=EDGE_WIDTH),
        {"edge_attr": _features},
    ),
    "GCNConv with weights": (geo.GCNConv, {"edge_weight": _weights}),
    "RGCNConv": (partial(geo.RGCNConv, num_relations=2), {"edge_type": _relations}),
    "FastRGCNConv": (partial(geo.FastRGCNConv, num_relations=2), {"edge_type": _relations}),
    "RGATConv": (partial(geo.RGATConv, num_relations=2), {"edge_type": _relations}),
}


_MODELS: dict[str, Callable[[], nn.Module]] = {
    "GCN": lambda: geo.GCN(WIDTH, 8, 2, CLASSES),
    "GraphSAGE": lambda: geo.GraphSAGE(WIDTH, 8, 2, CLASSES),
    "GIN": lambda: geo.GIN(WIDTH, 8, 2, CLASSES, norm="batch_norm"),
    "GAT": lambda: geo.GAT(WIDTH, 8, 2, CLASSES, heads=2),
    "EdgeCNN": lambda: geo.EdgeCNN(WIDTH, 8, 2, CLASSES),
    "GCN with jumping knowledge": lambda: geo.GCN(WIDTH, 8, 2, CLASSES, jk="lstm"),
    "GraphUNet": lambda: geo.GraphUNet(WIDTH, 8, CLASSES, 2),
    "PMLP": lambda: geo.PMLP(WIDTH, 8, CLASSES, 2),
}


def _model(make: Callable[[], nn.Module]) -> Subject:
    return Subject(make(), (torch.randn(NODES, WIDTH),), {"edge_index": torch.tensor(_EDGES)})


def entries() -> list[Entry]:
    """Return the networks of torch_geometric."""
    builders = {
        **{name: partial(_layers, make) for name, make in _PLAIN.items()},
        **{name: partial(_layers, make, **others) for name, (make, others) in _WITH_EDGES.items()},
        **{name: partial(_model, make) for name, make in _MODELS.items()},
    }
    return [Entry("torch_geometric", name, build) for name, build in builders.items()]
