-- One row = one attempt that counts and has own LLM or tool steps: configuration, benchmark, task, dataset, attempt_id; n_steps of them,
-- first_failed_step (number of the first with ok false, from 1; double, NULL: none), n_failed, n_ok_known (steps whose ok is known).
-- Steps of judges and simulated users are left out. Standard SQL: DuckDB and Spark run this text.
-- Reads step, attempt, task and selection(dataset).
with own as (
    select
        p.dataset, p.attempt_id, p.ok,
        row_number() over (partition by p.dataset, p.attempt_id order by p.step_id) as number
    from step p
    join selection s on s.dataset = p.dataset
    where (p.role is null or p.role = 'agent') and p.kind in ('llm', 'tool')
), counted as (
    select
        dataset, attempt_id,
        count(*) as n_steps,
        min(case when not ok then number end) as first_failed_step,
        count(case when not ok then 1 end) as n_failed,
        count(ok) as n_ok_known
    from own
    group by dataset, attempt_id
)
select
    cast(a.configuration as varchar(20)) as configuration, t.benchmark, t.task, a.dataset, a.attempt_id,
    c.n_steps, cast(c.first_failed_step as double) as first_failed_step, c.n_failed, c.n_ok_known
from counted c
join attempt a on a.dataset = c.dataset and a.attempt_id = c.attempt_id
join task t on t.dataset = a.dataset and t.task_id = a.task_id
where a.status not in ('infra', 'cancelled')
order by configuration, t.benchmark, t.task, a.dataset, a.attempt_id
