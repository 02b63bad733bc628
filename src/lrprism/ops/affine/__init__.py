"""Ops that are affine in their input: convolutions, linear layers, batch norms in evaluation mode."""
