"""What leaves the page holds everything it needs, runs nothing that came from a log, and is no formula in a spreadsheet."""

import base64
import csv
import hashlib
import io
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.findings import Paragraph
from pages.shared import export
from pages.shared.charts import frontier_figure
from tests.frontiers import frontier_of, labels_of, point

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '<a href="javascript:alert(1)">x</a>',
    "%{customdata[0]}",
]


class Page(HTMLParser):
    """Collects tags, attributes, scripts and words."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data
        else:
            self.words.append(data)


def page(name: str = "gpt-5 (high)") -> str:
    frontier = frontier_of(
        [point("a", 0.5, 0.01, flags=(name,)), point("b", 0.9, 0.1), point("c", 0.4, None, excluded=f"cost unknown {name}")]
    )
    labels = dict.fromkeys(labels_of(frontier), name)
    source = export.Provenance(
        dataset=name,
        files=[(name, "ab" * 32)],
        price_book="genai-prices 1.0",
        filters={"Tasks": "common"},
        date="2026-11-20",
        version="0.1.0",
    )
    light, dark = (frontier_figure(frontier, labels, dark=dark) for dark in (False, True))
    return export.frontier_html(light, f"{name} leads", name, [Paragraph(name, name)], frontier, labels, source, figure_dark=dark, alt=name)


@pytest.fixture(scope="module")
def plain() -> str:
    return page()


def test_nothing_comes_from_elsewhere(plain):
    parsed = Page(plain)
    assert not {tag for tag, _ in parsed.tags} & {"link", "iframe", "object", "embed", "base", "img", "form"}
    assert all(not {"src", "href", "action"} & set(attrs) for _, attrs in parsed.tags)
    outside = plain.replace(parsed.scripts[0], "")
    assert not re.search(r"https?://", outside)
    assert not re.search(r"url\((?!data:)", outside)


def test_policy_names_exactly_the_scripts_that_are_there(plain):
    parsed = Page(plain)
    (policy,) = [attrs["content"] for tag, attrs in parsed.tags if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"]
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in parsed.scripts}
    assert len(parsed.scripts) == 3
    assert set(allowed["script-src"].split()) == hashes
    assert allowed["default-src"] == "'none'"
    assert allowed["base-uri"] == allowed["form-action"] == "'none'"


def test_page_says_finding_reading_numbers_and_provenance(plain):
    words = " ".join(Page(plain).words)
    for wanted in ("gpt-5 (high) leads", "90.0%", "$0.010", "cost unknown", "ab" * 32, "genai-prices 1.0", "common", "2026-11-20", "0.1.0"):
        assert wanted in words


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_add_no_tag_no_attribute_and_no_script(plain, name):
    parsed, usual = Page(page(name)), Page(plain)
    assert len(parsed.scripts) == len(usual.scripts)
    assert {tag for tag, _ in parsed.tags} == {tag for tag, _ in usual.tags}
    assert {key for _, attrs in parsed.tags for key in attrs} == {key for _, attrs in usual.tags for key in attrs}
    assert parsed.scripts[0] == usual.scripts[0]
    assert parsed.scripts[2] == usual.scripts[2]
    assert "<" not in parsed.scripts[1]


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@settings(max_examples=150, deadline=None)
@given(
    name=st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\x00"), min_size=1, max_size=20),
    sign=st.sampled_from("=+-@\t\n "),
)
def test_no_text_cell_is_a_formula_and_none_is_lost(name, sign):
    text = f"{sign}{name}"
    (_, (cell, number)) = cells(export.csv_text(pd.DataFrame({"name": [text], "gain": [-0.5]})))
    assert cell.removeprefix("'") == text or cell == text
    assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert number == "-0.5"


def test_csv_has_the_command_lines_columns_and_exact_numbers():
    frontier = frontier_of([point("=a", 1 / 3, 0.001234567890123), point("b", 0.2, None)])
    head, *rows = cells(export.frontier_csv(frontier, {"=a": "=a", "b": "b"}))
    assert head[:3] == ["configuration", "is_summary", "n_tasks"]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in head)
    first, second = (dict(zip(head, row, strict=True)) for row in rows)
    assert first["configuration"] == "'=a"
    assert float(first["accuracy"]) == 1 / 3
    assert float(first["cost_usd"]) == 0.001234567890123
    assert (second["cost_usd"], second["excluded"], second["state"]) == ("", "cost unknown", "")


def test_csv_of_nothing():
    assert export.frontier_csv(frontier_of([]), {}).strip() == ""
