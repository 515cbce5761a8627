"""The compiled part of the flow engine; `csrc/module.c` reads and fills these arrays."""

Arrays = tuple[object, ...]

def most(problem: Arrays, answer: Arrays, /) -> None: ...
def shares_level(
    problem: Arrays, running_kwh: object, scratch: object, takes_at: object, gives_at: object, /
) -> bool: ...
def cheapest(
    problem: Arrays, costs: Arrays, answer: Arrays, tidy: bool, running_kwh: object, /
) -> tuple[float, float] | None: ...
