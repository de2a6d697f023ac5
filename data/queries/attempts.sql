-- One row = one attempt that counts (infra errors and cancelled attempts are left out) of selection(dataset).
-- Texts and ids: configuration, benchmark, task, task_group, difficulty, dataset, attempt_id, status, stop_reason, price_tier, file, locator;
-- answer_key (keyed hash, bigint); started_on (UTC day) and is_priceable (fresh input and output are known) matter to prices only.
-- Doubles, NULL where unknown: human_minutes, attempt, success, credit_of_score, cost_usd_logged, tokens (all in and out), the buckets
--   (sum_…, named as in cells.sql), counts, seconds (…_s), USD (…_usd).
-- success: error, limit and timeout keep what the log gives, else 0. credit_of_score: what the attempt adds to the mean score: its
--   score; 0 if it failed without one; its success where no attempt of the configuration at the task has a score; else unknown.
-- Standard SQL: DuckDB and Spark run this text. Reads attempt, task, dataset_file and selection(dataset).
with scored as (
    select
        a.configuration, t.benchmark, t.task,
        count(case when a.score is not null or (a.success is null and a.status in ('error', 'limit', 'timeout')) then 1 end) as n_score
    from attempt a
    join task t on t.dataset = a.dataset and t.task_id = a.task_id
    join selection s on s.dataset = a.dataset
    where a.status not in ('infra', 'cancelled')
    group by a.configuration, t.benchmark, t.task
)
select
    cast(a.configuration as varchar(20)) as configuration, t.benchmark, t.task, t.task_group, t.difficulty, t.human_minutes,
    a.dataset, a.attempt_id, cast(a.attempt as double) as attempt, a.status, a.stop_reason,
    case when a.success then 1e0 when a.success is not null or a.status in ('error', 'limit', 'timeout') then 0e0 end as success,
    case when a.score is not null then cast(a.score as double) when a.status in ('error', 'limit', 'timeout') then 0e0
         when c.n_score > 0 then null when a.success then 1e0 when not a.success then 0e0 end as credit_of_score,
    cast(a.cost_usd_logged as double) as cost_usd_logged,
    cast(a.total_tokens as double) as tokens,
    cast(a.uncached_input_tokens as double) as sum_uncached_input_tokens,
    cast(a.cache_read_tokens as double) as sum_cache_read_tokens,
    cast(a.cache_write_tokens as double) as sum_cache_write_tokens,
    cast(a.cache_write_1h_tokens as double) as sum_cache_write_1h_tokens,
    cast(a.output_tokens as double) as sum_output_tokens,
    cast(a.reasoning_tokens as double) as sum_reasoning_tokens,
    cast(a.turns as double) as turns,
    cast(a.llm_calls as double) as llm_calls,
    cast(a.tool_calls as double) as tool_calls,
    cast(a.retries as double) as retries,
    cast(a.reflections as double) as reflections,
    cast(a.latency_s as double) as latency_s,
    cast(a.active_s as double) as active_s,
    cast(a.ttft_s as double) as ttft_s,
    cast(a.tool_cost_usd as double) as tool_cost_usd,
    cast(a.aux_cost_usd as double) as aux_cost_usd,
    a.answer_key,
    cast(a.started_at as date) as started_on, a.price_tier,
    a.uncached_input_tokens is not null and a.output_tokens is not null as is_priceable,
    f.file, a.locator
from attempt a
join task t on t.dataset = a.dataset and t.task_id = a.task_id
join selection s on s.dataset = a.dataset
join scored c on c.configuration = a.configuration and c.benchmark = t.benchmark and c.task = t.task
left join dataset_file f on f.dataset = a.dataset and f.file_id = a.file_id
where a.status not in ('infra', 'cancelled')
order by cast(a.configuration as varchar(20)), t.benchmark, t.task, a.attempt nulls last, a.dataset, a.attempt_id
