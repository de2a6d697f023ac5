"""What a reader looks for stands in the docs: every format, page, URL key, command and document by its name."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
}
TEXT = "\n".join(DOCS.values())


def named(word: str) -> bool:
    """Whether the docs have the word in code marks, alone or within a longer piece of code."""
    return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", code) for code in re.findall(r"`([^`\n]+)`", TEXT))


def formats() -> list[str]:
    """Return the names of all formats, as the importers declare them."""
    names = []
    for path in sorted((ROOT / "data" / "importers").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Format":
                names += [word.value.value for word in node.keywords if word.arg == "name" and isinstance(word.value, ast.Constant)]
    return names


def keys() -> list[str]:
    """Return the keys of the URL: the table in controls/keys.py."""
    tree = ast.parse((ROOT / "pages" / "shared" / "controls" / "keys.py").read_text(encoding="utf-8"))
    tables = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "KEYS"]
    return list(ast.literal_eval(tables[0].value))


def bound_keys() -> set[str]:
    """Return the keys of all widgets that stand in the URL, from the code that draws them."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "pages" / "shared" / "controls").glob("*.py"))
    bound = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Call):
            words = {word.arg: word.value for word in node.keywords}
            if "bind" in words and isinstance(words.get("key"), ast.Constant):
                bound.add(words["key"].value)
    return bound


@pytest.mark.parametrize("name", formats())
def test_every_format_is_in_the_table_of_formats(name):
    assert f"| `{name}` |" in DOCS["docs/adding-a-format.md"]


def test_the_table_of_formats_names_no_other():
    section = DOCS["docs/adding-a-format.md"].split("## Formats")[1]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(formats())


@pytest.mark.parametrize("page", sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__"))
def test_every_page_is_in_the_docs_and_in_the_list_of_pages(page):
    assert named(page)
    assert f'"pages/{page}.py"' in (ROOT / "app.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", keys())
def test_every_key_of_the_url_is_in_the_docs(key):
    assert named(key)


def test_every_bound_widget_has_its_line_in_the_table_of_keys():
    assert bound_keys() - set(keys()) == set()


@pytest.mark.parametrize("target", re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
def test_every_make_target_has_its_sentence_and_is_in_the_docs(target):
    assert re.search(rf"^{target}:.*# \w+", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert named(f"make {target}")


def test_what_the_docs_point_to_exists():
    """Links between documents, and paths in code marks that begin with a folder of ours."""
    missing = []
    for name, text in DOCS.items():
        here = (ROOT / name).parent
        links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
        missing += [f"{name}: {link}" for link in links if not (here / link).exists()]
        paths = re.findall(r"`((?:analytics|benchmarks|commands|data|docs|pages|tests)/[\w./-]*\w\.(?:py|md|sql|toml))`", text)
        missing += [f"{name}: {path}" for path in paths if "NAME" not in path and not (ROOT / path).exists()]
    assert missing == []
