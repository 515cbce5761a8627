"""`make bench-peers`: other planners on the same nights, and what our checker says of their plans.

The nights are of pausable buses on whole quarter hours with a constant base load: cost under one cap,
which every peer can be asked. Each peer runs in a process of another environment and takes its own time,
from the night's figures to energies; ours is from the request's JSON objects to energies.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from benchmarks import phases
from benchmarks.generator import DepotKind, Request, generate
from benchmarks.peers.judge import judge, night_of
from benchmarks.peers.night import Answer, read_answer, write_night
from benchmarks.phases import Outcome
from benchmarks.report import console, progress, write_report
from optimiser.domain import PlanRequest
from optimiser.problem import PlanningProblem

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENTS = ROOT / ".bench-peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """A planner of others, the module here that asks it, and whether it runs in our environment."""

    name: str
    module: str
    at_home: bool = False

    def python(self, environments: Path) -> Path:
        """The interpreter that can import it."""
        return Path(sys.executable) if self.at_home else environments / self.module / "bin" / "python"


PEERS = (
    Peer("PuLP + CBC", "naive_pulp", at_home=True),
    Peer("FlexMeasures", "flexmeasures_scheduler"),
    Peer("acnportal", "acnportal_simulator"),
)
OURS = "depot"
_TO_ENERGIES = ("parse", "expand", "build", "solve")


@dataclass(frozen=True, slots=True)
class Row:
    """One planner on one night; `said` is why it has no plan, else empty."""

    n_vehicles: int
    planner: str
    spent_s: float = float("nan")
    cost: float = float("nan")
    missing_kwh: float = float("nan")
    outside_kwh: float = float("nan")
    breaches: tuple[str, ...] = ()
    said: str = ""


def compare(
    sizes: Annotated[str, typer.Option(help="Numbers of vehicles, comma separated.")] = "50,200",
    environments: Annotated[Path, typer.Option(help="Folder with an environment per peer.")] = ENVIRONMENTS,
    limit_s: Annotated[float, typer.Option(help="Seconds for each peer and night.")] = 300.0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the results here.")] = None,
) -> None:
    """Plan the same nights by everybody, and print time, cost, missing energy and broken rules."""
    rows: list[Row] = []
    with progress() as bars:
        for size in bars.track(sizes.split(","), description="nights"):
            rows += _on_one_night(int(size), environments, limit_s)
    console().print(_table(rows))
    if json_file is not None:
        write_report(json_file, [asdict(row) for row in rows])


def night_request(n_vehicles: int) -> Request:
    """A night on whole quarter hours, without a margin, with one base load."""
    request = generate(DepotKind(grid_minutes=15), n_vehicles)
    base_load_kw = max(step["baseLoadKw"] for step in request["site"]["baseLoadKw"])
    settings = request["settings"] | {"departureMarginMinutes": 0}
    return request | {"site": request["site"] | {"baseLoadKw": base_load_kw}, "settings": settings}


def _on_one_night(n_vehicles: int, environments: Path, limit_s: float) -> Iterator[Row]:
    text = json.dumps(night_request(n_vehicles)).encode()
    phases.time_phases(text)
    spent_ms, outcome = phases.time_phases(text)
    request = phases.parse(json.loads(text)).plan_request
    stages = outcome.plan.report.stages
    ours_s = sum(spent_ms[name] for name in _TO_ENERGIES) / 1000.0
    yield Row(n_vehicles, OURS, ours_s, stages[2].value, stages[1].value, 0.0)
    for peer in PEERS:
        yield _asked(peer, environments, limit_s, request, outcome)


def _asked(peer: Peer, environments: Path, limit_s: float, request: PlanRequest, outcome: Outcome) -> Row:
    """The peer's plan and the checker's word on it, or why there is none."""
    n_vehicles, python = outcome.problem.n_sessions, peer.python(environments)
    if not python.exists():
        return Row(n_vehicles, peer.name, said="not installed; make bench-peers")
    try:
        given = _answer_of(peer, python, limit_s, outcome.problem)
    except subprocess.TimeoutExpired:
        return Row(n_vehicles, peer.name, said=f"stopped after {limit_s:.0f} s")
    except subprocess.CalledProcessError as failed:
        return Row(n_vehicles, peer.name, said=failed.stderr.decode().strip().splitlines()[-1])
    verdict = judge(request, outcome, given.energy_kwh)
    return Row(
        n_vehicles,
        peer.name,
        given.spent_s,
        verdict.cost,
        verdict.missing_kwh,
        verdict.outside_kwh,
        tuple(f"{each.rule} {each.where}: {each.message}" for each in verdict.breaches),
    )


def _answer_of(peer: Peer, python: Path, limit_s: float, problem: PlanningProblem) -> Answer:
    with TemporaryDirectory() as folder:
        night, answer = Path(folder, "night.json"), Path(folder, "answer.json")
        write_night(night_of(problem), night)
        command = [str(python), "-m", f"benchmarks.peers.{peer.module}", str(night), str(answer)]
        subprocess.run(command, cwd=ROOT, timeout=limit_s, check=True, capture_output=True)
        return read_answer(answer)


def _table(rows: list[Row]) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("n", "planner", "s", "x ours", "cost", "above ours", "missing kWh", "outside kWh"):
        table.add_column(heading, justify="left" if heading == "planner" else "right", no_wrap=True)
    table.add_column("breaches")
    ours = {row.n_vehicles: row for row in rows if row.planner == OURS}
    for row in rows:
        own = ours[row.n_vehicles]
        broken = f"{len(row.breaches)}: {row.breaches[0]}" if row.breaches else "0"
        figures = (
            f"{row.spent_s:.3f}",
            f"{row.spent_s / own.spent_s:.0f}",
            f"{row.cost:.4f}",
            _above(row.cost / own.cost - 1.0),
            f"{row.missing_kwh:.2f}",
            f"{row.outside_kwh:.2f}",
            broken,
        )
        table.add_row(str(row.n_vehicles), row.planner, *(("-",) * 6 + (row.said,) if row.said else figures))
    return table


def _above(share: float) -> str:
    """Solvers agree to a millionth at best."""
    return "0" if abs(share) <= 1e-6 else f"{share:.2%}"


if __name__ == "__main__":
    typer.run(compare)
