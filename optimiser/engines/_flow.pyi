"""The compiled part of the flow engine; `csrc/module.c` reads and fills these arrays."""

Arrays = tuple[object, ...]

def most(problem: Arrays, answer: Arrays, /) -> None: ...
def cheapest(
    problem: Arrays, costs: Arrays, answer: Arrays, tidy: bool, running_kwh: object, /
) -> float | None: ...
