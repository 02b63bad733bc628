"""Relevance per band over many samples."""
