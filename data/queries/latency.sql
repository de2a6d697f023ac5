-- One row = one attempt that counts and whose latency is known: configuration, benchmark, task, latency_s (seconds).
-- Quantiles do not add, so cells cannot carry them. Reads attempt, task and selection(dataset).
select a.configuration, t.benchmark, t.task, cast(a.latency_s as double) as latency_s
from attempt a
join task t on t.dataset = a.dataset and t.task_id = a.task_id
join selection s on s.dataset = a.dataset
where a.latency_s is not null and a.status not in ('infra', 'cancelled')
order by a.configuration, t.benchmark, t.task, a.latency_s
