"""The pure planner: no I/O, no clock, no environment. Same input, same plan."""
