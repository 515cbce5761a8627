"""ev.energy: what the vehicles really do. It has no call for a departure or a plan."""
