"""Ways out: the vendors' platforms and the store, each behind its own module."""
