"""Kempower ChargEye: its objects, what they mean to the planner, and the way to its HTTP interface."""
