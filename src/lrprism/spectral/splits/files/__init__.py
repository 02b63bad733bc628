"""Splits and groups of other people, read from their files."""
