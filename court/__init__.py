"""Benchmarks of others with a known truth, run with our methods: ``make court`` writes docs/court.md."""
