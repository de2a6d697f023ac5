"""Cells frames made from attempts that are written out in a test, so that every sum can be checked by hand."""

import math

import pandas as pd
import pytest

from analytics.grid import COLUMNS

FAILED = ("error", "limit", "timeout")
SUMS = {
    "cost_usd": ("n_cost", "sum_cost_usd"),
    "latency_s": ("n_latency", "sum_latency_s"),
    "tokens": ("n_tokens", "sum_tokens"),
    "turns": ("n_turns", "sum_turns"),
}


def _cell(attempts: list[dict]) -> dict:
    """Roll the attempts of one configuration on one task up, status by status and measure by measure."""
    cell = dict.fromkeys(COLUMNS, 0)
    cell |= {name: 0.0 for name in COLUMNS if name.startswith("sum_")}
    counted = [a for a in attempts if a.get("status", "ok") not in ("infra", "cancelled")]
    cell["n_attempts"] = cell["n_error_known"] = cell["n_limit_known"] = len(counted)
    for status in (*FAILED, "infra", "cancelled"):
        cell[f"n_{status}"] = sum(a.get("status", "ok") == status for a in attempts)
    for a in counted:
        is_failed = a.get("status", "ok") in FAILED
        score = a.get("score")
        success = a.get("success", None if score is None else score >= 1 - 1e-6)
        if success is None and is_failed:
            success = False
        if success is not None:
            cell["n_success"] += 1
            cell["sum_success"] += float(success)
            cell["sum_success_limited"] += float(success) * (a.get("status") in ("limit", "timeout"))
        cell["n_score"] += score is not None
        cell["n_fractional"] += score is not None and 0 < score < 1
        cell["n_cost_priced" if a.get("is_priced") else "n_cost_logged"] += a.get("cost_usd") is not None
    cell["sum_score"] = math.fsum(a["score"] for a in counted if a.get("score") is not None)
    for name, (count, total) in SUMS.items():
        known = [a[name] for a in counted if a.get(name) is not None]
        cell[count], cell[total] = len(known), math.fsum(known)
    return cell


@pytest.fixture(scope="session")
def frames():
    """Return a function: attempts, and published rows, as dicts → the cells frame and the latencies frame."""

    def make(attempts: list[dict], published: list[dict] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
        groups: dict[tuple[str, str, str], list[dict]] = {}
        for a in attempts:
            groups.setdefault((a["configuration"], a.get("benchmark", "bench"), a["task"]), []).append(a)
        rows = [_cell(group) | {"configuration": c, "benchmark": b, "task": t, "is_summary": False} for (c, b, t), group in groups.items()]
        for row in published:
            n = row["n"]
            cell = dict.fromkeys(COLUMNS, 0) | {"benchmark": "bench", "task": "(all)", "is_summary": True, "n_attempts": n, "n_success": n}
            cell |= {"configuration": row["configuration"], "sum_success": row["accuracy"] * n}
            for name in ("n_error", "n_limit"):
                if row.get(name) is not None:
                    cell |= {f"{name}_known": n, name: row[name]}
            for name, (count, total) in SUMS.items():
                if row.get(name) is not None:
                    cell |= {count: n, total: row[name] * n}
            if row.get("cost_usd") is not None:
                cell["n_cost_logged"] = n
            rows.append(cell)
        cells = pd.DataFrame(rows, columns=list(COLUMNS))
        for name in COLUMNS:
            if name.startswith("sum_"):
                cells[name] = cells[name].astype(float)
        latencies = [
            (a["configuration"], a.get("benchmark", "bench"), a["task"], float(a["latency_s"]))
            for a in attempts
            if a.get("latency_s") is not None and a.get("status", "ok") not in ("infra", "cancelled")
        ]
        return cells, pd.DataFrame(latencies, columns=["configuration", "benchmark", "task", "latency_s"]).astype({"latency_s": float})

    return make
