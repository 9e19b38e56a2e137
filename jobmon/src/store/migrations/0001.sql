-- Version 1 of the state file. docs/schema.md says what each column means; a test compares the two.

CREATE TABLE schema_version (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    jobmon TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tool (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE task_template (
    id INTEGER PRIMARY KEY,
    tool_id INTEGER NOT NULL REFERENCES tool (id),
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    command TEXT NOT NULL,
    command_hash BLOB NOT NULL CHECK (length(command_hash) = 16),
    command_at INTEGER NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (tool_id, name, version)
) STRICT;

CREATE TABLE workflow (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tool_id INTEGER NOT NULL REFERENCES tool (id),
    name TEXT NOT NULL,
    args TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('REGISTERED', 'RUNNING', 'DONE', 'FAILED', 'STOPPED')),
    status_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    bound INTEGER NOT NULL CHECK (bound IN (0, 1)),
    changing_to BLOB CHECK (length(changing_to) = 16),
    max_concurrently_running INTEGER,
    lease_epoch INTEGER NOT NULL,
    UNIQUE (tool_id, name, args)
) STRICT;

CREATE TABLE workflow_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id),
    status TEXT NOT NULL CHECK (status IN ('REGISTERED', 'RUNNING', 'DONE', 'FAILED', 'STOPPED', 'LOST')),
    status_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    token TEXT NOT NULL,
    executor TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    user TEXT NOT NULL,
    directory TEXT NOT NULL,
    executable TEXT NOT NULL,
    executable_hash BLOB CHECK (length(executable_hash) = 16),
    jobmon TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    ended_at INTEGER,
    reason TEXT,
    UNIQUE (workflow_id, epoch)
) STRICT;

CREATE TABLE task_resources (
    id INTEGER PRIMARY KEY,
    memory_bytes INTEGER,
    runtime_seconds INTEGER,
    cores INTEGER NOT NULL,
    queue TEXT
) STRICT;

CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id),
    task_template_id INTEGER NOT NULL REFERENCES task_template (id),
    name TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 16),
    upstreams_hash BLOB NOT NULL CHECK (length(upstreams_hash) = 16),
    status TEXT NOT NULL CHECK (status IN
        ('REGISTERED', 'QUEUED', 'LAUNCHED', 'RUNNING', 'DONE', 'FAILED', 'SKIPPED', 'CANCELLED')),
    status_at INTEGER NOT NULL,
    node_args TEXT NOT NULL,
    task_args TEXT NOT NULL,
    op_args TEXT NOT NULL,
    task_resources_id INTEGER NOT NULL REFERENCES task_resources (id),
    max_attempts INTEGER NOT NULL CHECK (max_attempts > 0),
    priority INTEGER NOT NULL,
    directory TEXT,
    environment TEXT,
    skipped_because INTEGER REFERENCES task (id),
    retired_by_run_id INTEGER REFERENCES workflow_run (id),
    UNIQUE (workflow_id, hash)
) STRICT;

CREATE TABLE task_set (
    id INTEGER PRIMARY KEY,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id),
    size INTEGER NOT NULL
) STRICT;

CREATE TABLE edge (
    id INTEGER PRIMARY KEY,
    upstream_task_id INTEGER REFERENCES task (id),
    upstream_set_id INTEGER REFERENCES task_set (id),
    downstream_task_id INTEGER REFERENCES task (id),
    downstream_set_id INTEGER REFERENCES task_set (id),
    CHECK ((upstream_task_id IS NULL) <> (upstream_set_id IS NULL)),
    CHECK ((downstream_task_id IS NULL) <> (downstream_set_id IS NULL))
) STRICT;

CREATE TABLE task_instance (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES task (id),
    workflow_run_id INTEGER NOT NULL REFERENCES workflow_run (id),
    attempt INTEGER NOT NULL CHECK (attempt > 0),
    status TEXT NOT NULL CHECK (status IN
        ('LAUNCHING', 'LAUNCHED', 'RUNNING', 'DONE', 'FAILED', 'LOST', 'CANCELLED')),
    kind TEXT CHECK (kind IN
        ('OUT_OF_MEMORY', 'TIMEOUT', 'EXIT', 'SIGNAL', 'OUTPUT_MISSING', 'START_FAILED', 'RESOURCES_FAILED',
         'NODE_FAILED', 'PREEMPTED', 'VANISHED')),
    exit_code INTEGER,
    signal INTEGER,
    slot INTEGER NOT NULL,
    host TEXT,
    pid INTEGER,
    task_resources_id INTEGER NOT NULL REFERENCES task_resources (id),
    command_hash BLOB NOT NULL CHECK (length(command_hash) = 16),
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    suspended_at INTEGER,
    ended_at INTEGER,
    wall_microseconds INTEGER,
    user_microseconds INTEGER,
    system_microseconds INTEGER,
    peak_memory_bytes INTEGER,
    UNIQUE (task_id, attempt)
) STRICT;

CREATE TABLE task_attribute (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES task (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (task_id, name)
) STRICT;

CREATE TABLE workflow_attribute (
    id INTEGER PRIMARY KEY,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (workflow_id, name)
) STRICT;

CREATE TABLE error_log (
    id INTEGER PRIMARY KEY,
    task_instance_id INTEGER NOT NULL REFERENCES task_instance (id),
    at INTEGER NOT NULL,
    description TEXT NOT NULL
) STRICT;

CREATE TABLE control (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id),
    workflow_run_id INTEGER REFERENCES workflow_run (id),
    request TEXT NOT NULL,
    argument TEXT,
    requested_by TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('REQUESTED', 'DONE', 'REFUSED', 'LOST')),
    answered_at INTEGER,
    answer TEXT
) STRICT;

CREATE INDEX control_requested ON control (workflow_run_id) WHERE status = 'REQUESTED';

CREATE INDEX error_log_by_task_instance ON error_log (task_instance_id);

CREATE VIEW node_arg AS
    SELECT task.id AS task_id, arg.key AS name, arg.value AS value
    FROM task, json_each(task.node_args) AS arg
    WHERE task.retired_by_run_id IS NULL;

CREATE VIEW task_arg AS
    SELECT task.id AS task_id, arg.key AS name, arg.value AS value
    FROM task, json_each(task.task_args) AS arg
    WHERE task.retired_by_run_id IS NULL;

CREATE VIEW op_arg AS
    SELECT task.id AS task_id, arg.key AS name, arg.value AS value
    FROM task, json_each(task.op_args) AS arg
    WHERE task.retired_by_run_id IS NULL;
