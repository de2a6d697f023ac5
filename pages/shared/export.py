"""What leaves the page: a CSV file in which no cell is a formula, and one HTML file that a teammate can open anywhere, alone.

The HTML file holds everything: Plotly, figures for both schemes and two widths, table, filter, and where the numbers come from. Its own
content security policy lets it load nothing and run only the three scripts in it: a name that got through all escaping would still run
nothing.
"""

import base64
import hashlib
import html
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from analytics import notation
from analytics.findings import Paragraph
from analytics.frontier import Frontier
from pages.shared import theme
from pages.shared.charts.table import FORMATS, frontier_table, written
from pages.shared.labels import COLUMNS

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes a cell that begins with one of these for a formula or drops what stands before it."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where an export's numbers come from."""

    dataset: str
    files: Sequence[tuple[str, str]] = ()
    """Name and SHA-256."""
    price_book: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    version: str = ""
    """Of Tradespace."""
    note: str = ""


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV: text cells that a spreadsheet would run get an apostrophe in front, numbers stay numbers, unknown is empty.

    >>> print(csv_text(pd.DataFrame({"name": ["=1+1", "gpt"], "gain": [-0.5, float("nan")]})), end="")
    name,gain
    '=1+1,-0.5
    gpt,
    """
    out = table.copy()
    for column in out:
        if not pd.api.types.is_numeric_dtype(out[column]) and not pd.api.types.is_datetime64_any_dtype(out[column]):
            out[column] = [_inert(value) for value in out[column]]
    out.columns = [_inert(str(column)) for column in out.columns]
    return out.to_csv(index=False, lineterminator="\n")


def _inert(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str) and value.lstrip(" \u00a0").startswith(_FORMULA):
        return f"'{value}"
    return value


def frontier_csv(frontier: Frontier, labels: dict[str, str]) -> str:
    """Return all configurations with every number unrounded; names of columns are those of the command line."""
    rows = []
    for p in frontier.points:
        values = {
            "configuration": labels.get(p.configuration, p.configuration),
            **{k: v for k, v in vars(p).items() if k != "configuration"},
        }
        values["dominated_by"] = "; ".join(labels.get(c, c) for c in p.dominated_by)
        values["flags"] = "; ".join(p.flags)
        rows.append(values)
    table = pd.DataFrame(rows)
    for column in table:
        if column not in _TEXT and not pd.api.types.is_bool_dtype(table[column]):
            table[column] = pd.to_numeric(table[column])
    return csv_text(table)


_TEXT = {"configuration", "cost_source", "state", "dominated_by", "excluded", "flags"}


def frontier_html(
    figure: go.Figure,
    title: str,
    subtitle: str,
    reading: Sequence[Paragraph],
    frontier: Frontier,
    labels: dict[str, str],
    provenance: Provenance,
    *,
    figure_dark: go.Figure | None = None,
    figure_narrow: go.Figure | None = None,
    figure_narrow_dark: go.Figure | None = None,
    alt: str = "",
) -> str:
    """Return the page as one self-contained HTML file.

    Parameters
    ----------
    figure : the light figure; the others stand in for it where they are given
    reading : paragraphs of the read-out
    alt : the figure in words
    """
    figures = {"light": figure, "dark": figure_dark, "narrow": figure_narrow, "narrow_dark": figure_narrow_dark}
    return html_page(figures, title, subtitle, reading, frontier_table(frontier, labels), provenance, alt=alt)


def html_page(
    figures: Mapping[str, go.Figure | None],
    title: str,
    subtitle: str,
    reading: Sequence[Paragraph],
    table: pd.DataFrame,
    provenance: Provenance,
    *,
    alt: str = "",
    formats: Mapping[str, Callable[[float | None], str]] = FORMATS,
) -> str:
    """Return any finding as one self-contained HTML file.

    Parameters
    ----------
    figures : `light`, and where there are such, `dark`, `narrow` and `narrow_dark`
    table : the figure's twin; `formats` says how its numeric columns are written
    """
    data = "{" + ",".join(f'"{name}":{_json(fig)}' for name, fig in figures.items() if fig is not None) + "}"
    scripts = [get_plotlyjs(), f"window.FIGURES={data};", _SCRIPT]
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts)
    policy = f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; font-src data:; img-src data: blob:"
    policy += "; base-uri 'none'; form-action 'none'"
    words = "".join(f"<p><b>{_text(p.head)}</b> {_text(p.text)}</p>" for p in reading)
    remark = table["note"].iloc[0] if "note" in table and table["note"].nunique() == 1 else ""
    if remark:
        table = table.drop(columns="note")
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{_text(title)}</title><style>{_font_face()}{_style()}</style></head><body><main>"
        f"<h1>{_text(title)}</h1><p class=sub>{_text(subtitle)}</p>"
        f'<div class=top><div id=figure role=img aria-label="{_text(alt or title)}"></div><section>{words}</section></div>'
        '<p><input id=filter type=search placeholder="Filter the table" aria-label="Filter the table"> <span id=count></span></p>'
        f"<div class=wide>{_table(table, formats)}</div><p class=sub>{_text(remark)}</p>{_provenance(provenance)}</main>"
        f"{''.join(f'<script>{text}</script>' for text in scripts)}</body></html>\n"
    )


def _json(figure: go.Figure) -> str:
    """Return a figure as JSON that cannot end the script it stands in."""
    text = json.dumps(json.loads(figure.to_json()), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _text(text: str) -> str:
    """Return words as inert HTML."""
    return html.escape(notation.plain(str(text)))


def _table(table: pd.DataFrame, formats: Mapping[str, Callable[[float | None], str]]) -> str:
    """Return the table with sortable columns: cells show the one number format and carry the number itself for sorting."""
    shown = written(table, formats)
    heads = "".join(
        f'<th class="{"n" if column in formats else "t"}"><button type=button>{_text(COLUMNS.get(column, column))}</button></th>'
        for column in shown
    )
    rows = []
    for raw, cells in zip(table.itertuples(index=False), shown.itertuples(index=False), strict=True):
        parts = []
        for column, value, text in zip(table.columns, raw, cells, strict=True):
            if column in formats:
                parts.append(f'<td class=n data-v="{"" if math.isnan(value) else repr(float(value))}">{_text(text)}</td>')
            else:
                parts.append(f"<td>{_text(text)}</td>")
        rows.append(f"<tr>{''.join(parts)}</tr>")
    return f"<table id=table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _provenance(source: Provenance) -> str:
    """Return where the numbers come from."""
    lines = [("Dataset", source.dataset), ("Prices", source.price_book), *source.filters.items(), ("Made", source.date)]
    lines += [("Tradespace", source.version), ("Note", source.note)]
    parts = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in lines if value)
    files = "".join(f"<li>{_text(name)} <code>{_text(digest)}</code></li>" for name, digest in source.files)
    return f"<footer><h2>Where this comes from</h2><dl>{parts}</dl>{f'<p>Files, SHA-256</p><ul>{files}</ul>' if files else ''}</footer>"


def _font_face() -> str:
    """Return Streamlit's own text font for embedding, or nothing: the names in the figure were placed by its widths."""
    folder = Path(str(resources.files("streamlit"))) / "static" / "static" / "media"
    found = sorted(folder.glob("SourceSansVF-Upright*.woff2"))
    if not found:
        return ""
    data = base64.b64encode(found[0].read_bytes()).decode()
    return f'@font-face{{font-family:"Source Sans";font-weight:200 900;src:url(data:font/woff2;base64,{data}) format("woff2")}}'


