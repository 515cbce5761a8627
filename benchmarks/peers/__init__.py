"""Other planners on the same nights, their plans held against our rules. One file per peer."""
