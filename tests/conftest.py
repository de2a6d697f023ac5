"""Shared fixtures. Real sample logs lie beside the project on the makers' machines; a stranger's clone has none, and says so once."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cli as program

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT.parent / "shared" / "samples"
NO_SAMPLES = "no ../shared/samples beside this checkout"


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the checkout."""
    return ROOT


@pytest.fixture
def samples() -> Path:
    """Return the folder of real logs; without it the test is left out, and the end of the run says so."""
    if not SAMPLES.is_dir():
        pytest.skip(NO_SAMPLES)
    return SAMPLES


@pytest.fixture
def frozen():
    """Return a function that makes arrays and frames read-only, so that a function which changes its argument fails."""

    def freeze(value):
        if isinstance(value, np.ndarray):
            copy = value.copy()
            copy.flags.writeable = False
            return copy
        if isinstance(value, pd.DataFrame):
            return pd.DataFrame({name: pd.Series(freeze(column.to_numpy()), index=value.index) for name, column in value.items()})
        return value

    return freeze


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    """Run a command in this process; return its exit code, JSON (or its text) and what it said on standard error."""

    def run(*arguments, home=None):
        monkeypatch.setenv("TRADESPACE_HOME", str(home or tmp_path / "home"))
        capsys.readouterr()
        code = program.main([str(a) for a in arguments])
        said = capsys.readouterr()
        return code, json.loads(said.out) if code == 0 and "--json" in arguments else said.out, said.err

    return run


def pytest_terminal_summary(terminalreporter) -> None:
    """Say in one line how many tests had no sample logs."""
    n = sum(NO_SAMPLES in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if n:
        terminalreporter.write_line(f"{n} tests left out: {NO_SAMPLES}")
