-- One row = one file of selection(dataset), in order.
select f.*
from dataset_file f
join selection s on s.dataset = f.dataset
order by f.dataset, f.file_id
