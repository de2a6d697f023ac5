-- Published rows after each round: one row = configuration × benchmark × depth (round − 1) × UTC day × cost logged or not, task "(all)".
-- A run's last row stands for every greater depth of its configuration and benchmark too: it had ended. Rows of one configuration and
-- benchmark are runs of it: pooled by n. Every measure that a row may leave out has beside it the number of attempts of which it is
-- known (published rows tell cost and tokens after the last round only); n_split: of which input and output are.
-- Standard SQL: DuckDB and Spark run this text. Reads summary and selection(dataset).
with row_after as (
    select m.*
    from summary m
    join selection s on s.dataset = m.dataset
), depths as (
    select distinct configuration, benchmark, round from row_after
), upto as (
    select
        d.round - 1 as depth, m.*,
        m.uncached_input_tokens is not null and m.output_tokens is not null as is_split_known
    from depths d
    join row_after m on m.configuration = d.configuration and m.benchmark = d.benchmark
    where m.round = d.round or (m.round = m.n_rounds and m.round < d.round)
)
select
    cast(configuration as varchar(20)) as configuration, benchmark, '(all)' as task, depth,
    cast(started_at as date) as started_on,
    cast(null as varchar(20)) as price_tier,
    cost_usd_sum is not null as is_cost_logged,
    cast(sum(n) as bigint) as n_attempts,
    cast(sum(success_sum) as double) as sum_success,
    cast(sum(case when cost_usd_sum is not null then n else 0 end) as bigint) as n_cost,
    cast(coalesce(sum(cost_usd_sum), 0) as double) as sum_cost_usd,
    cast(sum(case when is_split_known then n else 0 end) as bigint) as n_split,
    cast(sum(case when is_split_known then uncached_input_tokens else 0 end) as bigint) as sum_uncached_input_tokens,
    cast(sum(case when is_split_known then coalesce(cache_read_tokens, 0) else 0 end) as bigint) as sum_cache_read_tokens,
    cast(sum(case when is_split_known then coalesce(cache_write_tokens, 0) else 0 end) as bigint) as sum_cache_write_tokens,
    cast(sum(case when is_split_known then coalesce(cache_write_1h_tokens, 0) else 0 end) as bigint) as sum_cache_write_1h_tokens,
    cast(sum(case when is_split_known then output_tokens else 0 end) as bigint) as sum_output_tokens,
    cast(sum(case when total_tokens is not null then n else 0 end) as bigint) as n_tokens,
    cast(coalesce(sum(total_tokens), 0) as bigint) as sum_tokens,
    cast(sum(case when latency_s is not null then n else 0 end) as bigint) as n_latency,
    cast(coalesce(sum(latency_s * n), 0) as double) as sum_latency_s
from upto
group by configuration, benchmark, depth, cast(started_at as date), cost_usd_sum is not null
order by configuration, benchmark, depth, started_on nulls first, is_cost_logged
