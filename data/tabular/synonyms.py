"""What people call their columns: for each field of the product its synonyms, the best first."""


def _table(text: str) -> dict[str, list[str]]:
    """Return field → names from lines `field: name name …`, continued where a line has no colon."""
    fields: dict[str, list[str]] = {}
    for word in text.split():
        if word.endswith(":"):
            fields[word[:-1]] = names = []
        else:
            names.append(word)
    return fields


ATTEMPTS = _table("""
    task: task_id task instance_id sample_id question_id problem_id example_id item_id case_id doc_id custom_id test_case
        test_name qid reference_example_id prompt_id query_id puzzle_id scenario_id challenge_id exercise_id issue_id
        problem_name instance problem exercise scenario puzzle challenge item example task_name
    weak_task: index idx uid id sample case row question_index problem_index sample_index query name key
    attempt: trial attempt epoch repeat rep run_idx run_index run_number run_no attempt_index attempt_number attempt_id
        trial_index trial_number trial_id trial_num repeat_index epoch_index repetition replicate rollout rollout_index
        rollout_id sample_idx run seed iteration k pass
    run_id: run_id run_uuid uuid guid attempt_uuid episode_id trace_id request_id record_id result_id log_id uid id trial_id
        attempt_id
    task_group: task_group task_family task_category task_type group category subset domain topic subject repo
    difficulty: difficulty task_difficulty difficulty_level level hardness
    human_minutes: human_minutes human_time_minutes human_baseline_minutes
    human_cost_usd: human_cost_usd human_cost
    weight: task_weight weight
    success: success is_success passed is_passed pass resolved is_resolved correct is_correct solved is_solved succeeded
        successful task_success accepted ok verdict outcome result label completed status
    score: score final_score reward accuracy acc em exact_match f1 fraction_passed pass_rate mean_reward total_reward
        total_score score_value metric value rating grade points
    cost_usd: cost cost_usd total_cost total_cost_usd usd price spend dollars instance_cost api_cost agent_cost run_cost
        llm_cost cost_dollars cost_total
    tool_cost_usd: tool_cost tools_cost
    latency_s: latency duration elapsed elapsed_time time wall_time wall_clock wall_clock_time runtime run_time total_time
        response_time seconds e2e_latency end_to_end_latency execution_time took time_taken total_duration latency_total
        total_latency duration_total measured_duration
    active_s: active_time active working_time agent_time
    ttft_s: ttft time_to_first_token
    ended_at: end_time ended_at finished_at completed_at end end_timestamp finish_time
    error: error exception error_message error_type exception_type failure_reason failure_mode error_code has_error is_error
        errored crashed infra_error
    timed_out: timed_out timeout is_timeout did_time_out hit_timeout
    limit_hit: limit_hit hit_limit exceeded_limit limit_exceeded truncated max_steps_reached max_turns_reached
    stop_reason: stop_reason exit_status finish_reason termination_reason stop_cause exit_reason end_reason termination
        exit_code state status
    answer: final_answer prediction predicted answer parsed_answer extracted_answer model_answer predicted_answer
""")
"""Only in tables of attempts. `weak_task` names a task only where no better column is there."""

SUMMARIES = _table("""
    n: n n_tasks test_cases total_tests count n_attempts num_attempts n_runs_total num_tasks total_tasks n_problems num_problems
        n_questions num_questions n_instances num_instances n_examples num_examples n_samples num_samples n_cases num_cases
        sample_size total_instances total_questions total_problems total_samples total_examples total n_total tasks instances
        questions problems cases samples size
    n_tasks: n_tasks num_tasks total_tasks n_problems num_problems n_instances num_instances n_questions num_questions
    n_solved: pass_num n_solved num_solved n_resolved num_resolved n_correct num_correct n_passed num_passed n_success
        num_success resolved solved correct passed successes
    accuracy: pass_rate accuracy acc mean_accuracy resolved_rate resolve_rate resolution_rate success_rate solve_rate
        correct_rate pass_at_1 pass_1 pass1 completion_rate score mean_score average_score avg_score overall_score
        overall_accuracy average_accuracy avg_accuracy avg_resolved resolved solved exact_match em f1 performance reward
        mean_reward
    cost_usd: cost usd price spend dollars run_cost api_cost
    latency_s: seconds latency duration elapsed elapsed_time time wall_time wall_clock runtime run_time response_time
        e2e_latency execution_time time_taken
    n_errors: n_errors num_errors errors_total failed_runs
    n_limit: n_limit n_limits num_limit test_timeouts_total
    run_id: run_id run_uuid uuid
""")
"""Only in tables of published rows."""

