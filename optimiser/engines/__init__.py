"""Engines side by side behind one protocol: each solves the relaxed `PlanningProblem` exactly."""
