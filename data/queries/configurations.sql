-- One row = one configuration of selection(dataset), with the bases of its measures and whether a file name had to name it.
with used as (
    select a.configuration, a.dataset, a.file_id, a.latency_basis, a.token_basis
    from attempt a join selection s on s.dataset = a.dataset
    union all
    select m.configuration, m.dataset, m.file_id, null, null
    from summary m join selection s on s.dataset = m.dataset
), named_by_file as (
    select distinct dataset, file_id from problem where field = 'configuration'
)
select
    c.*,
    case when count(distinct u.latency_basis) > 1 then 'mixed' else min(u.latency_basis) end as latency_basis,
    case when count(distinct u.token_basis) > 1 then 'mixed' else min(u.token_basis) end as token_basis,
    count(n.file_id) > 0 as is_named_by_file
from used u
join configuration c on c.configuration = u.configuration
left join named_by_file n on n.dataset = u.dataset and n.file_id = u.file_id
group by all
order by c.configuration
