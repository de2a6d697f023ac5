-- One row = one thing that an importer had to say about a file of selection(dataset).
select f.dataset, f.file, n.text
from note n
join dataset_file f on f.dataset = n.dataset and f.file_id = n.file_id
join selection s on s.dataset = n.dataset
order by f.dataset, f.file_id, n.text
