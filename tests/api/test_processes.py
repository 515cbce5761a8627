"""Processes that plan spend their time on planning."""

import json
import subprocess
import sys

# What a call collects before and after a process has settled in; the plan is the same.
COLLECTIONS_IN_A_CALL = """
import gc, json
from api.processes import settle_in
from api.service import make_plan
from benchmarks.subjects import SUBJECTS

document = SUBJECTS["replan"].build(60, 15)

def collections():
    before = sum(generation["collections"] for generation in gc.get_stats())
    plan = make_plan(document, clock=lambda: 1_770_804_000_000)
    return sum(generation["collections"] for generation in gc.get_stats()) - before, plan["schedules"]

collections()
usual, plan = collections()
settle_in()
rare, again = collections()
print(json.dumps([usual, rare, plan == again]))
"""


def test_a_process_that_has_settled_in_hardly_looks_for_garbage() -> None:
    """Ten times less often; in a process of its own, because it lasts."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECTIONS_IN_A_CALL], capture_output=True, text=True, check=True
    )
    usual, rare, is_same = json.loads(done.stdout)
    assert rare * 10 <= usual
    assert is_same
