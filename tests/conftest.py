"""How many examples the laws are held against: `DEPOT_EXAMPLES=2000` for a recorded run."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "depot",
    max_examples=int(os.environ.get("DEPOT_EXAMPLES", "60")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("depot")
