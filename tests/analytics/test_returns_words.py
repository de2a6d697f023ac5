"""Sentences about ladders: true to their numbers, short enough, and there for every ladder that has none to tell."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import returns_words as words
from analytics.facets import facets
from analytics.grid import Measure
from analytics.levels import Levels
from analytics.returns import returns

NAMES = ("minimal", "low", "medium", "high", "xhigh", "max")
COSTS = (0.04, 0.1, 0.23, 0.56, 1.4, 3.4)


def ladder(solves, costs=COSTS, size: int = 400, **more) -> Levels:
    """One attempt at each of `size` tasks, the first so many solved."""
    solved = np.array([[1.0] * n + [0.0] * (size - n) for n in solves]).reshape(len(solves), size)
    one = np.ones_like(solved)
    nothing = Measure(0 * one, 0 * one)
    cost = nothing if costs is None else Measure(one, one * np.array(costs[: len(solves)])[:, None])
    tasks = tuple(("bench", f"{k:03}") for k in range(size))
    x = np.arange(1.0, len(solves) + 1) if costs is None else cost.mean
    fields = {"series": "Planner agent", "knob": "effort", "names": NAMES[: len(solves)], "x_name": "cost_usd"} | more
    return Levels(
        x=x, tasks=tasks, accuracy=Measure(one, solved), cost=cost, latency=nothing, tokens=nothing, n_attempts=one.sum(axis=1), **fields
    )


SWEEP = (128, 186, 234, 276, 292, 293)


def text(paragraphs) -> str:
    return " | ".join(f"{p.head} {p.text}" for p in paragraphs)


class TestTitle:
    @pytest.mark.parametrize(
        ("levels", "value", "title"),
        [
            (ladder(SWEEP), 12.0, "Returns stop at high: 69.0% for $0.56 a task"),
            (ladder(SWEEP, is_bound=True), 12.0, "Returns stop at high: at least 69.0% for $0.56 a task"),
            (ladder(SWEEP), 0.0, "Returns stop at minimal: 32.0% for $0.040 a task"),
            (ladder(SWEEP[:3]), 12.0, "The last level, medium, still pays: 58.5% for $0.23 a task"),
            (ladder(SWEEP[:3]), None, "Gains go on up to the last level, medium: 58.5% for $0.23 a task"),
            (ladder((200, 200, 200)), None, "No step beyond minimal gains for certain: 50.0% for $0.040 a task"),
            (ladder(SWEEP, None), 12.0, "Returns stop at xhigh: 73.0%, cost unknown"),
            (ladder((248, 220, 192)), None, "More effort costs accuracy: 62.0% at minimal, 48.0% at medium"),
            (ladder((100, 248, 192)), None, "Accuracy peaks at low with 62.0% and falls to 48.0% at medium"),
            (ladder((0, 0, 0)), None, "Nothing was solved at any of 3 levels"),
            (ladder((100,)), None, "minimal is the only level; returns need two"),
            (ladder(()), None, "No levels to compare yet"),
            (ladder((2, 5), size=7), None, "7 tasks are too few to show where returns stop"),
            (ladder((0, 1), size=1), None, "1 task is too few to show where returns stop"),
            (
                ladder((100, 300, 301), names=("first answer", "after 1 reflection", "after 2 reflections"), knob="reflection_depth"),
                12.0,
                "Returns stop after 1 reflection: 75.0% for $0.10 a task",
            ),
        ],
    )
    def test_is_the_finding(self, levels, value, title):
        found = returns(levels, value_usd=value, n_bootstrap=500)
        assert words.title(found) == title

    def test_unknown_accuracies(self):
        levels = ladder(SWEEP[:3])
        unknown = dataclasses.replace(levels, accuracy=levels.latency)
        assert words.title(returns(unknown)) == "No score is known at any of 3 levels"
        one = Measure(levels.accuracy.counts * [[1.0], [0.0], [0.0]], levels.accuracy.sums * [[1.0], [0.0], [0.0]])
        found = returns(dataclasses.replace(levels, accuracy=one))
        assert words.title(found) == "Accuracy is known at 1 of 3 levels: too few to compare"

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.text(min_size=1, max_size=200), min_size=3, max_size=3, unique=True), st.text(max_size=60))
    def test_any_name_leaves_one_line(self, names, knob):
        """Names come from logs: braces, line ends, right-to-left marks and 200 characters."""
        levels = ladder((10, 28, 29), size=40, names=tuple(names), knob=knob, series=names[0])
        for each in (levels, dataclasses.replace(levels, accuracy=Measure(levels.accuracy.counts, levels.accuracy.sums[::-1]))):
            found = returns(each, value_usd=2.0, n_bootstrap=50)
            title = words.title(found)
            assert len(title) <= 80
            for made in (title, words.subtitle(found, benchmark=names[1]), text(words.reading(found)), words.alt(found)):
                assert not set(made) & set("\n\r\0\u202e")


class TestGroups:
    def made(self, hard=(10, 30, 60, 90)):
        parts = {"easy": (130, 150, 152, 152), "hard": hard}
        solved = np.concatenate([np.array([[1.0] * n + [0.0] * (160 - n) for n in solves]) for solves in parts.values()], axis=1)
        base = ladder((1, 2, 3, 4), size=320)
        levels = dataclasses.replace(base, accuracy=Measure(np.ones_like(solved), solved))
        kinds = pd.DataFrame(levels.tasks, columns=["benchmark", "task"]).assign(difficulty=np.repeat(list(parts), 160))
        return levels, kinds

    def test_the_group_that_is_worth_one_step_more(self):
        levels, kinds = self.made()
        whole = returns(levels, value_usd=2.0)
        found = facets(levels, kinds, value_usd=2.0, whole=whole)
        assert words.title(whole, found) == "Returns stop at medium; hard tasks are worth one step more"

    def test_a_group_that_is_worth_two_steps_more_is_not_said_to_be_worth_one(self):
        levels, kinds = self.made(hard=(10, 30, 31, 90))
        whole = returns(levels, value_usd=1.8)
        found = facets(levels, kinds, value_usd=1.8, whole=whole)
        assert [each.returns.stop_index - whole.stop_index for each in found.groups] == [0, 2]
        assert words.title(whole, found).startswith("Returns stop at low: ")

    def test_split_and_break_in_words(self):
        levels, kinds = self.made()
        whole = returns(levels, value_usd=2.0)
        found = facets(levels, kinds, value_usd=2.0, whole=whole)
        said = text(words.reading(whole, found))
        assert "Split by difficulty: low and high for easy and hard tasks solve 75.0% for $0.33 a task." in said
        assert "high for all solves 75.6%; the split takes 59% of its cost. Chosen on the same attempts" in said
        assert "Where accuracy breaks: hard tasks are solved 57.5 points less often than easy ones" in said
        assert "Stop of each group: easy: low; hard: high." in words.alt(whole, found)

    def test_groups_that_are_numbers_do_not_read_as_counts(self):
        levels, kinds = self.made()
        kinds["difficulty"] = kinds["difficulty"].map({"easy": "1", "hard": "3"})
        found = facets(levels, kinds, value_usd=2.0)
        whole = returns(levels, value_usd=2.0)
        assert words.title(whole, found) == "Returns stop at medium; difficulty-3 tasks are worth one step more"

    def test_no_groups_no_words(self):
        levels, kinds = self.made()
        found = returns(levels, value_usd=2.0)
        assert words.reading(found, facets(levels, kinds.assign(difficulty=None))) == words.reading(found)


class TestReading:
    def test_the_last_step_that_pays_and_the_next(self):
        """high: 42 of 400 more than medium for $0.33 more, $3.14 each; xhigh: 16 more for $0.84, $21.00 each."""
        first, second = words.reading(returns(ladder(SWEEP), value_usd=12.0))
        assert first.head == "high is the last step that pays."
        assert first.text.startswith("It buys 10.5 points over medium (+7.5 to +13.5), at $3.14 for each further success ($")
        assert "At $12.00 a success, it is the best level in" in first.text
        assert second.head == "xhigh does not."
        assert second.text.startswith("A further success costs $21.00 ($")
        assert "more than the $12.00 it is worth." in second.text
        assert second.text.endswith("The gain from xhigh to max (+0.3 points) is not decidable.")

    def test_a_step_that_loses(self):
        said = text(words.reading(returns(ladder((248, 220)))))
        assert "low does not pay. It loses 7.0 points (−9.5 to −4.5), for $0.060 more a task." in said

    def test_a_step_that_changes_nothing(self):
        said = text(words.reading(returns(ladder((200, 200)))))
        assert "low does not pay. It gains nothing (0.0 points, 0.0 to 0.0), for $0.060 more a task." in said

    def test_nothing_beyond(self):
        assert "No level beyond it was tried." in text(words.reading(returns(ladder(SWEEP[:3]))))

    def test_unknown_costs_are_said_to_be_unknown(self):
        said = text(words.reading(returns(ladder(SWEEP[:3], None))))
        assert "what it costs is unknown" in said
        assert "$" not in said

    @pytest.mark.parametrize(
        ("levels", "said"),
        [
            (ladder(()), "There are no levels."),
            (ladder((9,)), "There is only one level."),
            (ladder((0, 0)), "Nothing was solved at any level."),
            (ladder((2, 5), size=7), "7 tasks cannot show where gains end; 10 are needed. | Seen: minimal 28.6%; low 71.4%."),
        ],
    )
    def test_where_there_is_no_stop(self, levels, said):
        assert said in text(words.reading(returns(levels)))


class TestFitText:
    def test_a_ceiling_with_its_interval(self):
        said = words.fit_text(returns(ladder(SWEEP)))
        assert said.head in ("Power law.", "Exponential.", "Logistic in the logarithm.")
        assert said.text.startswith("A ceiling of 7")
        assert "from 6 levels and 3 parameters." in said.text
        assert said.text.endswith("Drawn up to $5.10, 1.5 times what was observed.")

    def test_why_there_is_none(self):
        assert words.fit_text(returns(ladder(SWEEP[:4]))).text == "A curve needs 5 levels; there are 4."


class TestSubtitleAndAlt:
    def test_subtitle(self):
        assert words.subtitle(returns(ladder(SWEEP)), benchmark="Repairs") == (
            "Planner agent, 6 levels of effort: share of 400 Repairs tasks solved, against the mean cost of an attempt."
            " Thin bars: 95% interval. Band: 95% of fits over resampled tasks."
        )

    def test_subtitle_of_published_rows(self):
        levels = ladder(SWEEP[:2])
        accuracy = Measure(np.full((2, 1), 225.0), np.array([[80.0], [140.0]]))
        part = Measure(levels.cost.counts[:, :1], levels.cost.sums[:, :1])
        parts = dict.fromkeys(("cost", "latency", "tokens"), part) | {"tasks": (("(all)", "(all)"),), "n_attempts": np.array([225, 225])}
        published = dataclasses.replace(levels, accuracy=accuracy, is_summary=True, **parts)
        said = words.subtitle(returns(published))
        assert said.startswith("Planner agent, 2 levels of effort: share of 225 tasks (published) solved, against the mean cost")

    def test_nothing(self):
        assert words.subtitle(returns(ladder(()))) == "Nothing is loaded."

    def test_alt_tells_every_level(self):
        said = words.alt(returns(ladder(SWEEP), value_usd=12.0))
        assert said.startswith("Returns stop at high: 69.0% for $0.56 a task. Levels of Planner agent: minimal 32.0% for $0.040; low 46.5%")
        assert "max 73.3% for $3.40. The fitted curve rises towards 7" in said


class TestSeveral:
    def published(self, first: float, second: float, name: str) -> Levels:
        accuracy = Measure(np.full((2, 1), 200.0), np.array([[200 * first], [200 * second]]))
        nothing = Measure(np.zeros((2, 1)), np.zeros((2, 1)))
        return Levels(
            name, "reflection_depth", ("first answer", "after 1 reflection"), np.array([1.0, 2.0]), "answers", (("(all)", "(all)"),),
            accuracy, nothing, nothing, nothing, np.array([200, 200]), is_summary=True,
        )  # fmt: skip

    def test_a_second_attempt(self):
        found = [returns(self.published(0.3 + k / 100, 0.564 + k / 100, f"c{k}"), n_bootstrap=200) for k in range(12)]
        assert words.overall_title(found) == "A second attempt gains 26.4 points on average (12 configurations)"
        said = text(words.overall_reading(found))
        assert said.startswith("On average, a second attempt gains 26.4 points (+26.4 to +26.4) over 12 configurations, each counted once.")
        assert "Single ones change by +26.4 to +26.4 points; 12 of 12 gain for certain, 0 lose for certain." in said
        assert "Where they stop: after 1 reflection (12)." in said

    def test_on_average_it_costs(self):
        found = [returns(self.published(0.6, 0.4, f"c{k}"), n_bootstrap=200) for k in range(3)]
        assert words.overall_title(found) == "A second attempt costs 20.0 points on average (3 configurations)"

    def test_a_setting(self):
        found = [returns(ladder((100, 120)), n_bootstrap=100), returns(ladder((100, 140)), n_bootstrap=100)]
        assert words.overall_title(found) == "The first step up in effort gains 7.5 points on average (2 ladders)"

    def test_nothing_to_average(self):
        assert words.overall_title([]) == "No levels to compare yet"
        assert words.overall_title([returns(ladder((9,)))]) == "No series has two levels of known accuracy"
        assert words.overall_reading([])[0].text == "No series has two levels of known accuracy."
