-- One row = one dataset of selection(dataset): sums over all its attempts and published results, as logged.
with rows as (
    select dataset, uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
        total_tokens, cost_usd_logged, latency_s, aux_input_tokens, aux_output_tokens, aux_cost_usd, aux_llm_calls
    from attempt
    union all
    select dataset, uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
        total_tokens, cost_usd_sum, cast(latency_s * n as decimal(18,6)), null, null, null, null
    from summary where round = n_rounds
)
select
    r.dataset,
    cast(sum(uncached_input_tokens) as bigint) as uncached_input_tokens,
    cast(sum(cache_read_tokens) as bigint) as cache_read_tokens,
    cast(sum(cache_write_tokens) as bigint) as cache_write_tokens,
    cast(sum(cache_write_1h_tokens) as bigint) as cache_write_1h_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    cast(sum(reasoning_tokens) as bigint) as reasoning_tokens,
    cast(sum(total_tokens) as bigint) as total_tokens,
    cast(sum(cost_usd_logged) as double) as cost_usd_logged,
    cast(sum(latency_s) as double) as latency_s,
    cast(sum(aux_input_tokens) as bigint) as aux_input_tokens,
    cast(sum(aux_output_tokens) as bigint) as aux_output_tokens,
    cast(sum(aux_cost_usd) as double) as aux_cost_usd,
    cast(sum(aux_llm_calls) as bigint) as aux_llm_calls
from rows r
join selection s on s.dataset = r.dataset
group by r.dataset
order by r.dataset
