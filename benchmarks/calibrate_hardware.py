"""Fit the hardware model to half of the measured models, and write how far it lies from the other half.

    python -m benchmarks.calibrate_hardware [FOLDER]    writes the numbers and the figure of docs/hardware.md, and measured.csv

FOLDER holds the measured rows: `data/llm_text_generation/chat` of github.com/ml-energy/leaderboard-v2. What it prints belongs into
`CALIBRATED` of analytics/hardware.py; a test compares the two.
"""

import csv
import json
import re
import sys
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.calibration import COLUMNS, PROMPT_TOKENS, Calibration, ErrorReport, Prediction, errors, fit, halves, predict, steady_tpot_s
from analytics.hardware import CALIBRATED, GPU_ONLY, Efficiency, Gpu, Model, gpu, model, roofline
from analytics.serving import memory_fit
from benchmarks.hardware_figure import Panel, figure, photograph
from data.hardware import FOLDER as TABLES
from data.hardware import gpus, models

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT.parent / "shared" / "samples" / "ml-energy" / "chat"
HELM = ROOT.parent / "shared" / "design" / "facts" / "helm_idealized_runtimes.csv"
DOC, FIGURE, LOWEST = ROOT / "docs" / "hardware.md", ROOT / "docs" / "hardware.png", TABLES / "measured.csv"
BEGIN, END = "<!-- written by python -m benchmarks.calibrate_hardware: begin -->", "<!-- end -->"
GPU_NAMES = {"NVIDIA A100-SXM4-40GB": "A100 SXM 40GB", "NVIDIA H100 80GB HBM3": "H100 SXM 80GB"}
FIELDS = ("Model", "GPU", "TP", "PP", "Avg BS (reqs)", "Avg Output Tokens", "Token tput (tok/s)", "Avg TPOT (s)", "Energy/req (J)")
"""The benchmark's names of COLUMNS, in their order."""
ENGINE_RESERVE = 0.05
"""Of the memory: the benchmark started vLLM with `--gpu-memory-utilization 0.95`."""
SIMULATED_TTFT_S, SIMULATED_TPOT_S = 0.1796, 0.0184
"""aiconfigurator-core 0.12.0, Qwen3-32B on one H200, vLLM, static, 2,000 tokens in, 200 out, batch 1. An estimate, no measurement."""
CONSTANTS = (
    ("MFU", 1.0), ("MBU", 1.0), ("engine, each step (ms)", 1e3), ("engine, each further GPU of tensor parallelism (ms)", 1e3),
    ("engine, each sequence (ms)", 1e3), ("power while waiting (of TDP)", 1.0), ("power that computing adds (of TDP)", 1.0),
)  # fmt: skip
"""How the fields of `Efficiency` are called, and in what unit they are written."""
HELM_PROMPTS = (512, 1024, 1920)
HELM_MODELS = {
    "ai21/j1-large": (Model("J1-Large 7.5B", 7.5, 7.5, 32, 32, 32, 128), 1),
    "huggingface/gptj_6b": (Model("GPT-J 6B", 6.05, 6.05, 28, 16, 16, 256), 1),
    "together/gpt-neox-20b": (Model("GPT-NeoX 20B", 20.55, 20.55, 44, 64, 64, 96), 1),
    "together/opt-66b": (Model("OPT 66B", 66.0, 66.0, 64, 72, 72, 128), 2),
    "together/yalm": (Model("YaLM 100B", 100.0, 100.0, 80, 128, 128, 80), 4),
    "together/bloom": (Model("BLOOM 176B", 176.2, 176.2, 70, 112, 112, 128), 8),
    "together/opt-175b": (Model("OPT 175B", 175.0, 175.0, 96, 96, 96, 128), 8),
}
"""Dense models whose shape is published, in fp16, and the fewest A100 80GB that hold them; the table does not say how many were used."""


@dataclass(frozen=True)
class Halves:
    """The fit, and both halves of the rows with what it predicts."""

    calibration: Calibration
    fitted: pd.DataFrame
    held_out: pd.DataFrame

    def prediction(self, rows: pd.DataFrame) -> Prediction:
        """Return what the fit says of these rows."""
        return predict(rows, *of_rows(rows), self.calibration.efficiency, self.calibration.run_end, self.calibration.prompt_tokens)


