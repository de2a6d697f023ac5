-- The data model. Money is DECIMAL(18,12) USD, seconds DECIMAL(18,6), score DECIMAL(12,9): their sums are exact in any order.
-- NULL is unknown, never 0. Texts of prompts and answers have no column. Times are UTC.

create table if not exists meta (
    schema_version integer not null,    -- raised by a migration; a newer one than this program knows is not opened
    created_at     timestamp not null   -- UTC
);

create table if not exists dataset (
    dataset       varchar primary key,  -- random 128-bit id, 22 characters
    name          varchar not null,     -- shown to people, can be changed
    owner         varchar not null,     -- 'local' until there are users
    content_key   varchar not null,     -- SHA-256 of files, owner, mapping and options: the same import again is this dataset
    created_at    timestamp not null,   -- UTC
    version       integer not null,     -- raised by a score join; stands in links
    is_example    boolean not null,     -- ships with the product
    is_simulated  boolean not null,     -- made by a simulator: said wherever it is shown
    options       varchar not null,     -- JSON: path pattern, mapping
    n_read        bigint not null,      -- records met in the files
    n_accepted    bigint not null,
    n_refused     bigint not null,
    answer_key_hex varchar,             -- 32 bytes: the key of attempt.answer_key, for rows that join later; NULL: imported before it was kept
    unique (owner, content_key)         -- two imports of the same files at the same moment are one dataset
);

create table if not exists dataset_file (
    dataset           varchar not null,
    file_id           integer not null,
    file              varchar not null,     -- path under the given folder, a label only
    sha256            varchar not null,     -- hex
    bytes             bigint not null,
    importer          varchar,              -- NULL: no importer claims it
    importer_version  integer,
    n_read            bigint not null,
    n_accepted        bigint not null,
    n_refused         bigint not null,
    refusal           varchar,              -- why the whole file was refused; NULL: it was read
    primary key (dataset, file_id)
);

create table if not exists problem (
    dataset  varchar not null,
    file_id  integer not null,
    locator  varchar not null,   -- first place: 'line 12', 'records[3]'
    field    varchar,            -- NULL: the row or the file
    reason   varchar not null,
    refused  boolean not null,   -- true: these rows are not in the dataset
    n        bigint not null     -- how often
);

create table if not exists note (
    dataset  varchar not null,
    file_id  integer not null,
    text     varchar not null
);

create table if not exists configuration (
    configuration    bigint primary key,   -- first 63 bits of SHA-256 over all fields: the same in every store
    model            varchar,              -- as logged
    canonical_model  varchar,              -- the name it is priced under
    provider         varchar,
    family           varchar,
    model_version    varchar,
    released_on      date,
    agent            varchar,              -- scaffold
    agent_version    varchar,
    effort           varchar,              -- none < minimal < low < medium < high < xhigh < max, or a number
    knobs            varchar not null,     -- JSON object, keys sorted, numbers normalised
    hardware         varchar,
    is_human         boolean not null
);

create table if not exists task (
    dataset         varchar not null,
    task_id         integer not null,      -- within the dataset
    benchmark       varchar not null,
    task            varchar not null,
    task_group      varchar,
    difficulty      varchar,
    human_minutes   double,                -- minutes
    human_cost_usd  decimal(18,12),        -- USD
    weight          double,
    primary key (dataset, task_id)
);

