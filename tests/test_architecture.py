"""The house as a table: who may import whom, what may be called where, and how long a file may be.

A rule is a function from one parsed file to the places where it is broken; planted violations show that each rule sees what it must.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("analytics", "commands", "data", "pages", "benchmarks")
MAX_LINES = 350

DATA = {
    "compression",
    "data",
    "duckdb",
    "genai_prices",
    "msgspec",
    "numpy",
    "openpyxl",
    "pandas",
    "platformdirs",
    "pyarrow",
    "yaml",
    "zipfile_zstd",
    "zstandard",
}
"""`compression.zstd` is in the standard library from Python 3.14 on."""
ANALYTICS = {"analytics", "moocore", "numpy", "pandas", "scipy"}
PAGES = {"analytics", "data", "numpy", "pages", "pandas", "plotly", "streamlit"}
MAY_IMPORT = {
    "analytics/": ANALYTICS,
    "data/": DATA,
    "pages/": PAGES,
    "app.py": {"pages", "streamlit"},
    "commands/": {"analytics", "commands", "data"},
    "cli.py": {"commands", "data"},
    "serve.py": {"data.store", "starlette", "streamlit"},
    "benchmarks/": {"benchmarks", "playwright", *DATA, *ANALYTICS},
}
"""What each room may import beside the standard library: whole packages, or single modules. A new library is a decision record."""

MAY_NOT_IMPORT = [
    ("*", "duckdb", ["data/store.py"], "only the store knows DuckDB"),
    ("pages/shared/charts/", "streamlit", [], "a figure knows no screen"),
    ("pages/shared/charts.py", "streamlit", [], "a figure knows no screen"),
    ("pages/shared/labels.py", "streamlit", [], "a word knows no screen"),
    ("pages/shared/theme.py", "streamlit", [], "colours know no screen"),
    ("pages/shared/placement.py", "streamlit", [], "label placement knows no screen"),
    ("pages/*.py", "numpy", [], "a page does no arithmetic"),
    ("*", "pickle", [], "a pickle from elsewhere runs code"),
    ("*", "marshal", [], "as pickle"),
    ("*", "shelve", [], "as pickle"),
]
"""Pattern of the importing file, module, files that may all the same, reason."""

INPUTS = {
    "slider", "select_slider", "selectbox", "multiselect", "radio", "checkbox", "toggle", "number_input", "text_input", "text_area",
    "date_input", "time_input", "datetime_input", "pills", "segmented_control", "color_picker",
}  # fmt: skip
"""Widgets whose value belongs in the link: only controls/ draws them. In a form they are part of an action, and may stand anywhere."""


def sources() -> list[Path]:
    inside = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted([*ROOT.glob("*.py"), *inside])


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SOURCES = {name_of(path): path.read_text(encoding="utf-8") for path in sources()}
MODULES = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name for name in SOURCES}


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything imported, late imports too; `from a import b` is `a.b` where that is a module of ours."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.lineno, inner if inner in MODULES else (node.module or ".")


def calls(tree: ast.AST) -> Iterator[tuple[int, str, ast.Call]]:
    """Yield line and dotted name of everything called: `st.html`, `column.slider`, `eval`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func), node


def fits(name: str, pattern: str) -> bool:
    """Whether a file lies in a folder (`data/`) or matches a pattern (`pages/*.py`, not below)."""
    return name.startswith(pattern) if pattern.endswith("/") else PurePath(name).match(pattern)


def broken_imports(name: str, tree: ast.AST) -> Iterator[str]:
    allowed = next((names for pattern, names in MAY_IMPORT.items() if fits(name, pattern)), set())
    for line, module in imports(tree):
        top = module.split(".")[0]
        if not {top, module} & allowed and top not in sys.stdlib_module_names:
            yield f"{name}:{line} imports {module}, which is not in its row of the table"
        for pattern, forbidden, exceptions, reason in MAY_NOT_IMPORT:
            if top == forbidden and fits(name, pattern) and name not in exceptions:
                yield f"{name}:{line} imports {module}: {reason}"
        if module in IMPORTERS and name != "data/importers/__init__.py":
            yield f"{name}:{line} imports the importer {module}: importers are asked by data/importers/__init__.py only"


def form_lines(tree: ast.AST) -> set[int]:
    """Return the lines inside `with st.form(…):`."""
    forms = [n for n in ast.walk(tree) if isinstance(n, ast.With) and any(".form(" in ast.unparse(item) for item in n.items)]
    return {line for form in forms for line in range(form.lineno, (form.end_lineno or form.lineno) + 1)}


def broken_calls(name: str, tree: ast.AST) -> Iterator[str]:
    is_page = name == "app.py" or (name.startswith("pages/") and not name.startswith("pages/shared/controls/"))
    in_form = form_lines(tree)
    for line, called, node in calls(tree):
        if called in ("eval", "exec", "compile", "__import__"):
            yield f"{name}:{line} calls {called}"
        if called in ("yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load"):
            yield f"{name}:{line} calls {called}: it can make objects"
        if any(word.arg == "unsafe_allow_html" for word in node.keywords):
            yield f"{name}:{line} passes unsafe_allow_html"
        if is_page and "." in called and called.rpartition(".")[2] in INPUTS and line not in in_form:
            yield f"{name}:{line} draws {called}: pages/shared/controls/ draws what belongs in the link"
        if called.startswith(("st.components.v1", "components.v1")) or called in ("st.iframe", "components.html"):
            yield f"{name}:{line} calls {called}"


