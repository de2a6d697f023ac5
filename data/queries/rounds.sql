-- One row = configuration × benchmark × task × depth: what the credit of attempts changes by when one more reflection round is allowed.
-- A running sum over depths up to d gives the credit had every attempt ended after round d; rows of shards add up. depth is the round,
-- carried forward to steps that name none: 0 is the first answer. The rows are those of ladders.sql in the unit reflection_depth.
-- n_judged, n_scored: attempts at their first depth of which the outcome is known: a success (a credit_of_score, see attempts.sql) of
--   their own, or a score on any own step.
-- sum_success, sum_score: an attempt that has ended by then adds its own success (credit_of_score). One that went on adds the score of
--   its last own step with a score so far (as a success: a score of at least 1 − 1e-6); without such a score it was not yet accepted
--   and adds 0, so that accuracy before the last round is a lower bound where logs score no steps. Scores of stages are not the
--   attempt's and are left out, as are steps of judges and simulated users, infra errors and cancelled attempts.
-- Standard SQL: DuckDB and Spark run this text. Reads step, attempt, task and selection(dataset).
with own as (
    select p.dataset, p.attempt_id, p.step_id, p.round, case when p.stage is null then p.score end as score
    from step p
    join selection s on s.dataset = p.dataset
    where p.role is null or p.role = 'agent'
), upto as (
    select
        dataset, attempt_id, step_id, score,
        coalesce(max(round) over so_far, 0) as depth,
        count(score) over so_far as n_scores,
        count(score) over whole > 0 as has_scores,
        lead(step_id) over in_order is null as is_last
    from own
    window
        in_order as (partition by dataset, attempt_id order by step_id),
        so_far as (partition by dataset, attempt_id order by step_id rows between unbounded preceding and current row),
        whole as (partition by dataset, attempt_id order by step_id rows between unbounded preceding and unbounded following)
), scored_so_far as (
    select
        dataset, attempt_id, step_id, depth, has_scores, is_last,
        max(score) over (partition by dataset, attempt_id, n_scores) as score,  -- one score in each: the first of these steps has it
        lead(depth) over (partition by dataset, attempt_id order by step_id) as next_depth
    from upto
), scored as (
    select
        a.configuration, t.benchmark, t.task,
        count(case when a.score is not null or (a.success is null and a.status in ('error', 'limit', 'timeout')) then 1 end) as n_score
    from attempt a
    join task t on t.dataset = a.dataset and t.task_id = a.task_id
    join selection s on s.dataset = a.dataset
    where a.status not in ('infra', 'cancelled')
    group by a.configuration, t.benchmark, t.task
), judged as (
    select
        a.dataset, a.attempt_id, a.configuration, t.benchmark, t.task,
        case when a.success then 1 when a.success is not null or a.status in ('error', 'limit', 'timeout') then 0 end as success,
        case when a.score is not null then a.score when a.status in ('error', 'limit', 'timeout') then cast(0 as decimal(12,9))
             when c.n_score > 0 then null when a.success then cast(1 as decimal(12,9)) when not a.success then cast(0 as decimal(12,9))
             end as credit_of_score
    from attempt a
    join task t on t.dataset = a.dataset and t.task_id = a.task_id
    join selection s on s.dataset = a.dataset
    join scored c on c.configuration = a.configuration and c.benchmark = t.benchmark and c.task = t.task
    where a.status not in ('infra', 'cancelled')
), stood as (
    select
        a.configuration, a.benchmark, a.task, u.dataset, u.attempt_id, u.depth,
        case when a.success is not null or u.has_scores then 1 else 0 end as is_judged,
        case when a.credit_of_score is not null or u.has_scores then 1 else 0 end as is_scored,
        case when u.is_last and a.success is not null then a.success when u.score >= 0.999999 then 1 else 0 end as success,
        case when u.is_last and a.credit_of_score is not null then a.credit_of_score else coalesce(u.score, 0) end as credit_of_score
    from scored_so_far u
    join judged a on a.dataset = u.dataset and a.attempt_id = u.attempt_id
    where u.next_depth is null or u.next_depth > u.depth
), change as (
    select
        configuration, benchmark, task, depth,
        case when lag(depth) over in_order is null then is_judged else 0 end as n_judged,
        case when lag(depth) over in_order is null then is_scored else 0 end as n_scored,
        success - coalesce(lag(success) over in_order, 0) as success,
        credit_of_score - coalesce(lag(credit_of_score) over in_order, 0) as credit_of_score
    from stood
    window in_order as (partition by dataset, attempt_id order by depth)
)
select
    cast(configuration as varchar(20)) as configuration, benchmark, task, cast(depth as double) as level,
    cast(sum(n_judged) as bigint) as n_judged,
    cast(sum(n_scored) as bigint) as n_scored,
    cast(sum(success) as bigint) as sum_success,
    cast(sum(credit_of_score) as double) as sum_score
from change
group by configuration, benchmark, task, depth
order by configuration, benchmark, task, level
