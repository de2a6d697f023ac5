-- Takes Arrow batches (incoming) of one or more files into attempt; attempt_id counts on from each file's first over the files of $dataset.
insert into attempt
select
    $dataset, i.first + i.ordinal, c.id, t.id, i.attempt, i.run_id, i.started_at,
    cast(i.latency_s as decimal(18,6)), i.latency_basis, cast(i.active_s as decimal(18,6)), cast(i.ttft_s as decimal(18,6)),
    cast(i.score as decimal(12,9)), i.score_name, i.success, i.is_success_logged,
    i.uncached_input_tokens, i.cache_read_tokens, i.cache_write_tokens, i.cache_write_1h_tokens, i.output_tokens,
    i.reasoning_tokens, i.total_tokens, i.token_basis, i.llm_calls, i.tool_calls, i.turns, i.retries, i.reflections,
    i.sum_input_output, i.sum_input_sq, cast(i.cost_usd_logged as decimal(18,12)), cast(i.tool_cost_usd as decimal(18,12)),
    i.status, i.stop_reason, i.price_tier, i.answer_key, i.aux_input_tokens, i.aux_output_tokens,
    cast(i.aux_cost_usd as decimal(18,12)), i.aux_llm_calls, i.file_id, i.locator
from incoming i
join configuration_map c on c.file_id = i.file_id and c.local = i.configuration
join task_map t on t.file_id = i.file_id and t.local = i.task
