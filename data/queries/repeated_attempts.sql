-- Attempts of $dataset that were met before: the same run id, or the same explicit attempt number with equal measures.
-- One row = one attempt to leave out: attempt_id, file_id, locator, reason. Kept is one with steps, else the first in the order of files
-- and rows.
with numbered as (
    select
        attempt_id, file_id, locator, run_id, attempt,
        row_number() over (partition by configuration, task_id, run_id order by has_steps desc, attempt_id) as nth_of_run,
        row_number() over (
            partition by configuration, task_id, run_id, attempt, success, score, cost_usd_logged, latency_s, started_at,
                uncached_input_tokens, output_tokens, total_tokens, status
            order by has_steps desc, attempt_id
        ) as nth_of_equals
    from (
        select a.*, exists (select 1 from step p where p.dataset = a.dataset and p.attempt_id = a.attempt_id) as has_steps
        from attempt a
        where a.dataset = $dataset
    ) known
)
select
    attempt_id, file_id, locator,
    case when run_id is not null and nth_of_run > 1 then 'the same run id was met before: counted once'
         else 'the same attempt with equal measures was met before: counted once' end as reason
from numbered
where (run_id is not null and nth_of_run > 1) or (attempt is not null and nth_of_equals > 1)
order by attempt_id
