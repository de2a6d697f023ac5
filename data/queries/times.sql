-- One row = one attempt that counts and has a timed own LLM or tool step: configuration, benchmark, task, dataset, attempt_id; seconds as
-- doubles: llm_s, tool_s, busy_s (lengths of the unions of its LLM, its tool, and all these intervals), wall_s (the attempt's latency,
-- else from the first start to the last end); is_timed: every own LLM and tool step has both ends.
-- A union's length is the sum of what each interval, in order of its start, adds beyond the latest end before it.
-- Steps of judges and simulated users are left out. Exact decimals, cast to double last. Standard SQL: DuckDB and Spark run this text.
-- Reads step, attempt, task and selection(dataset).
with own as (
    select p.dataset, p.attempt_id, p.step_id, p.kind, p.offset_s as start_s, p.offset_s + p.duration_s as end_s
    from step p
    join selection s on s.dataset = p.dataset
    where (p.role is null or p.role = 'agent') and p.kind in ('llm', 'tool')
), untimed as (
    select dataset, attempt_id, count(*) as n
    from own
    where end_s is null
    group by dataset, attempt_id
), ends as (
    select
        dataset, attempt_id, kind, start_s, end_s,
        coalesce(max(case when kind = 'llm' then end_s end) over before, start_s) as llm_end_s,
        coalesce(max(case when kind = 'tool' then end_s end) over before, start_s) as tool_end_s,
        coalesce(max(end_s) over before, start_s) as busy_end_s
    from own
    where end_s is not null
    window before as (
        partition by dataset, attempt_id order by start_s, end_s, step_id rows between unbounded preceding and 1 preceding
    )
), covered as (
    select
        dataset, attempt_id,
        sum(case when kind = 'llm' then greatest(end_s - greatest(start_s, llm_end_s), 0) else 0 end) as llm_s,
        sum(case when kind = 'tool' then greatest(end_s - greatest(start_s, tool_end_s), 0) else 0 end) as tool_s,
        sum(greatest(end_s - greatest(start_s, busy_end_s), 0)) as busy_s,
        max(end_s) - min(start_s) as span_s
    from ends
    group by dataset, attempt_id
)
select
    cast(a.configuration as varchar(20)) as configuration, t.benchmark, t.task, a.dataset, a.attempt_id,
    cast(c.llm_s as double) as llm_s,
    cast(c.tool_s as double) as tool_s,
    cast(c.llm_s + c.tool_s - c.busy_s as double) as overlap_s,
    cast(greatest(coalesce(a.latency_s, c.span_s) - c.busy_s, 0) as double) as idle_s,
    cast(coalesce(a.latency_s, c.span_s) as double) as wall_s,
    u.n is null as is_timed
from covered c
join attempt a on a.dataset = c.dataset and a.attempt_id = c.attempt_id
join task t on t.dataset = a.dataset and t.task_id = a.task_id
left join untimed u on u.dataset = c.dataset and u.attempt_id = c.attempt_id
where a.status not in ('infra', 'cancelled')
order by configuration, t.benchmark, t.task, a.dataset, a.attempt_id
