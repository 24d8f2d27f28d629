-- How it stands between each alert rule and each subject it was ever true of: what keeps an alert from being told twice,
-- whoever leads. Another condition under the same name is another revision of the rule and stands for itself.
CREATE TABLE alert_states (
    rule          text NOT NULL,
    rule_revision text NOT NULL,
    subject_key   text NOT NULL,
    subject       jsonb NOT NULL,
    phase         text NOT NULL CHECK (phase IN ('calm', 'pending', 'active')),
    -- Counts the times the condition became true.
    episode       integer NOT NULL,
    -- When the phase began.
    since         timestamptz NOT NULL,
    -- Why the running episode has not been told; NULL if it was.
    suppression   text CHECK (suppression IN ('quiet_hours', 'cooldown', 'rate_limit')),
    last_fired_at timestamptz,
    value         double precision,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (rule, rule_revision, subject_key)
);

-- What was decided, with the numbers that made it. The key says what it is: rule, revision, subject, episode.
CREATE TABLE alert_events (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           text NOT NULL UNIQUE,
    kind          text NOT NULL CHECK (kind IN ('fired', 'ended', 'suppressed')),
    suppression   text CHECK (suppression IN ('quiet_hours', 'cooldown', 'rate_limit')),
    rule          text NOT NULL,
    rule_revision text NOT NULL,
    rule_kind     text NOT NULL,
    subject_key   text NOT NULL,
    subject       jsonb NOT NULL,
    episode       integer NOT NULL,
    happened_at   timestamptz NOT NULL,
    value         double precision,
    threshold     double precision,
    facts         jsonb NOT NULL,
    -- The key of the message that tells of it; NULL if none does.
    message       text,
    CHECK ((kind = 'suppressed') = (suppression IS NOT NULL))
);
CREATE INDEX alert_events_happened_at ON alert_events (happened_at);
CREATE INDEX alert_events_rule ON alert_events (rule, happened_at);
CREATE INDEX alert_events_message ON alert_events (message) WHERE message IS NOT NULL;

-- Each message to each channel: committed with its events, sent afterwards, until somebody took it or time is up.
CREATE TABLE alert_deliveries (
    message         text NOT NULL,
    channel         text NOT NULL,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    last_attempt_at timestamptz,
    -- The HTTP status of the last answer.
    response_code   integer,
    error           text,
    PRIMARY KEY (message, channel)
);
CREATE INDEX alert_deliveries_pending ON alert_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX alert_deliveries_created_at ON alert_deliveries (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON alert_states, alert_events, alert_deliveries TO funding_scanner, funding_admin;
GRANT SELECT ON alert_states, alert_events, alert_deliveries TO funding_collector, funding_backfiller, funding_api;