create table if not exists attempt (
    dataset                varchar not null,
    attempt_id             bigint not null,       -- within the dataset
    configuration          bigint not null,
    task_id                integer not null,
    attempt                integer,               -- the log's number of the try
    run_id                 varchar,               -- the log's identity of the try
    started_at             timestamp,             -- UTC
    latency_s              decimal(18,6),         -- seconds
    latency_basis          varchar,               -- wall, active, agent_only, span_root, sum_of_steps, first_to_last_start
    active_s               decimal(18,6),         -- seconds without queue or rate-limit wait
    ttft_s                 decimal(18,6),         -- seconds to the first token
    score                  decimal(12,9),         -- 0–1
    score_name             varchar,
    success                boolean,               -- the log's flag, else score ≥ 1 − 1e-6
    is_success_logged      boolean not null,      -- false: derived from the score
    uncached_input_tokens  bigint,                -- the four input buckets are disjoint
    cache_read_tokens      bigint,
    cache_write_tokens     bigint,
    cache_write_1h_tokens  bigint,
    output_tokens          bigint,                -- includes reasoning
    reasoning_tokens       bigint,
    total_tokens           bigint,                -- all in and out, or the log's own total
    token_basis            varchar,               -- agent_only, all_roles, unknown
    llm_calls              bigint,
    tool_calls             bigint,
    turns                  bigint,
    retries                bigint,
    reflections            bigint,
    sum_input_output       bigint,                -- Σ over LLM calls of input · output tokens
    sum_input_sq           bigint,                -- Σ over LLM calls of input tokens squared
    cost_usd_logged        decimal(18,12),        -- USD
    tool_cost_usd          decimal(18,12),        -- USD
    status                 varchar not null,      -- ok, error, limit, timeout, infra, cancelled
    stop_reason            varchar,
    price_tier             varchar,               -- NULL: standard; batch, flex, priority
    answer_key             bigint,                -- keyed hash of the final answer: equality only
    aux_input_tokens       bigint,                -- judges and simulated users: all input
    aux_output_tokens      bigint,
    aux_cost_usd           decimal(18,12),        -- USD
    aux_llm_calls          bigint,
    file_id                integer not null,
    locator                varchar not null,
    primary key (dataset, attempt_id)             -- 1 µs and 35 bytes for each row; steps have none: too many
);

create table if not exists step (
    dataset                varchar not null,
    attempt_id             bigint not null,
    step_id                integer not null,      -- from 0, in the order of the log
    turn                   integer,               -- number of the LLM call, from 1
    round                  integer,               -- reflection round, from 0
    parent                 integer,               -- step_id of the enclosing step
    kind                   varchar not null,      -- llm, tool, other
    name                   varchar,
    model                  varchar,
    role                   varchar,               -- NULL or agent: the attempt's own; judge, user, …: beside it
    stage                  varchar,
    agent                  varchar,
    offset_s               decimal(18,6),         -- seconds after the attempt's start
    duration_s             decimal(18,6),         -- seconds
    uncached_input_tokens  bigint,
    cache_read_tokens      bigint,
    cache_write_tokens     bigint,
    cache_write_1h_tokens  bigint,
    output_tokens          bigint,
    reasoning_tokens       bigint,
    total_tokens           bigint,
    cost_usd_logged        decimal(18,12),        -- USD
    ok                     boolean,
    score                  decimal(12,9),         -- had the attempt ended here, or the stage's
    cached_response        boolean                -- replayed from a harness's cache
);

create table if not exists summary (
    dataset                varchar not null,
    summary_id             integer not null,      -- within the dataset
    configuration          bigint not null,
    benchmark              varchar not null,
    round                  integer not null,      -- after this many rounds
    n_rounds               integer not null,      -- the row with round = n_rounds is the result
    n                      bigint not null,       -- attempts behind the row
    n_tasks                bigint,
    run_id                 varchar,
    started_at             timestamp,             -- UTC
    success_sum            decimal(18,9) not null,-- accuracy · n
    cost_usd_sum           decimal(18,12),        -- USD of the whole run
    latency_s              decimal(18,6),         -- seconds, mean per attempt
    uncached_input_tokens  bigint,                -- of the whole run
    cache_read_tokens      bigint,
    cache_write_tokens     bigint,
    cache_write_1h_tokens  bigint,
    output_tokens          bigint,
    reasoning_tokens       bigint,
    total_tokens           bigint,
    llm_calls              double,                -- mean per attempt
    tool_calls             double,
    turns                  double,
    n_errors               bigint,
    n_limit                bigint,
    file_id                integer not null,
    locator                varchar not null,
    primary key (dataset, summary_id)
);

create table if not exists mapping (
    mapping  varchar primary key,   -- saved under this name
    owner    varchar not null,
    header   varchar not null,      -- JSON: columns it is offered for
    fields   varchar not null       -- JSON: column of the file → field of the product
);

create table if not exists price_file (
    price_file  varchar not null,   -- name of an own price list
    version     integer not null,
    owner       varchar not null,
    created_at  timestamp not null, -- UTC
    content     varchar not null,   -- CSV: provider,model_regex,from_date,input,cache_read,cache_write,output (USD per million tokens)
    primary key (price_file, version)
);