COMMON = _table("""
    benchmark: benchmark benchmark_name dataset dataset_name test_suite suite eval eval_name evaluation bench environment env
        domain task_name
    model: model models model_name primary_model model_id llm llm_name llm_model engine deployment model_name_or_path model_slug
        request_model gen_ai_request_model base_model language_model lm
    provider: provider vendor model_provider api_provider custom_llm_provider llm_provider organization organisation backend api
    model_version: model_version
    agent: agent agent_name ai_system system_name scaffold scaffolding agent_scaffold framework harness agent_framework solver
        agent_type strategy method approach architecture system pipeline workflow
    agent_version: agent_version scaffold_version harness_version
    effort: effort reasoning_effort thinking_effort thinking_level reasoning_level thinking_budget budget_tokens thinking
        reasoning mode
    hardware: gpu gpu_type gpu_name gpu_model hardware device instance_type accelerator
    started_at: started_at start_time start begin start_timestamp began_at created_at timestamp datetime date_time
        run_started_at created run_date date
    uncached_input_tokens: uncached_input_tokens fresh_input_tokens input_uncached_tokens in_uncached
    input_tokens: prompt_tokens input_tokens tokens_in in_tokens tokens_prompt tokens_input n_prompt n_prompt_tokens
        n_input_tokens num_input_tokens num_prompt_tokens total_input_tokens total_prompt_tokens tokens_sent context_tokens
        prompt_token_count input_token_count
    cache_read_tokens: cached_tokens cached_input_tokens cache_read_tokens cache_read_input_tokens prompt_cached n_cache_tokens
        cache_hits_tokens cached_content_token_count input_tokens_cache_read num_cached_tokens cached_prompt_tokens
        prompt_tokens_details_cached_tokens input_tokens_details_cached_tokens cache_read cache_hit_tokens
    cache_write_tokens: cache_write_tokens cache_creation_tokens cache_creation_input_tokens cache_write_input_tokens
        input_tokens_cache_write cache_write cache_creation
    cache_write_1h_tokens: cache_write_1h_tokens ephemeral_1h_input_tokens cache_creation_ephemeral_1h_input_tokens
    output_tokens: completion_tokens output_tokens tokens_out out_tokens tokens_output tokens_completion generated_tokens
        gen_tokens tokens_received n_output_tokens n_completion_tokens num_output_tokens num_completion_tokens
        total_output_tokens total_completion_tokens candidates_token_count output_token_count
    reasoning_tokens: reasoning_tokens thinking_tokens thoughts_token_count reasoning_output_tokens output_reasoning_tokens
        completion_tokens_details_reasoning_tokens output_tokens_details_reasoning_tokens thought_tokens n_reasoning_tokens
    total_tokens: total_tokens tokens num_tokens token_count n_tokens total_token_count tokens_total tokens_used
    llm_calls: api_calls llm_calls n_calls num_calls n_llm_calls num_llm_calls n_api_calls num_api_calls num_requests n_requests
        requests model_calls
    turns: turns n_turns num_turns steps n_steps num_steps iterations n_iterations num_iterations
    tool_calls: tool_calls n_tool_calls num_tool_calls n_tools tool_use_count tool_call_count total_tool_calls actions n_actions
        num_actions
    retries: retries n_retries num_retries retry_count
    reflections: reflections n_reflections num_reflections reflection_count
    price_tier: service_tier price_tier
    weak_benchmark: split subset category
    named_configuration: name config configuration config_name setup variant submission entry
""")
"""In both. `named_configuration` is the model where no column says model or agent."""

KNOBS = _table("""
    max_turns: max_turns max_steps turn_limit step_limit max_iterations max_iters iteration_limit max_rounds turn_cap step_cap
    token_budget: token_budget token_limit max_total_tokens budget
    tool_budget: tool_budget max_tool_calls tool_limit tool_call_limit
    cost_limit: cost_limit max_cost cost_budget budget_usd
    reflection_depth: reflection_depth max_reflections reflection_rounds reflection_limit
    n_samples: n_samples num_samples best_of best_of_n samples_per_task n_candidates num_candidates self_consistency votes
    few_shot: few_shot n_shots num_shots n_shot shots n_fewshot num_fewshot num_few_shot k_shot
    n_agents: n_agents num_agents agent_count
    topology: topology
    temperature: temperature temp
    top_p: top_p
    max_tokens: max_tokens max_output_tokens max_new_tokens max_completion_tokens
""")
"""Settings that everybody knows: knobs under one name, whether they vary or not."""