def measured(folder: Path) -> pd.DataFrame:
    """Return one row for each measured run, with COLUMNS and the names of our tables."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/*/*/*.json"))]
    rows = pd.DataFrame([[run[field] for field in FIELDS] for run in runs], columns=list(COLUMNS))
    return rows.assign(gpu=rows["gpu"].map(GPU_NAMES)).astype(dict.fromkeys(COLUMNS[2:], float))


def of_rows(rows: pd.DataFrame) -> tuple[Gpu, Model]:
    """Return the GPU and the model of each row, as arrays."""
    return gpu(gpus(), list(rows["gpu"])), model(models(), list(rows["model"]))


def split_and_fit(rows: pd.DataFrame, prompt_tokens: float = PROMPT_TOKENS) -> Halves:
    """Fit to every other model, in the order of their names."""
    ours, theirs = halves(rows["model"])
    fitted, held_out = rows[rows["model"].isin(ours)], rows[rows["model"].isin(theirs)]
    return Halves(fit(fitted, *of_rows(fitted), prompt_tokens), fitted, held_out)


def lowest_energy(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the run with the lowest energy per request of each model on each GPU."""
    best = rows.loc[rows.groupby(["model", "gpu"])["joules_per_request"].idxmin()]
    return best[list(COLUMNS)].sort_values(["model", "gpu"], ignore_index=True)


def percent(value: float, signed: bool = False) -> str:
    """Write a fraction as percent: `8.9 %`, with its sign `+26 %`."""
    text = f"{100 * value:{'+' if signed else ''}.{1 if abs(value) < 0.0995 else 0}f} %"
    return text.replace("-", "−")


def quantities(rows: pd.DataFrame, said: Prediction) -> dict[str, ErrorReport]:
    """Return the errors of each predicted quantity."""
    tpot = rows["tpot_s"].to_numpy()
    return {
        "**TPOT in the full batch** (batch / throughput)": errors(said.steady_tpot_s, steady_tpot_s(rows)),
        "“Avg TPOT” as published, predicted with the run's end": errors(said.tpot_s, tpot),
        "“Avg TPOT” as published, predicted at the full batch": errors(said.tpot_without_end_s, tpot),
        "**J per request**": errors(said.joules_per_request, rows["joules_per_request"].to_numpy()),
    }


def error_table(found: Halves) -> list[str]:
    """Write the table of errors: fitted models beside held-out ones."""
    left, right = (quantities(rows, found.prediction(rows)) for rows in (found.fitted, found.held_out))
    lines = [
        f"| median absolute error | fitted models ({len(found.fitted)} rows) | **held-out models** ({len(found.held_out)} rows) "
        "| its 90 % quantile | its median with sign |",
        "|---|---|---|---|---|",
    ]
    for name, held in right.items():
        tail = f"{percent(held.p90_absolute)} | {percent(held.median, signed=True)} |"
        lines.append(f"| {name} | {percent(left[name].median_absolute)} | **{percent(held.median_absolute)}** | {tail}")
    return lines


def model_table(found: Halves) -> list[str]:
    """Write the median signed error of each held-out model on each GPU."""
    rows, said = found.held_out, found.prediction(found.held_out)
    signed = rows.assign(tpot=said.steady_tpot_s / steady_tpot_s(rows) - 1, joules=said.joules_per_request / rows["joules_per_request"] - 1)
    labels = models().set_index("model")["label"]
    lines = ["| held-out model | GPU | rows | batch | TPOT in the full batch | J per request |", "|---|---|---|---|---|---|"]
    for _, group in signed.groupby(["model", "gpu"]):
        name, card = group[["model", "gpu"]].iloc[0]
        errors_of = " | ".join(percent(float(group[column].median()), signed=True) for column in ("tpot", "joules"))
        lines.append(f"| {labels[name]} | {card} | {len(group)} | {group['batch'].min():.0f}–{group['batch'].max():.0f} | {errors_of} |")
    return lines


def constants_table(rows: pd.DataFrame, found: Halves) -> list[str]:
    """Write the fitted constants, and how far they move when one of the fitted models is left out."""
    names = found.calibration.models
    without = [fit(part, *of_rows(part)).efficiency for name in names for part in [found.fitted[found.fitted["model"] != name]]]
    swapped = fit(found.held_out, *of_rows(found.held_out)).efficiency
    ranges, value, other = np.array([astuple(one) for one in without]), astuple(found.calibration.efficiency), astuple(swapped)
    lines = ["| constant | fitted | range, one model left out | fitted to the other half |", "|---|---|---|---|"]
    for k, (name, factor) in enumerate(CONSTANTS):
        low, high = factor * ranges[:, k].min(), factor * ranges[:, k].max()
        lines.append(f"| {name} | {factor * value[k]:.3g} | {low:.3g}–{high:.3g} | {factor * other[k]:.3g} |")
    by_prompt = {prompt: split_and_fit(rows, prompt) for prompt in (50.0, 200.0, 400.0)}
    moved = "; ".join(
        f"{prompt:.0f} tokens: MFU {one.calibration.efficiency.mfu:.2f}, MBU {one.calibration.efficiency.mbu:.2f}, held-out TPOT "
        f"{percent(errors(one.prediction(one.held_out).steady_tpot_s, steady_tpot_s(one.held_out)).median_absolute)}"
        for prompt, one in by_prompt.items()
    )
    end = found.calibration.run_end
    return [
        *lines,
        "",
        f"Assumed prompt: {PROMPT_TOKENS:.0f} tokens. With other lengths: {moved}.",
        f"The run's end: a step for each {end.requests_per_step:.2f} requests of the run, at {percent(end.batch_share)} of the full batch.",
    ]