def broken_form(name: str, text: str, tree: ast.Module) -> Iterator[str]:
    lines = text.count("\n")
    if lines > MAX_LINES and "lines" not in (ast.get_docstring(tree) or ""):
        yield f"{name} has {lines} lines, over {MAX_LINES}, and its docstring gives no reason for its many lines"
    if Path(name).stem in ("utils", "util", "helpers", "helper", "common", "misc", "constants"):
        yield f"{name} has a name that says nothing"


def has_format(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FORMAT" for node in tree.body)


IMPORTERS = {
    module for module, name in MODULES.items() if name.startswith("data/importers/") and has_format(ast.parse(SOURCES[name]))
}  # fmt: skip


def broken(name: str, text: str) -> list[str]:
    tree = ast.parse(text)
    return [*broken_imports(name, tree), *broken_calls(name, tree), *broken_form(name, text, tree)]


@pytest.mark.parametrize("name", SOURCES)
def test_every_file_keeps_to_the_table(name):
    assert broken(name, SOURCES[name]) == []


def test_no_two_modules_import_each_other():
    """A circle means that two rooms are one: none, over however many steps, late imports counted."""
    graph = {
        module: {inner for _, inner in imports(ast.parse(SOURCES[name])) if inner in MODULES and inner != module}
        for module, name in MODULES.items()
    }
    while leaves := {module for module, inner in graph.items() if not inner & graph.keys()}:
        graph = {module: inner for module, inner in graph.items() if module not in leaves}
    assert {module: sorted(inner & graph.keys()) for module, inner in graph.items()} == {}


def test_html_is_written_in_one_place():
    places = [f"{name}:{line}" for name, text in SOURCES.items() for line, called, _ in calls(ast.parse(text)) if called == "st.html"]
    assert len(places) <= 1, places


def test_tests_are_no_package():
    """With an `__init__.py`, tests/data/ would hide the product's own data/."""
    assert [*(ROOT / "tests").rglob("__init__.py")] == []


def test_bundled_folders_hold_no_code():
    assert [*(ROOT / "data" / "bundled").rglob("*.py")] == []


@pytest.mark.parametrize(
    ("name", "planted", "seen"),
    [
        ("data/frames.py", "def f():\n    from analytics.accuracy import wilson", "imports analytics.accuracy"),
        ("data/frames.py", "import streamlit", "imports streamlit"),
        ("analytics/cost.py", "from data import frames", "imports data.frames"),
        ("analytics/cost.py", "import duckdb", "imports duckdb"),
        ("analytics/cost.py", "import requests", "imports requests"),
        ("data/frames.py", "from duckdb import connect", "only the store"),
        ("data/importers/table.py", "from data.importers import canonical", "imports the importer"),
        ("pages/shared/charts/frontier.py", "import streamlit as st", "knows no screen"),
        ("pages/shared/charts.py", "import streamlit as st", "knows no screen"),
        ("pages/frontier.py", "import numpy as np", "no arithmetic"),
        ("pages/frontier.py", "import streamlit as st\nst.sidebar.slider('x')", "draws st.sidebar.slider"),
        ("app.py", "import streamlit as st\nst.selectbox('x', [1])", "draws st.selectbox"),
        ("pages/shared/frames.py", "import pickle", "runs code"),
        ("cli.py", "print(eval('1'))", "calls eval"),
        ("serve.py", "from data.ingest import ingest", "imports data.ingest"),
        ("data/prices.py", "import yaml\nyaml.load('x')", "calls yaml.load"),
        ("pages/logs.py", "import streamlit as st\nst.markdown('x', unsafe_allow_html=True)", "passes unsafe_allow_html"),
        ("pages/logs.py", "import streamlit as st\nst.components.v1.html('x')", "calls st.components.v1.html"),
        ("data/ingest.py", '"""A file."""\n' + "\n" * MAX_LINES, "351 lines"),
        ("pages/shared/utils.py", "", "says nothing"),
    ],
)
def test_the_rules_see_what_they_must(name, planted, seen):
    assert any(seen in violation for violation in broken(name, planted)), broken(name, planted)


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("pages/shared/controls/frontier.py", "import streamlit as st\nst.slider('x')"),
        ("pages/logs.py", "import streamlit as st\nst.file_uploader('x')\nst.button('y')"),
        ("pages/logs.py", "import streamlit as st\nwith st.form('f'), st.container():\n    st.text_input('x')"),
        ("data/store.py", "import duckdb\nimport json"),
        ("serve.py", "from data.store import Store"),
        ("data/importers/__init__.py", "from data.importers import canonical"),
        ("analytics/ranking.py", '"""Ranks. Its many lines are one table."""\n' + "\n" * MAX_LINES),
    ],
)
def test_the_rules_let_the_rest_be(name, harmless):
    assert broken(name, harmless) == []
