"""The commands of `depot`, one module for each group."""
