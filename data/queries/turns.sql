-- One row = configuration × benchmark × task × turn × UTC day × price tier × step costs logged or not. Turn k is an attempt's k-th own LLM
-- call with the own steps that follow it (steps before the first call belong to turn 1). The last three keys matter to prices only.
-- n: attempts that made the call; n_split of these with known input and output, and beside it the sums of the buckets;
-- n_reasoning_tokens with its sum; n_cost, sum_cost_usd: calls with a logged cost, and all that is logged in their turn
-- (tools too); n_failed, n_ok_known: LLM and tool steps of the turn with ok false, and with ok known.
-- A response replayed from a harness's own cache is a call that used no tokens and cost nothing, as in the attempt's own totals.
-- Steps of judges and simulated users are left out; so are infra errors and cancelled attempts. Exact decimals, cast to double last.
-- Standard SQL: DuckDB and Spark run this text. Reads step, attempt, task and selection(dataset).
with billed as (
    select
        p.dataset, p.attempt_id, p.step_id, p.kind, p.ok, p.cached_response,
        case when p.cached_response then 0 else p.uncached_input_tokens end as uncached_input_tokens,
        case when p.cached_response then 0 else p.cache_read_tokens end as cache_read_tokens,
        case when p.cached_response then 0 else p.cache_write_tokens end as cache_write_tokens,
        case when p.cached_response then 0 else p.cache_write_1h_tokens end as cache_write_1h_tokens,
        case when p.cached_response then 0 else p.output_tokens end as output_tokens,
        case when p.cached_response then 0 else p.reasoning_tokens end as reasoning_tokens,
        case when p.cached_response then 0 else p.cost_usd_logged end as cost_usd_logged
    from step p
    join selection s on s.dataset = p.dataset
    where p.role is null or p.role = 'agent'
), own as (
    select
        *,
        case when kind = 'llm' then 1 else 0 end as is_llm,
        case when kind = 'llm' and uncached_input_tokens is not null and output_tokens is not null then 1 else 0 end as is_split,
        case when kind = 'llm' and cost_usd_logged is not null then 1 else 0 end as has_cost,
        case when kind = 'llm' and cost_usd_logged is not null and cached_response is not true then 1 else 0 end as has_paid
    from billed
), numbered as (
    select
        *,
        greatest(sum(is_llm) over so_far, 1) as nth_call,
        sum(has_paid) over whole > 0 as is_cost_logged
    from own
    window
        so_far as (partition by dataset, attempt_id order by step_id rows between unbounded preceding and current row),
        whole as (partition by dataset, attempt_id order by step_id rows between unbounded preceding and unbounded following)
), each_turn as (
    select
        dataset, attempt_id, nth_call, is_cost_logged,
        sum(is_llm) as n,
        sum(is_split) as n_split,
        sum(case when is_split = 1 then uncached_input_tokens else 0 end) as uncached_input_tokens,
        sum(case when is_split = 1 then coalesce(cache_read_tokens, 0) else 0 end) as cache_read_tokens,
        sum(case when is_split = 1 then coalesce(cache_write_tokens, 0) else 0 end) as cache_write_tokens,
        sum(case when is_split = 1 then coalesce(cache_write_1h_tokens, 0) else 0 end) as cache_write_1h_tokens,
        sum(case when is_split = 1 then output_tokens else 0 end) as output_tokens,
        sum(case when is_split = 1 and reasoning_tokens is not null then 1 else 0 end) as n_reasoning_tokens,
        sum(case when is_split = 1 then coalesce(reasoning_tokens, 0) else 0 end) as reasoning_tokens,
        case when is_cost_logged then sum(has_cost) else 0 end as n_cost,
        coalesce(sum(cost_usd_logged), 0) as cost_usd,
        sum(case when kind <> 'other' and not ok then 1 else 0 end) as n_failed,
        sum(case when kind <> 'other' and ok is not null then 1 else 0 end) as n_ok_known
    from numbered
    group by dataset, attempt_id, nth_call, is_cost_logged
)
select
    cast(a.configuration as varchar(20)) as configuration, t.benchmark, t.task, cast(e.nth_call as bigint) as turn,
    cast(a.started_at as date) as started_on, a.price_tier, e.is_cost_logged,
    cast(sum(e.n) as bigint) as n,
    cast(sum(e.n_split) as bigint) as n_split,
    cast(sum(e.uncached_input_tokens) as bigint) as sum_uncached_input_tokens,
    cast(sum(e.cache_read_tokens) as bigint) as sum_cache_read_tokens,
    cast(sum(e.cache_write_tokens) as bigint) as sum_cache_write_tokens,
    cast(sum(e.cache_write_1h_tokens) as bigint) as sum_cache_write_1h_tokens,
    cast(sum(e.output_tokens) as bigint) as sum_output_tokens,
    cast(sum(e.n_reasoning_tokens) as bigint) as n_reasoning_tokens,
    cast(sum(e.reasoning_tokens) as bigint) as sum_reasoning_tokens,
    cast(sum(e.n_cost) as bigint) as n_cost,
    cast(sum(case when e.n_cost > 0 then e.cost_usd else 0 end) as double) as sum_cost_usd,
    cast(sum(e.n_failed) as bigint) as n_failed,
    cast(sum(e.n_ok_known) as bigint) as n_ok_known
from each_turn e
join attempt a on a.dataset = e.dataset and a.attempt_id = e.attempt_id
join task t on t.dataset = a.dataset and t.task_id = a.task_id
where a.status not in ('infra', 'cancelled')
group by a.configuration, t.benchmark, t.task, e.nth_call, cast(a.started_at as date), a.price_tier, e.is_cost_logged
order by configuration, t.benchmark, t.task, turn, started_on nulls first, a.price_tier nulls first, e.is_cost_logged
