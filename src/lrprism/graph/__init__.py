"""The autograd graph: what its nodes are and do, and our own functions in it."""

from lrprism.graph.facets import RELUS, Facet, names_with
from lrprism.graph.functions import AFFINE, DAMPED, PASSED, RECTIFIED, SHARED, OwnFunction, entry_of
from lrprism.graph.nodes import (
    Edge,
    Edges,
    edge_of,
    edges_of,
    name_of,
    op_name_of,
    skip_back,
    sort_inputs_first,
    sources_of,
    walk_back,
    write_note,
)
from lrprism.graph.origins import have_one_origin, share_origin

__all__ = [
    "AFFINE",
    "DAMPED",
    "PASSED",
    "RECTIFIED",
    "RELUS",
    "SHARED",
    "Edge",
    "Edges",
    "Facet",
    "OwnFunction",
    "edge_of",
    "edges_of",
    "entry_of",
    "have_one_origin",
    "name_of",
    "names_with",
    "op_name_of",
    "share_origin",
    "skip_back",
    "sort_inputs_first",
    "sources_of",
    "walk_back",
    "write_note",
]
