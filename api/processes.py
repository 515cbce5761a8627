"""What every process that plans has in common: how many there may be, and how it looks for garbage."""

import gc
import os

# Containers that may be made before the youngest are looked through, and how many such looks there are to one
# at older ones. A request for 500 vehicles with their plans makes 100,000, next to none of which ever go in
# circles: at CPython's 700 a third of the 126 ms of such a call were spent on looking.
_YOUNGEST, _OLDER = 20_000, 10


def usable_cores() -> int:
    """The cores that this process may use, where the system tells; else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def settle_in() -> None:
    """To be called once a process has imported what it needs: that stays, so nobody looks at it again."""
    gc.freeze()
    gc.set_threshold(_YOUNGEST, _OLDER, _OLDER)
