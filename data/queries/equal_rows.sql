-- Rows of $dataset without run id and attempt number that equal an earlier row in every measure: kept, and told.
-- One row = one file: file_id, locator of the first such row, n.
with numbered as (
    select
        file_id, locator, attempt_id,
        row_number() over (
            partition by configuration, task_id, success, score, cost_usd_logged, latency_s, started_at, uncached_input_tokens,
                output_tokens, total_tokens, status
            order by attempt_id
        ) as nth
    from attempt
    where dataset = $dataset and run_id is null and attempt is null
        and (cost_usd_logged is not null or latency_s is not null or total_tokens is not null)
)
select file_id, arg_min(locator, attempt_id) as locator, count(*) as n
from numbered
where nth > 1
group by file_id
order by file_id
