-- One row = configuration × benchmark × task × n_failed_before: own LLM and tool steps whose ok is known (n) and those of them that
-- failed (n_failed), by the number of earlier own LLM and tool steps of the attempt with ok false (0, 1, 2; 3: three and more).
-- Steps of judges and simulated users are left out; so are infra errors and cancelled attempts.
-- Standard SQL: DuckDB and Spark run this text. Reads step, attempt, task and selection(dataset).
with own as (
    select
        p.dataset, p.attempt_id, p.ok,
        count(case when not p.ok then 1 end) over (
            partition by p.dataset, p.attempt_id order by p.step_id rows between unbounded preceding and 1 preceding
        ) as n_failed_before
    from step p
    join selection s on s.dataset = p.dataset
    where (p.role is null or p.role = 'agent') and p.kind in ('llm', 'tool')
), counted as (
    select dataset, attempt_id, least(n_failed_before, 3) as n_failed_before, count(*) as n, count(case when not ok then 1 end) as n_failed
    from own
    where ok is not null
    group by dataset, attempt_id, least(n_failed_before, 3)
)
select
    cast(a.configuration as varchar(20)) as configuration, t.benchmark, t.task, c.n_failed_before,
    cast(sum(c.n) as bigint) as n,
    cast(sum(c.n_failed) as bigint) as n_failed
from counted c
join attempt a on a.dataset = c.dataset and a.attempt_id = c.attempt_id
join task t on t.dataset = a.dataset and t.task_id = a.task_id
where a.status not in ('infra', 'cancelled')
group by a.configuration, t.benchmark, t.task, c.n_failed_before
order by configuration, t.benchmark, t.task, c.n_failed_before
