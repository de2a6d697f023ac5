"""The anatomy in words: every sentence from the numbers of the figure, a title that fits, and nothing said of what is unknown."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.anatomy import TOGETHER, Anatomy, Failure
from analytics.anatomy_words import MONEY, TIME, TOKENS, alt, reading, subtitle, title
from analytics.cache import CacheEconomics, ReuseLevel
from analytics.survival import Conditioning, SelfConditioning, Survival
from analytics.tails import Tail
from analytics.titles import MAX_TITLE

LABELS = {"1": "Wren (low)", "2": "Lark"}
FAILURE = Failure("2", "bench", "t", "d", 7, 1.25, 9e5, 60.0, 0.1, "limit", None, "f", "line 7")


def of(n: int = 100, configuration: str = TOGETHER, **more) -> Anatomy:
    return Anatomy(configuration, n, 40, **more)


def money(n_cost: int = 100, **shares: float | None) -> Anatomy:
    return of(n_cost=n_cost, cost_usd=0.39, cost_shares=dict.fromkeys(MONEY, None) | shares)


def time(llm: float, tool: float, overlap: float, idle: float, n_timed: int = 100, **more) -> Anatomy:
    shares = {"llm": llm, "tool": tool, "overlap": overlap, "idle": idle}
    return of(n_timed=n_timed, wall_s=62.0, time_shares=shares, reasons={}, **more)


def tokens(n: int = 100, **shares: float | None) -> Anatomy:
    return of(token_shares=shares, counts={f"token_shares.{name}": n for name in shares}, reasons={"wall_s": "no step times in these logs"})


def texts(whole: Anatomy, **more) -> dict[str, str]:
    return {each.head: each.text for each in reading(whole, labels=LABELS, **more)}


class TestTitle:
    @pytest.mark.parametrize(("whole", "said"), [
        (money(uncached_input=0.6, answer=0.3, tools=0.1, unexplained=0.0), "60% of the money went into fresh input"),
        (money(uncached_input=0.3, answer=0.7, unexplained=0.002), "70% of the money went into output"),
        (money(uncached_input=0.1, reasoning=0.2, answer=0.7, unexplained=0.0), "70% of the money went into answers"),
        (money(uncached_input=1.2, answer=0.8, unexplained=-1.0), "At list rates, 60% of the money went into fresh input"),
        (money(cache_read=0.4, answer=0.1, unexplained=0.5), "80% of the money that list rates explain went into input read from a cache"),
        (money(tools=0.2, unexplained=0.8), "20% of the money went into tool fees"),
        (time(0.2, 0.7, 0.05, 0.05), "75% of the time went into tools"),
        (time(0.6, 0.2, 0.1, 0.1), "70% of the time went into LLM calls"),
        (time(0.2, 0.1, 0.0, 0.7), "70% of the time passed outside LLM calls and tools"),
        (tokens(uncached_input=0.3, cache_read=0.6, output=0.1), "60% of the tokens were input read again"),
        (tokens(uncached_input=0.98, cache_read=None, output=0.02), "98% of the tokens were fresh input"),
        (of(unresolved_over_resolved_tokens=2.98, intervals={"unresolved_over_resolved_tokens": (2.1, None)}),
         "An attempt that fails uses 3.0 times the tokens of one that succeeds"),
        (of(unresolved_over_resolved_tokens=1.2, intervals={"unresolved_over_resolved_tokens": (0.8, 1.8)}),
         "Where time, tokens and money went is not in the logs of 100 attempts"),
        (of(), "Where time, tokens and money went is not in the logs of 100 attempts"),
        (of(0), "No attempts to take apart yet"),
    ])  # fmt: skip
    def test_says_where_it_went(self, whole, said):
        assert title(whole) == said

    def test_what_few_attempts_say_is_no_title(self):
        """Of 7,059 attempts 211 had tokens, all of them humans'; the title spoke of them as of all."""
        assert title(money(n_cost=49, uncached_input=1.0, unexplained=0.0)).startswith("Where time")
        assert title(time(0.6, 0.2, 0.1, 0.1, n_timed=49)).startswith("Where time")
        assert title(tokens(49, uncached_input=1.0)).startswith("Where time")

    def test_money_that_no_rate_explains_gives_way_to_time(self):
        known = time(0.6, 0.2, 0.1, 0.1, n_cost=100, cost_usd=1.0, cost_shares={"unexplained": 1.0})
        assert title(known) == "70% of the time went into LLM calls"

    @settings(max_examples=50, deadline=None)
    @given(
        st.dictionaries(st.sampled_from([*MONEY]), st.one_of(st.none(), st.floats(0, 1)), max_size=7),
        st.dictionaries(st.sampled_from([*TOKENS]), st.floats(0, 1), max_size=6),
        st.integers(1, 10**9),
    )
    def test_stays_on_one_line_and_never_writes_what_is_unknown(self, cost_shares, token_shares, n):
        counts = {f"token_shares.{name}": n for name in token_shares}
        whole = of(
            n, n_cost=n, cost_shares=cost_shares, token_shares=token_shares, counts=counts, reasons={"money": "cost unknown", "wall_s": "-"}
        )
        said = [title(whole), subtitle(whole), alt(whole, [whole], {}), *texts(whole).values()]
        assert len(said[0]) <= MAX_TITLE
        assert not any(re.search(r"None|nan|inf|–%", text) for text in said)


