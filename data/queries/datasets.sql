-- One row = one dataset, newest first: its columns, and how much it holds.
select
    d.* exclude (answer_key_hex),
    (select count(*) from (select distinct configuration from attempt a where a.dataset = d.dataset
        union select distinct configuration from summary s where s.dataset = d.dataset) c) as configurations,
    (select count(*) from task t where t.dataset = d.dataset) as tasks,
    (select count(*) from attempt a where a.dataset = d.dataset) as attempts,
    (select count(*) from step p where p.dataset = d.dataset) as steps,
    (select count(*) from summary s where s.dataset = d.dataset and s.round = s.n_rounds) as summaries
from dataset d
order by d.created_at desc, d.dataset
