-- One row = one benchmark of selection(dataset), the one with the most attempts first.
with counted as (
    select t.benchmark, count(*) as n
    from attempt a
    join task t on t.dataset = a.dataset and t.task_id = a.task_id
    join selection s on s.dataset = a.dataset
    group by t.benchmark
    union all
    select m.benchmark, cast(sum(m.n) as bigint)
    from summary m join selection s on s.dataset = m.dataset
    where m.round = m.n_rounds
    group by m.benchmark
)
select benchmark, cast(sum(n) as bigint) as attempts
from counted
group by benchmark
order by attempts desc, benchmark
