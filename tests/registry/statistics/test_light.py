"""All but the ordinal model get by with numpy and scipy, and importing the room loads not even scipy."""

import json
import subprocess
import sys

PROGRAM = """
import json, pkgutil, sys
from importlib import import_module
import vertebroplasty.registry.statistics as room
for module in pkgutil.iter_modules(room.__path__):
    import_module(f"{room.__name__}.{module.name}")
heavy = ("scipy", "statsmodels", "pandas", "matplotlib", "sqlalchemy", "pydantic")
at_import = sorted(m for m in heavy if m in sys.modules)
import numpy as np
from vertebroplasty.registry.statistics import (
    cusum, durability, experience, expected, funnel, life_table, proportions, repeated, summary, survival
)
times, ends = np.arange(1.0, 41.0), np.tile([0, 1, 2, 1], 10)
proportions.proportion("x", 3, 868, proportions.Denominator.LEVEL)
summary.summary("x", times, unit="ml")
survival.risk_both_ways(times, ends, 30)
durability.durability_of_relief(times, ends, day=30)
experience.learning_curve(np.arange(1, 41), np.tile([1.0, 0.0], 20), name="x")
cusum.risk_adjusted_cusum(np.zeros(40), np.full(40, 0.1), ratio=2.0, limit=cusum.limit_of_errors(0.05, 0.2))
funnel.funnel(["a"], [5], [40])
expected.observed_over_expected(3, 2.0)
windows = [repeated.Window(name="w", days=d, due=20) for d in (1.0, 30.0)]
repeated.repeated_measures(
    name="VAS", patient=np.repeat(np.arange(20), 2), window=np.tile([0, 1], 20), value=np.arange(40.0) % 7,
    baseline=np.repeat(np.arange(20.0) % 5, 2), windows=windows,
)
after = sorted(m for m in ("statsmodels", "pandas") if m in sys.modules)
print(json.dumps({"at import": at_import, "after use": after}))
"""


def test_the_series_statistics_need_numpy_and_scipy_alone():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"at import": [], "after use": []}
