-- One row = configuration × benchmark × task × level × UTC day × price tier × step costs logged or not: what changes when a cap in $unit
-- is raised to this level. A running sum over the rows up to a cap gives what would stand had every attempt been cut there; rows of
-- shards add up. The last three keys matter to prices only and are summed away by data/attempts.py at once.
-- $unit: turns (own LLM steps), tool_calls, reflection_depth (the round, carried forward to steps that name none): every level that an
--   attempt stood at, 0 included; tokens, seconds and usd (as logged; tokens that would have to be priced have no level in usd): the
--   running total at the end of each step. The datasets come from selection(dataset), there is no $dataset.
-- Counts of attempts: n has this level, each once, whatever number of steps stand at it (the one column that is no change);
--   n_started has its first level here, n_judged of these have a known success, n_scored a known credit_of_score (see attempts.sql);
--   n_ended ends here, its last step stands at the level; n_succeeded ended so with success; sum_score adds up its credit_of_score.
-- n_cost, n_split, n_tokens, n_latency, and beside each its sums: what an attempt has spent when it leaves the level (its last step
--   there) less what it had spent when it left the one before. Cost is known up to the first own LLM step without one, the buckets
--   (n_split) up to the first without input and output, tokens up to the first without a total, seconds up to the first LLM or tool
--   step without an end: from there the attempt is taken out again (−1, and minus its sum), so that n_cost summed up to a cap is the
--   number of attempts whose cost is known by then, and the sum is theirs. Where a step's tokens are unknown no bucket of it is counted.
--   An attempt has no level in tokens, seconds or usd from where these are unknown, and then ends at none.
-- A response replayed from a harness's own cache is a call that used no tokens and cost nothing, as in the attempt's own totals.
-- Steps of judges and simulated users are left out; so are infra errors and cancelled attempts. Exact decimals, cast to double last.
-- Standard SQL: DuckDB and Spark run this text. Reads step, attempt, task and selection(dataset).
with billed as (
    select
        p.dataset, p.attempt_id, p.step_id, p.kind, p.round, p.cached_response, p.offset_s + p.duration_s as end_s,
        case when p.cached_response then 0 else p.uncached_input_tokens end as uncached_input_tokens,
        case when p.cached_response then 0 else p.cache_read_tokens end as cache_read_tokens,
        case when p.cached_response then 0 else p.cache_write_tokens end as cache_write_tokens,
        case when p.cached_response then 0 else p.cache_write_1h_tokens end as cache_write_1h_tokens,
        case when p.cached_response then 0 else p.output_tokens end as output_tokens,
        case when p.cached_response then 0 else p.total_tokens end as total_tokens,
        case when p.cached_response then 0 else p.cost_usd_logged end as cost_usd_logged
    from step p
    join selection s on s.dataset = p.dataset
    where p.role is null or p.role = 'agent'
), own as (
    select
        *,
        case when kind = 'llm' then 1 else 0 end as is_llm,
        case when kind = 'tool' then 1 else 0 end as is_tool,
        case when kind = 'llm' and cost_usd_logged is not null and cached_response is not true then 1 else 0 end as has_cost,
        case when kind = 'llm' and cost_usd_logged is null then 1 else 0 end as lacks_cost,
        case when kind = 'llm' and (uncached_input_tokens is null or output_tokens is null) then 1 else 0 end as lacks_split,
        case when kind = 'llm' and total_tokens is null then 1 else 0 end as lacks_total,
        case when kind <> 'other' and end_s is null then 1 else 0 end as lacks_end
    from billed
), upto as (
    select
        dataset, attempt_id, step_id,
        sum(is_llm) over so_far as turns,
        sum(is_tool) over so_far as tool_calls,
        coalesce(max(round) over so_far, 0) as reflection_depth,
        sum(has_cost) over whole > 0 as is_cost_logged,
        sum(is_llm) over whole > 0 and sum(lacks_cost) over so_far = 0 as is_cost_known,
        sum(is_llm) over whole > 0 and sum(lacks_split) over so_far = 0 as is_split_known,
        sum(is_llm) over whole > 0 and sum(lacks_total) over so_far = 0 as is_total_known,
        sum(lacks_end) over so_far = 0 as is_end_known,
        coalesce(sum(uncached_input_tokens) over so_far, 0) as uncached_input_tokens,
        coalesce(sum(cache_read_tokens) over so_far, 0) as cache_read_tokens,
        coalesce(sum(cache_write_tokens) over so_far, 0) as cache_write_tokens,
        coalesce(sum(cache_write_1h_tokens) over so_far, 0) as cache_write_1h_tokens,
        coalesce(sum(output_tokens) over so_far, 0) as output_tokens,
        coalesce(sum(total_tokens) over so_far, 0) as total_tokens,
        coalesce(sum(cost_usd_logged) over so_far, 0) as cost_usd,
        coalesce(max(end_s) over so_far, 0) as end_s,
        lead(step_id) over in_order is null as is_last
    from own
    window
        in_order as (partition by dataset, attempt_id order by step_id),
        so_far as (partition by dataset, attempt_id order by step_id rows between unbounded preceding and current row),
        whole as (partition by dataset, attempt_id order by step_id rows between unbounded preceding and unbounded following)
), levelled as (
    select
        *,
        case $unit
            when 'turns' then cast(turns as double)
            when 'tool_calls' then cast(tool_calls as double)
            when 'reflection_depth' then cast(reflection_depth as double)
            when 'tokens' then case when is_total_known then cast(total_tokens as double) end
            when 'seconds' then case when is_end_known then cast(end_s as double) end
            when 'usd' then case when is_cost_known then cast(cost_usd as double) end
        end as level
    from upto
), ahead as (
    select *, lead(level) over (partition by dataset, attempt_id order by step_id) as next_level
    from levelled
), stood as (
    select
        dataset, attempt_id, step_id, level, is_cost_logged,
        case when is_last then 1 else 0 end as is_end,
        case when is_cost_known then 1 else 0 end as n_cost,
        case when is_cost_known then cost_usd else 0 end as cost_usd,
        case when is_split_known then 1 else 0 end as n_split,
        case when is_split_known then uncached_input_tokens else 0 end as uncached_input_tokens,
        case when is_split_known then cache_read_tokens else 0 end as cache_read_tokens,
        case when is_split_known then cache_write_tokens else 0 end as cache_write_tokens,
        case when is_split_known then cache_write_1h_tokens else 0 end as cache_write_1h_tokens,
        case when is_split_known then output_tokens else 0 end as output_tokens,
        case when is_total_known then 1 else 0 end as n_tokens,
        case when is_total_known then total_tokens else 0 end as total_tokens,
        case when is_end_known then 1 else 0 end as n_latency,
        case when is_end_known then end_s else 0 end as latency_s
    from ahead
    where level is not null and (next_level is null or next_level > level)
), change as (
    select
        dataset, attempt_id, level, is_cost_logged, is_end,
        case when lag(level) over in_order is null then 1 else 0 end as is_start,
        n_cost - coalesce(lag(n_cost) over in_order, 0) as n_cost,
        cost_usd - coalesce(lag(cost_usd) over in_order, 0) as cost_usd,
        n_split - coalesce(lag(n_split) over in_order, 0) as n_split,
        uncached_input_tokens - coalesce(lag(uncached_input_tokens) over in_order, 0) as uncached_input_tokens,
        cache_read_tokens - coalesce(lag(cache_read_tokens) over in_order, 0) as cache_read_tokens,
        cache_write_tokens - coalesce(lag(cache_write_tokens) over in_order, 0) as cache_write_tokens,
        cache_write_1h_tokens - coalesce(lag(cache_write_1h_tokens) over in_order, 0) as cache_write_1h_tokens,
        output_tokens - coalesce(lag(output_tokens) over in_order, 0) as output_tokens,
        n_tokens - coalesce(lag(n_tokens) over in_order, 0) as n_tokens,
        total_tokens - coalesce(lag(total_tokens) over in_order, 0) as total_tokens,
        n_latency - coalesce(lag(n_latency) over in_order, 0) as n_latency,
        latency_s - coalesce(lag(latency_s) over in_order, 0) as latency_s
    from stood
    window in_order as (partition by dataset, attempt_id order by step_id)
), scored as (
    select
        a.configuration, t.benchmark, t.task,
        count(case when a.score is not null or (a.success is null and a.status in ('error', 'limit', 'timeout')) then 1 end) as n_score
    from attempt a
    join task t on t.dataset = a.dataset and t.task_id = a.task_id
    join selection s on s.dataset = a.dataset
    where a.status not in ('infra', 'cancelled')
    group by a.configuration, t.benchmark, t.task
), judged as (
    select
        a.dataset, a.attempt_id, a.configuration, t.benchmark, t.task, cast(a.started_at as date) as started_on, a.price_tier,
        case when a.success then 1 when a.success is not null or a.status in ('error', 'limit', 'timeout') then 0 end as success,
        case when a.score is not null then a.score when a.status in ('error', 'limit', 'timeout') then cast(0 as decimal(12,9))
             when c.n_score > 0 then null when a.success then cast(1 as decimal(12,9)) when not a.success then cast(0 as decimal(12,9))
             end as credit_of_score
    from attempt a
    join task t on t.dataset = a.dataset and t.task_id = a.task_id
    join selection s on s.dataset = a.dataset
    join scored c on c.configuration = a.configuration and c.benchmark = t.benchmark and c.task = t.task
    where a.status not in ('infra', 'cancelled')
)
select
    cast(a.configuration as varchar(20)) as configuration, a.benchmark, a.task, c.level, a.started_on, a.price_tier, c.is_cost_logged,
    count(*) as n,
    cast(sum(c.is_start) as bigint) as n_started,
    cast(sum(case when a.success is not null then c.is_start else 0 end) as bigint) as n_judged,
    cast(sum(case when a.credit_of_score is not null then c.is_start else 0 end) as bigint) as n_scored,
    cast(sum(c.is_end) as bigint) as n_ended,
    cast(sum(case when a.success = 1 then c.is_end else 0 end) as bigint) as n_succeeded,
    cast(coalesce(sum(case when c.is_end = 1 then a.credit_of_score end), 0) as double) as sum_score,
    cast(sum(c.n_cost) as bigint) as n_cost,
    cast(sum(c.cost_usd) as double) as sum_cost_usd,
    cast(sum(c.n_split) as bigint) as n_split,
    cast(sum(c.uncached_input_tokens) as bigint) as sum_uncached_input_tokens,
    cast(sum(c.cache_read_tokens) as bigint) as sum_cache_read_tokens,
    cast(sum(c.cache_write_tokens) as bigint) as sum_cache_write_tokens,
    cast(sum(c.cache_write_1h_tokens) as bigint) as sum_cache_write_1h_tokens,
    cast(sum(c.output_tokens) as bigint) as sum_output_tokens,
    cast(sum(c.n_tokens) as bigint) as n_tokens,
    cast(sum(c.total_tokens) as bigint) as sum_tokens,
    cast(sum(c.n_latency) as bigint) as n_latency,
    cast(sum(c.latency_s) as double) as sum_latency_s
from change c
join judged a on a.dataset = c.dataset and a.attempt_id = c.attempt_id
group by a.configuration, a.benchmark, a.task, c.level, a.started_on, a.price_tier, c.is_cost_logged
order by configuration, a.benchmark, a.task, c.level, a.started_on nulls first, a.price_tier nulls first, c.is_cost_logged