def _style() -> str:
    """Return the style sheet, with the tokens of both schemes."""
    used = ("bg", "panel", "ink", "ink2", "ink3", "line", "blue")
    light, dark = (";".join(f"--{name}:{getattr(t, name)}" for name in used) for t in (theme.LIGHT, theme.DARK))
    return f":root{{color-scheme:light dark;{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}" + _RULES.replace(
        "FONT", theme.FONT
    )


_RULES = """
body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.45 FONT;font-variant-numeric:lining-nums tabular-nums}
main{max-width:1152px;margin:0 auto;padding:24px 36px 48px}
h1{font-size:28px;line-height:34px;font-weight:650;margin:0 0 4px}h2{font-size:16px;font-weight:600;margin:32px 0 8px}
.sub{color:var(--ink2);font-size:15px;margin:0 0 16px}
.top{display:flex;gap:28px;align-items:flex-start}#figure{flex:1 1 70%;min-width:0}section{flex:1 1 28%;font-size:15px}
section p{margin:0 0 12px}section{padding-top:8px}#count{color:var(--ink3)}
input{font:inherit;color:var(--ink);background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:8px 12px}
input{width:min(320px,60vw)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap}
th button{font:inherit;font-weight:600;color:var(--ink2);background:none;border:0;padding:0;cursor:pointer}
td:last-child:not(.n){white-space:normal;min-width:240px}.n{text-align:right}
footer{color:var(--ink2);font-size:13px}dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px}dt{color:var(--ink3)}dd{margin:0}
code{font-size:12px;overflow-wrap:anywhere}:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
@media(max-width:760px){main{padding:16px 16px 32px}h1{font-size:22px;line-height:27px}.top{display:block}}
@media print{input,#count{display:none}}
"""

_SCRIPT = """
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)'), narrow = matchMedia('(max-width: 760px)');
  const chosen = () => {
    const f = window.FIGURES, night = dark.matches;
    return narrow.matches ? (night && f.narrow_dark) || f.narrow || (night && f.dark) || f.light : (night && f.dark) || f.light;
  };
  const draw = () => {
    const f = JSON.parse(JSON.stringify(chosen()));
    Plotly.react('figure', f.data, f.layout, {responsive: true, displayModeBar: false, typesetMath: false});
  };
  (document.fonts ? document.fonts.ready : Promise.resolve()).then(draw);
  dark.addEventListener('change', draw);
  narrow.addEventListener('change', draw);
  const table = document.getElementById('table'), body = table.tBodies[0], rows = [...body.rows], count = document.getElementById('count');
  const filter = document.getElementById('filter');
  filter.addEventListener('input', () => {
    const wanted = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const words = row.textContent.toLowerCase();
      row.hidden = !wanted.every(word => words.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = wanted.length ? `${shown} of ${rows.length}` : '';
  });
  [...table.tHead.rows[0].cells].forEach((head, column) => head.addEventListener('click', () => {
    const up = head.getAttribute('aria-sort') === 'descending';
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    const key = row => {
      const cell = row.cells[column];
      return 'v' in cell.dataset ? (cell.dataset.v === '' ? null : Number(cell.dataset.v)) : cell.textContent;
    };
    rows.sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === null || y === null) return (x === null) - (y === null);
      return (up ? 1 : -1) * (typeof x === 'number' ? x - y : x.localeCompare(y));
    });
    body.append(...rows);
  }));
})();
"""
