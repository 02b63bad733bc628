"""Published results on Indian Pines, reproduced: ``make reproduce`` writes docs/reproduce.md."""
