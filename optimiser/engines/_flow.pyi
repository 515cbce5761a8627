"""The compiled part of the flow engine; `csrc/module.c` reads and fills these arrays."""

Arrays = tuple[object, ...]

# A capsule: a problem as it is laid out. It reads the problem's arrays, which must stay as they are.
Layout = object

def lay_out(problem: Arrays, /) -> Layout: ...
def most(layout: Layout, demand_kwh: object, answer: Arrays, /) -> None: ...
def shares_level(
    layout: Layout, demand_kwh: object, scratch: object, takes_at: object, gives_at: object, /
) -> bool: ...
def cheapest(
    layout: Layout, energy_kwh: object, costs: Arrays, answer: Arrays, tidy: bool, /
) -> tuple[float, float] | None: ...
