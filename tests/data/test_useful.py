"""What an attempt spent after its last useful step, against a walk over its steps."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.simulate import simulate, write
from data import attempts
from data.frames import Selection, evidence
from data.ingest import ingest
from data.store import Store


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder, simulation = tmp_path_factory.mktemp("useful"), simulate(8, 2, seed=5)
    write(simulation.attempts, folder / "attempts.parquet")
    write(simulation.steps, folder / "steps.parquet")
    store = Store()
    selection = Selection((ingest(store, [folder / "attempts.parquet", folder / "steps.parquet"]),))
    yield simulation, attempts.useful(store, selection, evidence(store, selection))
    store.close()


def walked(steps: pd.DataFrame) -> tuple[float, float] | None:
    """Return cost and cost after the last useful step of one attempt, step by step; None: no step has a score."""
    scores = steps["score"].to_numpy(float)
    if np.isnan(scores).all():
        return None
    costs = steps["cost_usd_logged"].to_numpy(float)
    if np.isnan(costs[steps["kind"] == "llm"]).any():
        return np.nan, np.nan
    last = int(np.flatnonzero(scores == np.nanmax(scores))[0])
    return np.nansum(costs), np.nansum(costs[last + 1 :])


def test_it_is_what_a_walk_over_the_steps_finds(simulated):
    simulation, found = simulated
    counted = simulation.attempts.loc[~simulation.attempts["status"].isin(["infra", "cancelled"])]
    steps = dict(iter(simulation.steps.groupby("run_id", observed=True)))
    expected = [each for run in counted["run_id"] if (each := walked(steps[run])) is not None]
    assert len(found) == len(expected) > 100
    for column, values in zip(("cost_usd", "cost_usd_after_last_useful"), zip(*expected, strict=True), strict=True):
        ours, theirs = np.sort(found[column].to_numpy(float)), np.sort(np.array(values))
        assert np.isnan(ours).sum() == np.isnan(theirs).sum() > 0  # one model has no price: unknown, not 0
        assert np.allclose(ours, theirs, rtol=0, atol=1e-12, equal_nan=True)
    assert found["cost_usd_after_last_useful"].gt(0).any()
