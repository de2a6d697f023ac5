-- One row = one task of a benchmark in selection(dataset): benchmark, task, task_group, difficulty, human_minutes (NULL unknown).
-- Where datasets tell different things of one task, the least stands. Standard SQL: DuckDB and Spark run this text.
-- Reads task and selection(dataset).
select
    t.benchmark, t.task,
    min(t.task_group) as task_group,
    min(t.difficulty) as difficulty,
    min(t.human_minutes) as human_minutes
from task t
join selection s on s.dataset = t.dataset
group by t.benchmark, t.task
order by t.benchmark, t.task
