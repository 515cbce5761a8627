"""Planner speed: seeded instances, phases timed apart and end to end."""
