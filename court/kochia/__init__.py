"""Leaves as of kochia in which it is known what tells the classes apart, and what the report says of them."""
