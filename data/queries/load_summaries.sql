-- Takes Arrow batches (incoming) of published rows of one or more files into summary; a row without a benchmark belongs to $benchmark.
insert into summary
select
    $dataset,
    cast((select count(*) from summary s where s.dataset = $dataset) + row_number() over () - 1 as integer),
    c.id, coalesce(i.benchmark, $benchmark), i.round, i.n_rounds, i.n, i.n_tasks, i.run_id, i.started_at,
    cast(i.success_sum as decimal(18,9)), cast(i.cost_usd_sum as decimal(18,12)), cast(i.latency_s as decimal(18,6)),
    i.uncached_input_tokens, i.cache_read_tokens, i.cache_write_tokens, i.cache_write_1h_tokens, i.output_tokens,
    i.reasoning_tokens, i.total_tokens, i.llm_calls, i.tool_calls, i.turns, i.n_errors, i.n_limit, i.file_id, i.locator
from incoming i
join configuration_map c on c.file_id = i.file_id and c.local = i.configuration
