"""Ops on differences from a reference: what a change of the input does, shared exactly among its causes."""