def test_subtitle_says_of_how_many_attempts():
    whole = of(300, n_cost=284, n_timed=300, cost_shares={"answer": 1.0}, intervals={"llm_calls": (1.0, 2.0)})
    assert subtitle(whole, benchmark="qa", n_configurations=2) == (
        "Means over 300 attempts at 40 qa tasks by 2 configurations; cost known of 284."
        " Parts of the money at list rates. Ranges: 95% by resampling tasks."
    )
    assert subtitle(Anatomy("a", 1, 1)) == "Means over 1 attempt at 1 task."


class TestReading:
    def test_time(self):
        whole = time(0.69, 0.28, 0.0, 0.03, 80, intervals={"wall_s": (55.0, 70.0)}, prefill_s=0.4, decode_s=2.0)
        assert texts(whole)["Time."] == (
            "An attempt takes 62 s (55–70 s): 69% LLM calls, 28% tools and 3% neither. Timed step by step: 80 of 100 attempts."
            " Of single calls, 0.40 s pass before the first token and 2.0 s after it."
        )
        assert texts(tokens())["Time."] == "It cannot be divided: no step times in these logs."

    def test_money_with_its_share_on_failures(self):
        shares = {"uncached_input": 0.62, "answer": 0.38, "unexplained": 0.0}
        whole = time(1, 0, 0, 0, n_cost=100, cost_usd=0.39, cost_shares=shares, cost_on_failures=0.343, share_of_dearest=0.31,
                     intervals={"cost_usd": (0.35, 0.44), "cost_on_failures": (0.296, 0.388)})  # fmt: skip
        assert texts(whole)["Money."] == (
            "An attempt costs $0.39 ($0.35–$0.44). Of it: 62% fresh input and 38% output."
            " Failed attempts took 34.3% (29.6–38.8) of the money, the dearest 5% of attempts 31.0%."
        )

    @pytest.mark.parametrize(("listed", "said"), [
        (0.81, "At list rates: 100% output. List rates explain 81% of what was paid; the rest has no rate here."),
        (2.7, "At list rates: 100% output. That is 170% more than was paid: the rates were others."),
    ])  # fmt: skip
    def test_money_that_is_not_list_rates_says_so(self, listed, said):
        whole = time(1, 0, 0, 0, n_cost=100, cost_usd=0.1, cost_shares={"answer": listed, "unexplained": 1 - listed})
        assert texts(whole)["Money."] == f"An attempt costs $0.10. {said}"

    def test_unknown_money_is_not_zero(self):
        assert texts(time(1, 0, 0, 0))["Money."] == "No cost is known; unknown is not zero."
        part = of(n_cost=90, cost_shares={"unexplained": 1.0}, reasons={"money": "cost known for 90 of 100 attempts (≥ $1)", "wall_s": "-"})
        assert texts(part)["Money."] == "Neither a mean nor shares are shown: cost known for 90 of 100 attempts (≥ $1)."

    def test_context_and_what_reuse_does_to_prices(self):
        levels = (ReuseLevel(1, 1, 10, 9, 0.1, 6.96, 0.12), ReuseLevel(12, 30, 10, 5, 0.7, 3.55, 1.13))
        caches = [CacheEconomics("1", 20, 20, saving=0.4, by_reuse=levels), CacheEconomics("2", 9, 9, saving=0.6)]
        whole = time(1, 0, 0, 0, growth_exponent=1.584, cached_share=0.68, intervals={"growth_exponent": (1.571, 1.596)})
        assert texts(whole, caches=caches)["Context."] == (
            "Input grows with the turns to the power 1.58 (1.57–1.60); 1 is linear, 2 quadratic. A cache served 68% of the input."
            " It saved Lark 60% of the money. From 1 to 12–30 turns, a million tokens of Wren (low) go from $6.96 to $3.55,"
            " a success from $0.12 to $1.13."
        )
        assert "Context." not in texts(time(1, 0, 0, 0), caches=[CacheEconomics("1", 20, 20)])

    def test_tail_names_the_longest_of_those_that_can_be_seen(self):
        short = Tail(
            "1", "latency_s", 300, 40, p50=10.0, p95=38.0, p95_over_p50=3.8, within_share=0.79, intervals={"p95_over_p50": (3.1, 5.4)}
        )
        few = Tail("2", "latency_s", 20, 20, p50=1.0, p95=9.0, p95_over_p50=9.0, reasons={"p95": "little more than the largest"})
        assert texts(time(1, 0, 0, 0), tails=[few, short])["Tail of the time."] == (
            "Wren (low) has the longest: its p95 of 38 s is 3.8 times its median (3.1–5.4 ×)."
            " 79% of the variance lies between attempts at the same task, the rest between tasks."
        )
        assert texts(time(1, 0, 0, 0), tails=[few])["Tail of the time."].endswith(
            "9.0 times its median. From 20 attempts that says little."
        )
        assert texts(time(1, 0, 0, 0), tails=[Tail("1", "cost_usd", 0, 0)]).keys() == {"Time.", "Money."}

    def test_failures(self):
        curve = Survival("2", 9, horizons={0.5: 26, 0.8: 9}, horizon_intervals={0.5: (22.0, None)})
        whole = time(1, 0, 0, 0, unresolved_over_resolved_tokens=2.75, intervals={"unresolved_over_resolved_tokens": (2.56, 2.93)})
        assert texts(whole, failures=[FAILURE], survivals=[curve])["Failures."] == (
            "An attempt that fails uses 2.8 times the tokens of one that succeeds (2.6–2.9 ×). The dearest failure took $1.25, by Lark."
            " The chance to be without a failed step falls below 50% at step 26 (≥ 22) with Lark."
        )
        for survivals in ([], [Survival("1", 0, reason="no step outcomes in these logs")]):
            said = texts(time(1, 0, 0, 0), survivals=survivals)["Failures."]
            assert said == "When steps fail is unknown: no step outcomes in these logs."

    @pytest.mark.parametrize(("ends", "said"), [
        ({}, "1.2 times the tokens of one that succeeds; too few tasks for an interval."),
        ({"unresolved_over_resolved_tokens": (0.8, 1.8)}, "1.2 times the tokens of one that succeeds (0.80–1.8 ×): that is not decidable."),
    ])  # fmt: skip
    def test_a_contrast_that_may_be_none_is_not_claimed(self, ends, said):
        whole = time(1, 0, 0, 0, unresolved_over_resolved_tokens=1.2, intervals=ends)
        assert texts(whole)["Failures."] == f"An attempt that fails uses {said}"

    @pytest.mark.parametrize(("verdicts", "said"), [
        (["more"], "Steps fail more often after a failure with Wren (low) (+10.0 points, +5.0 to +15.0)."),
        (["more", "undecided"], "Steps fail more often after a failure in 1 of 2 configurations,"
         " most with Wren (low) (+10.0 points, +5.0 to +15.0)."),
        (["undecided"], "That failures breed failures cannot be shown."),
        (["undecided", "fewer"], "That failures breed failures cannot be shown in any of 2 configurations."),
    ])  # fmt: skip
    def test_conditioning_is_claimed_only_where_it_is_decided(self, verdicts, said):
        effect = {"after": (Conditioning(0, 5, 0.1, None),), "within_tasks": 0.1, "within_tasks_interval": (0.05, 0.15)}
        curves = [
            Survival(str(k + 1), 9, horizons={0.5: None}, conditioning=SelfConditioning(**effect, verdict=v))
            for k, v in enumerate(verdicts)
        ]
        assert texts(time(1, 0, 0, 0), survivals=curves)["Failures."] == said

    def test_no_attempts_nothing_to_read(self):
        assert reading(of(0), labels={}) == []


def test_alt_names_the_largest_parts_of_each_configuration():
    found = [
        of(configuration="1", cost_shares={"uncached_input": 0.7, "answer": 0.3, "unexplained": 0.0}),
        of(configuration="2", time_shares=dict.fromkeys(TIME, 0.25)),
        of(configuration="3"),
    ]
    assert alt(found[0], found, LABELS) == (
        "Where time, tokens and money went is not in the logs of 100 attempts. By configuration: Wren (low) 70% fresh input and 30% output;"
        " Lark 25% LLM calls, 25% LLM calls and tools at once and 25% neither; 3 parts unknown."
    )
    assert alt(found[2], found * 5, LABELS).endswith("3 more.")
