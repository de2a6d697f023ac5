-- One row = one attempt that counts and has scored own steps: configuration, benchmark, task; cost_usd (logged, of all own steps) and
-- cost_usd_after_last_useful (of those after the first step at which the attempt's best score is reached): USD, NULL where the cost of an
-- own LLM step is unknown. Steps of judges and simulated users are left out. Standard SQL: DuckDB and Spark run this text.
-- Reads step, attempt, task and selection(dataset).
with own as (
    select
        p.dataset, p.attempt_id, p.step_id, p.score, p.cost_usd_logged,
        case when p.kind = 'llm' and p.cost_usd_logged is null then 1 else 0 end as lacks_cost,
        max(p.score) over (partition by p.dataset, p.attempt_id) as best
    from step p
    join selection s on s.dataset = p.dataset
    where p.role is null or p.role = 'agent'
), reached as (
    select dataset, attempt_id, min(step_id) as useful_step
    from own
    where score = best
    group by dataset, attempt_id
), spent as (
    select
        o.dataset, o.attempt_id, sum(o.lacks_cost) as n_unknown,
        coalesce(sum(o.cost_usd_logged), 0) as cost_usd,
        coalesce(sum(case when o.step_id > r.useful_step then o.cost_usd_logged end), 0) as after_usd
    from own o
    join reached r on r.dataset = o.dataset and r.attempt_id = o.attempt_id
    group by o.dataset, o.attempt_id
)
select
    cast(a.configuration as varchar(20)) as configuration, t.benchmark, t.task,
    cast(case when p.n_unknown = 0 then p.cost_usd end as double) as cost_usd,
    cast(case when p.n_unknown = 0 then p.after_usd end as double) as cost_usd_after_last_useful
from spent p
join attempt a on a.dataset = p.dataset and a.attempt_id = p.attempt_id
join task t on t.dataset = a.dataset and t.task_id = a.task_id
where a.status not in ('infra', 'cancelled')
order by configuration, t.benchmark, t.task, a.dataset, a.attempt_id
