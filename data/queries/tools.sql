-- One row = configuration × benchmark × task × tool (its name; "(unnamed)" where the log has none): n_calls; n_failed and n_ok_known (ok
-- false, and ok known); n_duration with sum_duration_s (seconds, double).
-- Own tool steps only; infra errors and cancelled attempts are left out. Exact decimals, cast to double last.
-- Standard SQL: DuckDB and Spark run this text. Reads step, attempt, task and selection(dataset).
with used as (
    select
        p.dataset, p.attempt_id, coalesce(p.name, '(unnamed)') as tool,
        count(*) as n_calls,
        count(case when not p.ok then 1 end) as n_failed,
        count(p.ok) as n_ok_known,
        count(p.duration_s) as n_duration,
        coalesce(sum(p.duration_s), 0) as duration_s
    from step p
    join selection s on s.dataset = p.dataset
    where (p.role is null or p.role = 'agent') and p.kind = 'tool'
    group by p.dataset, p.attempt_id, coalesce(p.name, '(unnamed)')
)
select
    cast(a.configuration as varchar(20)) as configuration, t.benchmark, t.task, u.tool,
    cast(sum(u.n_calls) as bigint) as n_calls,
    cast(sum(u.n_failed) as bigint) as n_failed,
    cast(sum(u.n_ok_known) as bigint) as n_ok_known,
    cast(sum(u.n_duration) as bigint) as n_duration,
    cast(sum(u.duration_s) as double) as sum_duration_s
from used u
join attempt a on a.dataset = u.dataset and a.attempt_id = u.attempt_id
join task t on t.dataset = a.dataset and t.task_id = a.task_id
where a.status not in ('infra', 'cancelled')
group by a.configuration, t.benchmark, t.task, u.tool
order by configuration, t.benchmark, t.task, u.tool
