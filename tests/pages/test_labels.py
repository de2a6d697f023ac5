"""Names come from strangers' logs: whatever they contain, they stay text, and on a phone they stay apart."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.frontier import OBJECTIVES
from analytics.wording import WORDS
from pages.shared import labels

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "%{customdata[0]}",
    '<a href="javascript:alert(1)">model</a>',
    "[model](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "https://example.org/a www.example.org a@example.org",
    ":red[x] :material/delete: $a$ `b` **c** # d",
    "gpt\u202e5\u2066(high)\x00\n\tnew line",
    "&lt;b&gt; &#60;i&#62;",
    "=HYPERLINK(1)",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_plotly_text_has_no_tag_template_or_control(name):
    text = labels.plotly_text(name)
    assert not re.search(r"[<>]|%\{|[\x00-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert "&" not in re.sub(r"&(amp|lt|gt);", "", text)


@settings(max_examples=200, deadline=None)
@given(name=st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60)))
def test_every_markdown_character_is_escaped(name):
    """CommonMark lets a backslash make any punctuation literal; bare addresses have no punctuation to escape, so they are broken."""
    text = labels.markdown_text(name)
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", text)
    assert not re.search(r"[\\`*_{}\[\]<>()#+.!|~$:&@^=-]", bare)
    assert "\n" not in text
    assert not re.search(r"(?i)www\\?\.|:\\?/|\\:\\?/\\?/", text)
    assert not re.search(r"@\w", text.replace("\\", ""))


def test_markdown_text_still_reads_as_the_name():
    text = labels.markdown_text("claude-3.5 (high) $5")
    assert text.replace("\\", "") == "claude-3.5 (high) $5"


def test_short_names_drop_path_and_date_and_keep_the_effort():
    names = {
        "a": "anthropic/claude-3-7-sonnet-20250219 (32k thinking tokens)",
        "b": "gpt-5 (low)",
        "c": "DeepSeek-V3.2-Exp (Reasoner)",
    }
    assert labels.short_names(names) == {"a": "claude-3-7-… tokens)", "b": "gpt-5 (low)", "c": "DeepSeek… (Reasoner)"}


@settings(max_examples=100, deadline=None)
@given(
    names=st.lists(
        st.builds(
            "{}{}{}{}".format,
            st.sampled_from(["", "openai/", "a/b/"]),
            st.sampled_from(["gpt-4o", "claude-sonnet-with-a-long-name", "o3"]),
            st.sampled_from(["", "-20241022", "-2024-08-06"]),
            st.sampled_from(["", " (high)", " (low)"]),
        ),
        unique=True,
        max_size=12,
    )
)
def test_short_names_never_make_two_configurations_look_the_same(names):
    short = labels.short_names({str(i): name for i, name in enumerate(names)})
    assert len(set(short.values())) == len(names)


def test_a_name_of_nothing_visible_shows_its_configuration():
    assert labels.clean({"id-1": "\u202e\u200b "}) == {"id-1": "id-1"}


def test_every_objective_has_its_words():
    assert set(labels.MEASURES) >= set(OBJECTIVES) - {"accuracy"}
    assert set(WORDS) >= set(OBJECTIVES) - {"accuracy"}