def memory_lines(rows: pd.DataFrame) -> list[str]:
    """Write how many of the runs, which did run, the memory check would have refused."""
    n = (rows["tensor_parallel"] * rows["pipeline_parallel"]).to_numpy()
    asked = {"prompt_tokens": PROMPT_TOKENS, "output_tokens": rows["output_tokens"].to_numpy(), "batch": rows["batch"].to_numpy()}
    refused = [int((~memory_fit(*of_rows(rows), n_gpus=n, reserve_share=share, **asked).fits).sum()) for share in (ENGINE_RESERVE, 0.1)]
    return [
        f"Memory: of the {len(rows)} runs, all of which ran, the check refuses {refused[0]} with the benchmark's own reserve of 5 %, and "
        f"{refused[1]} with the default of 10 %."
    ]


def simulator_table() -> list[str]:
    """Write the estimate of a published simulator beside ours."""
    lines = [
        "| Qwen3-32B on one H200, 2,000 in, 200 out, batch 1 | TTFT | against 179.6 ms | TPOT | against 18.4 ms |",
        "|---|---|---|---|---|",
    ]
    for name, ttft_s, tpot_s in qwen():
        against = (percent(ttft_s / SIMULATED_TTFT_S - 1, signed=True), percent(tpot_s / SIMULATED_TPOT_S - 1, signed=True))
        lines.append(f"| {name} | {1e3 * ttft_s:.1f} ms | **{against[0]}** | {1e3 * tpot_s:.1f} ms | **{against[1]}** |")
    return lines


def qwen() -> list[tuple[str, float, float]]:
    """Return TTFT and TPOT of Qwen3-32B on one H200 with the calibrated engine and with an engine that costs no time."""
    card, one = gpu(gpus(), "H200 SXM 141GB"), model(models(), "Qwen/Qwen3-32B")
    found = []
    for name, efficiency in (("MFU, MBU and engine of the fit", CALIBRATED), ("MFU and MBU of the fit, engine free", GPU_ONLY)):
        times = roofline(card, one, prompt_tokens=2000.0, output_tokens=200.0, efficiency=efficiency)
        found.append((name, float(times.ttft_s), float(times.tpot_s)))
    return found


def helm(path: Path) -> pd.DataFrame:
    """Return what we predict for the idealized runtimes: a row for each model and quantity, in seconds."""
    card, table, found = gpu(gpus(), "A100 SXM 80GB"), pd.read_csv(path).set_index("model"), []
    for name, (one, n_gpus) in HELM_MODELS.items():
        for what, prompt in (("per output token", 512), *((f"prompt of {prompt}", prompt) for prompt in HELM_PROMPTS)):
            column = "runtime_per_output_token_s" if what == "per output token" else f"prompt_{prompt}_s"
            both: list[float] = []
            for efficiency in (CALIBRATED, GPU_ONLY):
                times = roofline(card, one, prompt_tokens=prompt, output_tokens=64.0, tensor_parallel=n_gpus, efficiency=efficiency)
                both.append(float(times.step_s if what == "per output token" else times.ttft_s))
            found.append((name, one.name, n_gpus, what, float(table.loc[name, column]), *both))
    return pd.DataFrame(found, columns=["model", "label", "n_gpus", "what", "measured_s", "calibrated_s", "gpu_only_s"])


def helm_table(path: Path) -> list[str]:
    """Write our errors against the idealized runtimes."""
    rows = helm(path)
    columns = " | ".join(f"{what} | ours | off by | engine free" for what in ("per output token", "prompt of 1,024"))
    lines = [f"| A100 80GB, fp16, batch 1 | GPUs | {columns} |", "|---|---|---|---|---|---|---|---|---|---|"]
    for label, group in rows.groupby("label", sort=False):
        by = group.set_index("what")
        cells = []
        for what in ("per output token", "prompt of 1024"):
            row = by.loc[what]
            apart = (percent(row[column] / row["measured_s"] - 1, signed=True) for column in ("calibrated_s", "gpu_only_s"))
            cells += [f"{1e3 * row['measured_s']:.0f} ms", f"{1e3 * row['calibrated_s']:.0f} ms", *apart]
        count = group["n_gpus"].iloc[0]
        lines.append(f"| {label} | {count if count == 1 else f'{count} (assumed)'} | {' | '.join(cells)} |")
    single = rows[rows["n_gpus"] == 1]
    said = []
    for what, part in (
        ("per output token", single[single["what"] == "per output token"]),
        ("prompts", single[single["what"] != "per output token"]),
    ):
        each = (errors(part[column].to_numpy(), part["measured_s"].to_numpy()) for column in ("calibrated_s", "gpu_only_s"))
        said.append(f"{what} {' and '.join(percent(one.median_absolute) for one in each)}")
    card = gpu(gpus(), "A100 SXM 80GB")
    long = single[single["what"] == "prompt of 1920"].set_index("model")
    reached = [
        2e-3 * float(HELM_MODELS[name][0].active_b) * 1920 / (float(card.bf16_tflops) * row["measured_s"]) for name, row in long.iterrows()
    ]
    return [
        *lines,
        "",
        f"Median absolute error on one GPU, with the engine's time and without: {'; '.join(said)}. The prompts of 1,920 tokens "
        f"reach an MFU of {min(reached):.2f}–{max(reached):.2f} there; the simulator's prompt above reaches {simulated_mfu():.2f}.",
    ]


