"""The explorer: one file that shows a whole result in a browser, without a network."""
