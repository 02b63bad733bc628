"""The autograd graph: what its nodes are and do, and our own functions in it."""
