"""`depot check`: a plan against every rule, without the planner."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.errors import WRONG_INPUT, reported
from api.commands.files import read_json


def check(
    request: Annotated[
        Path, typer.Argument(metavar="REQUEST.json", help="What was asked; - reads standard input.")
    ],
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="What was answered.")],
) -> None:
    """Check a plan rule by rule, at every instant, without using the planner.

    Exit code 0: no rule is broken, and the gap that the plan claims is confirmed from its own proof. Exit
    code 2: every breach is listed by rule.
    """
    from api.check_report import print_report
    from api.service import check_plan_documents

    with reported(str(request)):
        request_document, plan_document = read_json(request), read_json(plan)
        breaches = check_plan_documents(request_document, plan_document)
    print_report(plan_document, breaches)
    if breaches:
        raise typer.Exit(WRONG_INPUT)
