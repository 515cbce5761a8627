"""PuLP as in its tutorials, and the CBC that it brings: a variable for every vehicle and every slot."""

import pulp

from benchmarks.peers.night import Energies, Night, Stay, answer


def plan(night: Night) -> Energies:
    """Least cost; raises RuntimeError where CBC has no optimum."""
    slots = range(night.n_slots)
    model = pulp.LpProblem("night", pulp.LpMinimize)
    energy = [
        [
            pulp.LpVariable(f"e_{i}_{j}", 0, stay.max_power_kw * night.slot_hours * _here(stay, j))
            for j in slots
        ]
        for i, stay in enumerate(night.stays)
    ]
    model += pulp.lpSum(night.price_per_kwh[j] * own[j] for own in energy for j in slots)
    for own, stay in zip(energy, night.stays, strict=True):
        model += pulp.lpSum(own) == stay.need_kwh
    for j in slots:
        model += pulp.lpSum(own[j] for own in energy) <= night.room_kw[j] * night.slot_hours
    model.solve(pulp.PULP_CBC_CMD(msg=False, threads=1))
    if model.sol_status != pulp.LpSolutionOptimal:
        raise RuntimeError(f"CBC ends with {pulp.LpSolution[model.sol_status]}")
    return [[cell.value() or 0.0 for cell in own] for own in energy]


def _here(stay: Stay, slot: int) -> bool:
    return stay.first_slot <= slot < stay.end_slot


if __name__ == "__main__":
    answer(plan)
