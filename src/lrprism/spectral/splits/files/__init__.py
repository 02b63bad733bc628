"""Splits and groups that other people have drawn, out of their files."""
