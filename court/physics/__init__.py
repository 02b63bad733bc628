"""Explanations beside what physics says: minerals, leaves and meat, whose truth nobody planted."""
