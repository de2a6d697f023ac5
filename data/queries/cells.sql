-- One row = configuration × benchmark × task × UTC day × price tier × cost logged or not × tokens known or not.
-- The last four matter to prices only and are summed away by data/frames.py at once. Standard SQL: DuckDB and Spark run this text.
-- Reads attempt, task, and selection(dataset). Every measure has its own n beside its sum. Seconds, USD and scores are exact
-- decimals, cast to double last; products are cast to 19 digits, since DuckDB keeps 18 for two narrow factors. Infra errors and cancelled attempts enter their own n only.
with counted as (
    select
        a.configuration, t.benchmark, t.task,
        cast(a.started_at as date) as started_on,
        a.price_tier, a.status,
        a.cost_usd_logged is not null as is_cost_logged,
        a.uncached_input_tokens is not null and a.output_tokens is not null as is_priceable,
        a.status not in ('infra', 'cancelled') as counts,
        case when a.success is null and a.status in ('error', 'limit', 'timeout') then false else a.success end as success,
        case when a.score is null and a.success is null and a.status in ('error', 'limit', 'timeout')
             then cast(0 as decimal(12,9)) else a.score end as score,
        a.is_success_logged, a.cost_usd_logged, a.tool_cost_usd,
        a.uncached_input_tokens, a.cache_read_tokens, a.cache_write_tokens, a.cache_write_1h_tokens,
        a.output_tokens, a.reasoning_tokens, a.total_tokens,
        a.llm_calls, a.tool_calls, a.turns, a.retries, a.latency_s, a.sum_input_output, a.sum_input_sq,
        a.aux_input_tokens, a.aux_output_tokens, a.aux_cost_usd
    from attempt a
    join task t on t.dataset = a.dataset and t.task_id = a.task_id
    join selection s on s.dataset = a.dataset
)
select
    configuration, benchmark, task, started_on, price_tier, is_cost_logged, is_priceable,
    count(*) filter (where counts) as n_attempts,
    count(*) filter (where status = 'ok') as n_ok,
    count(*) filter (where counts) as n_error_known,
    count(*) filter (where status = 'error') as n_error,
    count(*) filter (where counts) as n_limit_known,
    count(*) filter (where status = 'limit') as n_limit,
    count(*) filter (where status = 'timeout') as n_timeout,
    count(*) filter (where status = 'infra') as n_infra,
    count(*) filter (where status = 'cancelled') as n_cancelled,
    count(success) filter (where counts) as n_success,
    count(*) filter (where counts and success) as sum_success,
    count(*) filter (where status in ('limit', 'timeout') and success) as sum_success_limited,
    count(score) filter (where counts) as n_score,
    cast(sum(score) filter (where counts) as double) as sum_score,
    cast(sum(cast(score as decimal(19,9)) * cast(score as decimal(18,9))) filter (where counts) as double) as sum_score_sq,
    count(*) filter (where counts and not is_success_logged and score > 0.000001 and score < 0.999999) as n_fractional,
    count(cost_usd_logged) filter (where counts) as n_cost_logged,
    cast(sum(cost_usd_logged) filter (where counts) as double) as sum_cost_usd_logged,
    count(tool_cost_usd) filter (where counts) as n_tool_cost,
    cast(sum(tool_cost_usd) filter (where counts) as double) as sum_tool_cost_usd,
    count(uncached_input_tokens) filter (where counts) as n_uncached_input_tokens,
    cast(sum(uncached_input_tokens) filter (where counts) as bigint) as sum_uncached_input_tokens,
    count(cache_read_tokens) filter (where counts) as n_cache_read_tokens,
    cast(sum(cache_read_tokens) filter (where counts) as bigint) as sum_cache_read_tokens,
    count(cache_write_tokens) filter (where counts) as n_cache_write_tokens,
    cast(sum(cache_write_tokens) filter (where counts) as bigint) as sum_cache_write_tokens,
    count(cache_write_1h_tokens) filter (where counts) as n_cache_write_1h_tokens,
    cast(sum(cache_write_1h_tokens) filter (where counts) as bigint) as sum_cache_write_1h_tokens,
    count(output_tokens) filter (where counts) as n_output_tokens,
    cast(sum(output_tokens) filter (where counts) as bigint) as sum_output_tokens,
    count(reasoning_tokens) filter (where counts) as n_reasoning_tokens,
    cast(sum(reasoning_tokens) filter (where counts) as bigint) as sum_reasoning_tokens,
    count(total_tokens) filter (where counts) as n_tokens,
    cast(sum(total_tokens) filter (where counts) as bigint) as sum_tokens,
    count(llm_calls) filter (where counts) as n_llm_calls,
    cast(sum(llm_calls) filter (where counts) as bigint) as sum_llm_calls,
    count(tool_calls) filter (where counts) as n_tool_calls,
    cast(sum(tool_calls) filter (where counts) as bigint) as sum_tool_calls,
    count(turns) filter (where counts) as n_turns,
    cast(sum(turns) filter (where counts) as bigint) as sum_turns,
    count(retries) filter (where counts) as n_retries,
    cast(sum(retries) filter (where counts) as bigint) as sum_retries,
    count(latency_s) filter (where counts) as n_latency,
    cast(sum(latency_s) filter (where counts) as double) as sum_latency_s,
    cast(sum(cast(latency_s as decimal(19,6)) * latency_s) filter (where counts) as double) as sum_latency_sq,
    count(sum_input_output) filter (where counts) as n_input_output,
    cast(sum(sum_input_output) filter (where counts) as double) as sum_input_output,
    cast(sum(sum_input_sq) filter (where counts) as double) as sum_input_sq,
    count(aux_input_tokens) filter (where counts) as n_aux,
    cast(sum(aux_input_tokens + coalesce(aux_output_tokens, 0)) filter (where counts) as bigint) as sum_aux_tokens,
    count(aux_cost_usd) filter (where counts) as n_aux_cost,
    cast(sum(aux_cost_usd) filter (where counts) as double) as sum_aux_cost_usd
from counted
group by configuration, benchmark, task, started_on, price_tier, is_cost_logged, is_priceable
order by configuration, benchmark, task, started_on nulls first, price_tier nulls first, is_cost_logged, is_priceable
