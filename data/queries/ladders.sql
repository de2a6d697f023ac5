-- One row = configuration × benchmark × task × unit × level: what stood when the attempts had reached that level.
-- unit: turns, reflection_depth, tool_calls (every level), tokens, seconds, usd (running total at the end of each step).
-- level: the count or total. n: attempts that passed the level or ended on it, each counted once at each of its own levels.
-- n_ended: attempts whose last step this is; n_succeeded: those of them that succeeded. Sums are over what was spent up to the level
-- by the attempts counted in n; tokens without a known bucket count as none (n_tokens tells how many steps had them).
-- Steps of judges and simulated users are left out. Reads step, attempt, task and selection(dataset).
with own as (
    select
        p.dataset, p.attempt_id, p.step_id, p.kind, p.round,
        coalesce(p.uncached_input_tokens, 0) + coalesce(p.cache_read_tokens, 0) + coalesce(p.cache_write_tokens, 0)
            + coalesce(p.cache_write_1h_tokens, 0) as input_tokens,
        coalesce(p.output_tokens, 0) as output_tokens,
        p.cost_usd_logged, p.duration_s, p.offset_s
    from step p
    join selection s on s.dataset = p.dataset
    where p.role is null or p.role = 'agent'
), running as (
    select
        dataset, attempt_id, step_id, kind, coalesce(round, 0) as reflection_depth,
        sum(case when kind = 'llm' then 1 else 0 end) over upto as turns,
        sum(case when kind = 'tool' then 1 else 0 end) over upto as tool_calls,
        sum(input_tokens) over upto as input_tokens,
        sum(output_tokens) over upto as output_tokens,
        sum(cost_usd_logged) over upto as usd,
        count(cost_usd_logged) over upto as n_usd,
        max(offset_s + coalesce(duration_s, 0)) over upto as seconds,
        row_number() over (partition by dataset, attempt_id order by step_id desc) = 1 as is_last
    from own
    window upto as (partition by dataset, attempt_id order by step_id rows between unbounded preceding and current row)
), reached as (
    select dataset, attempt_id, 'turns' as unit, cast(turns as double) as level, max(step_id) as step_id
    from running where turns > 0 group by dataset, attempt_id, turns
    union all
    select dataset, attempt_id, 'reflection_depth', cast(reflection_depth as double), max(step_id)
    from running group by dataset, attempt_id, reflection_depth
    union all
    select dataset, attempt_id, 'tool_calls', cast(tool_calls as double), max(step_id)
    from running group by dataset, attempt_id, tool_calls
    union all
    select dataset, attempt_id, 'tokens', cast(input_tokens + output_tokens as double), step_id from running
    union all
    select dataset, attempt_id, 'seconds', cast(seconds as double), step_id from running where seconds is not null
    union all
    select dataset, attempt_id, 'usd', cast(usd as double), step_id from running where usd is not null
)
select
    a.configuration, t.benchmark, t.task, r.unit, r.level,
    count(*) as n,
    count(*) filter (where u.is_last) as n_ended,
    count(*) filter (where u.is_last and a.success) as n_succeeded,
    cast(sum(u.input_tokens) as bigint) as sum_input_tokens,
    cast(sum(u.output_tokens) as bigint) as sum_output_tokens,
    count(u.usd) as n_cost,
    cast(sum(u.usd) as double) as sum_cost_usd,
    count(u.seconds) as n_latency,
    cast(sum(u.seconds) as double) as sum_latency_s
from reached r
join running u on u.dataset = r.dataset and u.attempt_id = r.attempt_id and u.step_id = r.step_id
join attempt a on a.dataset = r.dataset and a.attempt_id = r.attempt_id
join task t on t.dataset = a.dataset and t.task_id = a.task_id
where a.status not in ('infra', 'cancelled')
group by a.configuration, t.benchmark, t.task, r.unit, r.level
order by a.configuration, t.benchmark, t.task, r.unit, r.level
