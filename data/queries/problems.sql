-- One row = one kind of problem in one file of selection(dataset): first place, how often; refusals of whole files included.
select f.dataset, f.file, p.locator, p.field, p.reason, p.refused, p.n
from problem p
join dataset_file f on f.dataset = p.dataset and f.file_id = p.file_id
join selection s on s.dataset = p.dataset
union all
select f.dataset, f.file, 'the file', cast(null as varchar), f.refusal, true, 1
from dataset_file f
join selection s on s.dataset = f.dataset
where f.refusal is not null
order by 1, 6 desc, 7 desc, 2, 5
