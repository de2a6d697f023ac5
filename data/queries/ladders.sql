-- One row = configuration × benchmark × task × unit × level: what changes when a cap in that unit is raised to this level.
-- A running sum over the rows up to a cap gives what would stand had every attempt been cut there; rows of shards add up.
-- unit, level: turns (own LLM steps), tool_calls, reflection_depth (the round, carried forward to steps that name none): every one that
--   an attempt stood at, 0 included; tokens, seconds and usd (as logged): the running total at the end of each step.
-- Counts of attempts: n has this level, each once, whatever number of steps stand at it (the one column that is no change);
--   n_started has its first level here; n_ended ends here, its last step stands at the level; n_succeeded ended so with success.
-- n_cost, n_tokens, n_latency, and beside each its sums: what an attempt has spent when it leaves the level (its last step there)
--   less what it had spent when it left the one before. Cost is known up to the first own LLM step without one, tokens up to the first
--   without input and output, seconds up to the first LLM or tool step without an end: from there the attempt is taken out again (−1,
--   and minus its sum), so that n_cost summed up to a cap is the number of attempts whose cost is known by then, and the sum is theirs.
--   An attempt has no level in tokens, seconds or usd from where these are unknown, and then ends at none.
-- Steps of judges and simulated users are left out; so are infra errors and cancelled attempts. Exact decimals, cast to double last.
-- Standard SQL: DuckDB and Spark run this text. Reads step, attempt, task and selection(dataset).
with own as (
    select
        p.dataset, p.attempt_id, p.step_id, p.round,
        case when p.kind = 'llm' then 1 else 0 end as is_llm,
        case when p.kind = 'tool' then 1 else 0 end as is_tool,
        p.uncached_input_tokens, p.cache_read_tokens, p.cache_write_tokens, p.cache_write_1h_tokens, p.output_tokens,
        p.total_tokens, p.cost_usd_logged,
        p.offset_s + p.duration_s as end_s,
        case when p.kind = 'llm' and p.cost_usd_logged is null then 1 else 0 end as lacks_cost,
        case when p.kind = 'llm' and (p.uncached_input_tokens is null or p.output_tokens is null) then 1 else 0 end as lacks_tokens,
        case when p.kind = 'llm' and p.total_tokens is null then 1 else 0 end as lacks_total,
        case when p.kind <> 'other' and (p.offset_s is null or p.duration_s is null) then 1 else 0 end as lacks_end
    from step p
    join selection s on s.dataset = p.dataset
    where p.role is null or p.role = 'agent'
), upto as (
    select
        dataset, attempt_id, step_id,
        sum(is_llm) over so_far as turns,
        sum(is_tool) over so_far as tool_calls,
        coalesce(max(round) over so_far, 0) as reflection_depth,
        sum(is_llm) over whole > 0 and sum(lacks_cost) over so_far = 0 as is_cost_known,
        sum(is_llm) over whole > 0 and sum(lacks_tokens) over so_far = 0 as are_tokens_known,
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
        max(step_id) over whole as last_step_id
    from own
    window
        whole as (partition by dataset, attempt_id),
        so_far as (partition by dataset, attempt_id order by step_id rows between unbounded preceding and current row)
), reached as (
    select dataset, attempt_id, 'turns' as unit, cast(turns as double) as level, max(step_id) as step_id
    from upto group by dataset, attempt_id, turns
    union all
    select dataset, attempt_id, 'tool_calls', cast(tool_calls as double), max(step_id)
    from upto group by dataset, attempt_id, tool_calls
    union all
    select dataset, attempt_id, 'reflection_depth', cast(reflection_depth as double), max(step_id)
    from upto group by dataset, attempt_id, reflection_depth
    union all
    select dataset, attempt_id, 'tokens', cast(total_tokens as double), max(step_id)
    from upto where is_total_known group by dataset, attempt_id, total_tokens
    union all
    select dataset, attempt_id, 'seconds', cast(end_s as double), max(step_id)
    from upto where is_end_known group by dataset, attempt_id, end_s
    union all
    select dataset, attempt_id, 'usd', cast(cost_usd as double), max(step_id)
    from upto where is_cost_known group by dataset, attempt_id, cost_usd
), stood as (
    select
        r.dataset, r.attempt_id, r.unit, r.level, r.step_id,
        case when r.step_id = u.last_step_id then 1 else 0 end as is_end,
        case when u.is_cost_known then 1 else 0 end as n_cost,
        case when u.is_cost_known then u.cost_usd else 0 end as cost_usd,
        case when u.are_tokens_known then 1 else 0 end as n_tokens,
        case when u.are_tokens_known then u.uncached_input_tokens else 0 end as uncached_input_tokens,
        case when u.are_tokens_known then u.cache_read_tokens else 0 end as cache_read_tokens,
        case when u.are_tokens_known then u.cache_write_tokens else 0 end as cache_write_tokens,
        case when u.are_tokens_known then u.cache_write_1h_tokens else 0 end as cache_write_1h_tokens,
        case when u.are_tokens_known then u.output_tokens else 0 end as output_tokens,
        case when u.is_end_known then 1 else 0 end as n_latency,
        case when u.is_end_known then u.end_s else 0 end as latency_s
    from reached r
    join upto u on u.dataset = r.dataset and u.attempt_id = r.attempt_id and u.step_id = r.step_id
), change as (
    select
        dataset, attempt_id, unit, level, is_end,
        case when row_number() over in_order = 1 then 1 else 0 end as is_start,
        n_cost - coalesce(lag(n_cost) over in_order, 0) as n_cost,
        cost_usd - coalesce(lag(cost_usd) over in_order, 0) as cost_usd,
        n_tokens - coalesce(lag(n_tokens) over in_order, 0) as n_tokens,
        uncached_input_tokens - coalesce(lag(uncached_input_tokens) over in_order, 0) as uncached_input_tokens,
        cache_read_tokens - coalesce(lag(cache_read_tokens) over in_order, 0) as cache_read_tokens,
        cache_write_tokens - coalesce(lag(cache_write_tokens) over in_order, 0) as cache_write_tokens,
        cache_write_1h_tokens - coalesce(lag(cache_write_1h_tokens) over in_order, 0) as cache_write_1h_tokens,
        output_tokens - coalesce(lag(output_tokens) over in_order, 0) as output_tokens,
        n_latency - coalesce(lag(n_latency) over in_order, 0) as n_latency,
        latency_s - coalesce(lag(latency_s) over in_order, 0) as latency_s
    from stood
    window in_order as (partition by dataset, attempt_id, unit order by step_id)
)
select
    a.configuration, t.benchmark, t.task, c.unit, c.level,
    count(*) as n,
    cast(sum(c.is_start) as bigint) as n_started,
    cast(sum(c.is_end) as bigint) as n_ended,
    cast(sum(case when a.success then c.is_end else 0 end) as bigint) as n_succeeded,
    cast(sum(c.n_cost) as bigint) as n_cost,
    cast(sum(c.cost_usd) as double) as sum_cost_usd,
    cast(sum(c.n_tokens) as bigint) as n_tokens,
    cast(sum(c.uncached_input_tokens) as bigint) as sum_uncached_input_tokens,
    cast(sum(c.cache_read_tokens) as bigint) as sum_cache_read_tokens,
    cast(sum(c.cache_write_tokens) as bigint) as sum_cache_write_tokens,
    cast(sum(c.cache_write_1h_tokens) as bigint) as sum_cache_write_1h_tokens,
    cast(sum(c.output_tokens) as bigint) as sum_output_tokens,
    cast(sum(c.n_latency) as bigint) as n_latency,
    cast(sum(c.latency_s) as double) as sum_latency_s
from change c
join attempt a on a.dataset = c.dataset and a.attempt_id = c.attempt_id
join task t on t.dataset = a.dataset and t.task_id = a.task_id
where a.status not in ('infra', 'cancelled')
group by a.configuration, t.benchmark, t.task, c.unit, c.level
order by a.configuration, t.benchmark, t.task, c.unit, c.level
