"""The products of missions, which are read by their own names and units."""
