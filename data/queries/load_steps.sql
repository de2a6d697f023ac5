-- Takes Arrow batches (incoming) of steps into step; ordinal is the attempt's number within its file, first the file's offset.
insert into step
select
    $dataset, i.first + i.ordinal, i.step_id, i.turn, i.round, i.parent, i.kind, i.name, i.model, i.role, i.stage, i.agent,
    cast(i.offset_s as decimal(18,6)), cast(i.duration_s as decimal(18,6)),
    i.uncached_input_tokens, i.cache_read_tokens, i.cache_write_tokens, i.cache_write_1h_tokens, i.output_tokens,
    i.reasoning_tokens, i.total_tokens, cast(i.cost_usd_logged as decimal(18,12)), i.ok, cast(i.score as decimal(12,9)),
    i.cached_response
from incoming i
