-- Attempts of $dataset that repeat an earlier one. refused: the same run id, or the same explicit attempt number with equal measures;
-- such a try counts once. Not refused: rows without both that equal an earlier one in every measure; they are kept, and told.
-- One row = one attempt: attempt_id, file_id, locator, refused, reason. First is one with steps, else the first of files and rows.
with known as (
    select
        a.*,
        exists (select 1 from step p where p.dataset = a.dataset and p.attempt_id = a.attempt_id) as has_steps
    from attempt a
    where a.dataset = $dataset
), numbered as (
    select
        attempt_id, file_id, locator,
        run_id is not null and row_number() over same_run > 1 as repeats_run,
        attempt is not null and row_number() over same_measures > 1 as repeats_try,
        run_id is null and attempt is null and row_number() over same_measures > 1
            and (cost_usd_logged is not null or latency_s is not null or total_tokens is not null) as looks_alike
    from known
    window
        same_run as (partition by configuration, task_id, run_id order by has_steps desc, attempt_id),
        same_measures as (
            partition by configuration, task_id, run_id, attempt, started_at, status, success, score, answer_key,
                cost_usd_logged, tool_cost_usd, latency_s, active_s, ttft_s,
                uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
                reasoning_tokens, total_tokens, llm_calls, tool_calls, turns, retries, reflections,
                aux_input_tokens, aux_output_tokens, aux_cost_usd, aux_llm_calls
            order by has_steps desc, attempt_id
        )
)
select
    attempt_id, file_id, locator,
    repeats_run or repeats_try as refused,
    case when repeats_run then 'the same run id was met before: counted once'
         when repeats_try then 'the same attempt with equal measures was met before: counted once'
         else 'equals an earlier row; without an attempt column each row is an attempt' end as reason
from numbered
where repeats_run or repeats_try or looks_alike
