-- Published rows in the shape of cells: one row = configuration × benchmark × UTC day, task "(all)", the result after the last round.
-- Rows of one configuration and benchmark are runs of it: pooled by n. Every count and measure that a row may leave out has beside it
-- the number of attempts of which it is known: n_error_known and n_limit_known too. Reads summary and selection(dataset).
select
    s.configuration, s.benchmark, '(all)' as task,
    cast(s.started_at as date) as started_on,
    cast(null as varchar) as price_tier,
    s.cost_usd_sum is not null as is_cost_logged,
    s.uncached_input_tokens is not null and s.output_tokens is not null as is_priceable,
    cast(sum(s.n) as bigint) as n_attempts,
    cast(sum(case when s.n_errors is not null then s.n else 0 end) as bigint) as n_error_known,
    cast(sum(s.n_errors) as bigint) as n_error,
    cast(sum(case when s.n_limit is not null then s.n else 0 end) as bigint) as n_limit_known,
    cast(sum(s.n_limit) as bigint) as n_limit,
    cast(sum(s.n) as bigint) as n_success,
    cast(sum(s.success_sum) as double) as sum_success,
    cast(sum(case when s.cost_usd_sum is not null then s.n else 0 end) as bigint) as n_cost_logged,
    cast(sum(s.cost_usd_sum) as double) as sum_cost_usd_logged,
    cast(sum(case when s.uncached_input_tokens is not null then s.n else 0 end) as bigint) as n_uncached_input_tokens,
    cast(sum(s.uncached_input_tokens) as bigint) as sum_uncached_input_tokens,
    cast(sum(case when s.cache_read_tokens is not null then s.n else 0 end) as bigint) as n_cache_read_tokens,
    cast(sum(s.cache_read_tokens) as bigint) as sum_cache_read_tokens,
    cast(sum(case when s.cache_write_tokens is not null then s.n else 0 end) as bigint) as n_cache_write_tokens,
    cast(sum(s.cache_write_tokens) as bigint) as sum_cache_write_tokens,
    cast(sum(case when s.cache_write_1h_tokens is not null then s.n else 0 end) as bigint) as n_cache_write_1h_tokens,
    cast(sum(s.cache_write_1h_tokens) as bigint) as sum_cache_write_1h_tokens,
    cast(sum(case when s.output_tokens is not null then s.n else 0 end) as bigint) as n_output_tokens,
    cast(sum(s.output_tokens) as bigint) as sum_output_tokens,
    cast(sum(case when s.reasoning_tokens is not null then s.n else 0 end) as bigint) as n_reasoning_tokens,
    cast(sum(s.reasoning_tokens) as bigint) as sum_reasoning_tokens,
    cast(sum(case when s.total_tokens is not null then s.n else 0 end) as bigint) as n_tokens,
    cast(sum(s.total_tokens) as bigint) as sum_tokens,
    cast(sum(case when s.llm_calls is not null then s.n else 0 end) as bigint) as n_llm_calls,
    cast(sum(cast(s.llm_calls as decimal(18,6)) * s.n) as double) as sum_llm_calls,
    cast(sum(case when s.tool_calls is not null then s.n else 0 end) as bigint) as n_tool_calls,
    cast(sum(cast(s.tool_calls as decimal(18,6)) * s.n) as double) as sum_tool_calls,
    cast(sum(case when s.turns is not null then s.n else 0 end) as bigint) as n_turns,
    cast(sum(cast(s.turns as decimal(18,6)) * s.n) as double) as sum_turns,
    cast(sum(case when s.latency_s is not null then s.n else 0 end) as bigint) as n_latency,
    cast(sum(s.latency_s * s.n) as double) as sum_latency_s
from summary s
join selection c on c.dataset = s.dataset
where s.round = s.n_rounds
group by s.configuration, s.benchmark, cast(s.started_at as date), s.cost_usd_sum is not null,
    s.uncached_input_tokens is not null and s.output_tokens is not null
order by s.configuration, s.benchmark, started_on nulls first, is_cost_logged, is_priceable
