-- One row = one step of the attempt $attempt_id of $dataset, in the order of the log, those of judges and simulated users too (role).
-- step_id, turn, round, parent (step_id of the enclosing step), kind, name, model, role; seconds, tokens and USD as doubles; ok; score.
select
    step_id, cast(turn as double) as turn, cast(round as double) as round, cast(parent as double) as parent, kind, name, model, role,
    cast(offset_s as double) as offset_s,
    cast(duration_s as double) as duration_s,
    cast(uncached_input_tokens as double) as uncached_input_tokens,
    cast(cache_read_tokens as double) as cache_read_tokens,
    cast(cache_write_tokens as double) as cache_write_tokens,
    cast(cache_write_1h_tokens as double) as cache_write_1h_tokens,
    cast(output_tokens as double) as output_tokens,
    cast(reasoning_tokens as double) as reasoning_tokens,
    cast(total_tokens as double) as total_tokens,
    cast(cost_usd_logged as double) as cost_usd_logged,
    ok,
    cast(score as double) as score
from step
where dataset = $dataset and attempt_id = $attempt_id
order by step_id
