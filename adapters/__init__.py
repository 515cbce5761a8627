"""Ways out: vendors, the store. Each vendor word stops in its own package here."""