def simulated_mfu() -> float:
    """Return the MFU that the simulator's TTFT amounts to, attention left out."""
    one, card = model(models(), "Qwen/Qwen3-32B"), gpu(gpus(), "H200 SXM 141GB")
    return 2e-3 * float(one.active_b) * 2000 / (float(card.bf16_tflops) * SIMULATED_TTFT_S)


def energy_table(lowest: pd.DataFrame) -> list[str]:
    """Write the lowest measured energy per request: newer is not always lower."""
    table = lowest.pivot(index="model", columns="gpu", values="joules_per_request")
    old, new = GPU_NAMES.values()
    ratio = (table[new] / table[old]).dropna()
    labels = models().set_index("model")["label"]
    lines = [f"| lowest measured J per request | {old} | {new} | ratio |", "|---|---|---|---|"]
    for name, value in ratio.sort_values().items():
        lines.append(f"| {labels[name]} | {table.loc[name, old]:.2f} | {table.loc[name, new]:.2f} | {value:.3f} |")
    return [*lines, "", f"Median ratio {ratio.median():.3f} over {len(ratio)} models."]


def report(rows: pd.DataFrame, found: Halves, helm_path: Path) -> str:
    """Return everything that docs/hardware.md says in numbers."""
    parts = {
        "Errors against ML.ENERGY": error_table(found),
        "Constants": constants_table(rows, found),
        "Each held-out model": model_table(found),
        "Memory": memory_lines(rows),
        "Against a published simulator": simulator_table(),
        "Against the idealized runtimes of HELM": helm_table(helm_path),
        "Lowest measured energy": energy_table(lowest_energy(rows)),
    }
    return "\n\n".join(f"### {title}\n\n" + "\n".join(lines) for title, lines in parts.items())


def drawing(rows: pd.DataFrame, found: Halves) -> str:
    """Return the figure as SVG, its title made from the errors."""
    said = found.prediction(rows)
    is_held_out = ~rows["model"].isin(found.calibration.models).to_numpy()
    held = quantities(found.held_out, found.prediction(found.held_out))
    tpot, joules = (percent(one.median_absolute) for name, one in held.items() if name.startswith("**"))
    panels = [
        Panel(
            "Time per output token, full batch",
            "ms",
            20,
            2000,
            (20, 50, 100, 200, 500, 1000, 2000),
            1e3 * said.steady_tpot_s,
            1e3 * steady_tpot_s(rows),
        ),
        Panel(
            "GPU energy of a request",
            "J",
            30,
            4000,
            (50, 100, 200, 500, 1000, 2000),
            said.joules_per_request,
            rows["joules_per_request"].to_numpy(),
        ),
    ]
    heading = f"On 7 unseen models, time per token is off by {tpot}, energy by {joules} (median)"
    source = f"Measured: ML.ENERGY leaderboard, {len(rows)} runs of 14 models with vLLM. Assumed prompt: {PROMPT_TOKENS:.0f} tokens."
    return figure(heading, source, panels, rows["gpu"].to_numpy(), is_held_out)


def with_report(doc: str, text: str) -> str:
    """Return the document with the report between its two marks."""
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n\n{text}\n\n{END}", doc, flags=re.DOTALL)


def constants(efficiency: Efficiency) -> str:
    """Return the text of `CALIBRATED`."""
    return "\n".join(f"    {name}={value!r}," for name, value in vars(efficiency).items())


def main(folder: Path) -> None:
    rows = measured(folder)
    found = split_and_fit(rows)
    print("CALIBRATED = Efficiency(\n" + constants(found.calibration.efficiency) + "\n)")
    lowest_energy(rows).to_csv(LOWEST, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    text = report(rows, found, HELM)
    DOC.write_text(with_report(DOC.read_text(encoding="utf-8"), text), encoding="utf-8")
    photograph(drawing(rows, found), FIGURE)
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
