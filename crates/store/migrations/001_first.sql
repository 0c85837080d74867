-- 001: the first shape of the store.
--
-- Conventions
--   *_ms          milliseconds; of the Unix epoch (UTC) for instants of the calendar, of the recording for spans in it
--   enumerations  stored under the stable names of the model (`violated`, `agent-left`), never as numbers
--   JSON columns  a whole model struct, as serde writes it; for what is carried but neither filtered nor counted in SQL.
--                 New fields need no migration as long as they have a default. `json_version` rises when that does not do.
--   ordinal       position in the list of the model, from 0
-- What is derived (counts, generated columns) is written in the same transaction as what it is derived from.

-- Numbers and texts of which there is one.
CREATE TABLE singletons (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Which store this is. An index remembers it, so that it is not taken for the index of another store.
INSERT INTO singletons VALUES ('identity', lower(hex(randomblob(16))));
-- The highest change number given out. Every save, update and deletion of a call takes the next one.
INSERT INTO singletons VALUES ('change', 0);

-- What made a transcript: the recogniser, its model, the speech detector, the dictionaries. Thousands of calls share one row.
CREATE TABLE provenances (
    provenance_no INTEGER PRIMARY KEY,
    body          TEXT NOT NULL UNIQUE,                                          -- JSON: Provenance
    engine        TEXT GENERATED ALWAYS AS (body ->> '$.engine') VIRTUAL,
    model         TEXT GENERATED ALWAYS AS (body ->> '$.model') VIRTUAL,
    version       TEXT GENERATED ALWAYS AS (body ->> '$.version') VIRTUAL
) STRICT;

-- One row a call: everything that lists, filters and reports need, without its text.
CREATE TABLE calls (
    call_no          INTEGER PRIMARY KEY AUTOINCREMENT,                          -- never given to another call, even after deletion
    call_id          TEXT NOT NULL UNIQUE,                                       -- identity: hash of audio and recording metadata
    change           INTEGER NOT NULL UNIQUE,                                    -- number of the last change
    json_version     INTEGER NOT NULL DEFAULT 1,                                 -- version of the JSON in this call's rows
    processed_at_ms  INTEGER NOT NULL,                                           -- when transcribed or judged last
    source           TEXT NOT NULL,                                              -- path of the recording; the first, if there are several
    audio_sha256     TEXT NOT NULL,
    format           TEXT NOT NULL,
    rate_hz          INTEGER NOT NULL,
    duration_ms      INTEGER NOT NULL,
    layout           TEXT NOT NULL,
    meta             TEXT NOT NULL,                                              -- JSON: CallMeta, later updates included
    started_at_ms    INTEGER,                                                    -- of meta.started_at, rounded down
    agent_id         TEXT GENERATED ALWAYS AS (meta ->> '$.agent_id') STORED,
    agent_name       TEXT GENERATED ALWAYS AS (meta ->> '$.agent_name') STORED,
    team             TEXT GENERATED ALWAYS AS (meta ->> '$.team') STORED,
    hotline          TEXT GENERATED ALWAYS AS (meta ->> '$.hotline') STORED,
    business_type    TEXT GENERATED ALWAYS AS (meta ->> '$.business_type') STORED,
    satisfaction     TEXT GENERATED ALWAYS AS (meta ->> '$.satisfaction') STORED,
    variant_of       TEXT GENERATED ALWAYS AS (meta ->> '$.variant_of') STORED,  -- not null: a copy, left out of counts
    provenance_no    INTEGER NOT NULL REFERENCES provenances,
    metrics          TEXT NOT NULL,                                              -- JSON: TalkMetrics
    complaint        TEXT,                                                       -- JSON: Complaint
    issues           TEXT NOT NULL,                                              -- JSON: list of CallIssue
    rule_set         TEXT NOT NULL,                                              -- score card, but for its deductions
    rule_set_version TEXT NOT NULL,
    base             REAL NOT NULL,
    cap              REAL NOT NULL,
    score            REAL NOT NULL,
    grade            TEXT NOT NULL,
    score_undecided  INTEGER NOT NULL,
    utterance_count  INTEGER NOT NULL,                                           -- derived: rows in utterances
    confidence       REAL,                                                       -- derived: their mean confidence
    gap_ms           INTEGER NOT NULL,                                           -- derived: total length of gaps
    violated_count   INTEGER NOT NULL,                                           -- derived: findings with that outcome
    undecided_count  INTEGER NOT NULL                                            -- derived: findings with that outcome
) STRICT;

-- `call_id` makes the order of equal starts definite: same data, same order, whatever came in first.
CREATE INDEX calls_by_start ON calls (started_at_ms, call_id);
-- A filter for an agent takes the staff number or the name: each needs an index, or neither is used.
CREATE INDEX calls_by_agent ON calls (agent_id, started_at_ms);
CREATE INDEX calls_by_agent_name ON calls (agent_name, started_at_ms);
CREATE INDEX calls_by_audio ON calls (audio_sha256);
CREATE INDEX calls_by_provenance ON calls (provenance_no);

-- Every path under which a call's recording was met.
CREATE TABLE sources (
    call_no   INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    source    TEXT NOT NULL,
    file_name TEXT NOT NULL,                                                     -- without folders
    stem      TEXT NOT NULL,                                                     -- and without extension
    PRIMARY KEY (call_no, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX sources_by_source ON sources (source);
CREATE INDEX sources_by_file_name ON sources (file_name);
CREATE INDEX sources_by_stem ON sources (stem);

-- Metadata that came after the call was processed, in the order it came. It stays in force when the call is processed again.
CREATE TABLE meta_updates (
    call_no       INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal       INTEGER NOT NULL,
    origin        TEXT NOT NULL,                                                 -- where it came from, for people
    received_at_ms INTEGER NOT NULL,
    meta          TEXT NOT NULL,                                                 -- JSON: CallMeta; null fields change nothing
    PRIMARY KEY (call_no, ordinal)
) STRICT, WITHOUT ROWID;

-- What was said, in time order.
CREATE TABLE utterances (
    call_no    INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    channel    TEXT NOT NULL,
    start_ms   INTEGER NOT NULL,
    end_ms     INTEGER NOT NULL,
    text       TEXT NOT NULL,
    raw_text   TEXT,                                                             -- null: the same as text
    tokens     BLOB NOT NULL,                                                    -- packed, see src/pack.rs
    confidence REAL NOT NULL,
    PRIMARY KEY (call_no, ordinal)
) STRICT, WITHOUT ROWID;

-- Speech that was heard but has no text.
CREATE TABLE gaps (
    call_no       INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal       INTEGER NOT NULL,
    channel       TEXT NOT NULL,
    start_ms      INTEGER NOT NULL,
    end_ms        INTEGER NOT NULL,
    reason        TEXT NOT NULL,
    rejected_text TEXT NOT NULL,
    PRIMARY KEY (call_no, ordinal)
) STRICT, WITHOUT ROWID;

-- What was heard, one row a channel of the recording.
CREATE TABLE acoustics (
    call_no     INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal     INTEGER NOT NULL,
    channel     TEXT NOT NULL,
    speech_dbfs REAL NOT NULL,
    peak_dbfs   REAL NOT NULL,
    clipped     REAL NOT NULL,                                                   -- share of samples, 0…1
    voiced      BLOB NOT NULL,                                                   -- packed spans, see src/pack.rs
    PRIMARY KEY (call_no, ordinal)
) STRICT, WITHOUT ROWID;

-- What the rules found, in the order of the rule set.
CREATE TABLE findings (
    call_no   INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal   INTEGER NOT NULL,
    rule      TEXT NOT NULL,
    clause    TEXT NOT NULL,
    title     TEXT NOT NULL,
    severity  TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    certainty REAL NOT NULL,
    points    REAL NOT NULL,
    reason    TEXT NOT NULL,
    evidence  TEXT NOT NULL,                                                     -- JSON: list of Evidence
    PRIMARY KEY (call_no, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX findings_by_clause ON findings (clause, outcome, call_no);

-- Points off and bonuses of the score card.
CREATE TABLE deductions (
    call_no  INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,
    rule     TEXT NOT NULL,
    clause   TEXT NOT NULL,
    severity TEXT NOT NULL,
    points   REAL NOT NULL,
    times    INTEGER NOT NULL,
    PRIMARY KEY (call_no, ordinal)
) STRICT, WITHOUT ROWID;

-- Calls that were deleted: no more than an index needs to forget them too.
CREATE TABLE deleted_calls (
    call_no INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL,
    change  INTEGER NOT NULL UNIQUE
) STRICT;

-- Recordings that could not be processed; a row goes when its recording succeeds.
CREATE TABLE failures (
    source       TEXT PRIMARY KEY,
    audio_sha256 TEXT,
    error        TEXT NOT NULL,
    failed_at_ms INTEGER NOT NULL,
    attempts     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX failures_by_audio ON failures (audio_sha256);

-- Recordings that a process has in hand, so that no other takes them up.
CREATE TABLE claims (
    claim_key     TEXT PRIMARY KEY,                                              -- hash of the audio or id of the call
    pid           INTEGER NOT NULL,
    host          TEXT NOT NULL,
    boot          TEXT NOT NULL,                                                 -- which run of that machine; empty if it cannot be told
    pid_space     TEXT NOT NULL,                                                 -- where the pid counts (containers have their own)
    started       TEXT NOT NULL,                                                 -- when the process began: pids are used again
    heartbeat_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
