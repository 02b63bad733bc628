"""Which rule tells the truth, on which network and data: ``make evidence`` writes docs/evidence.md."""
