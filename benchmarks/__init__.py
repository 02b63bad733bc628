"""Time and memory of explanations, printed and written, never asserted: ``make bench``."""
