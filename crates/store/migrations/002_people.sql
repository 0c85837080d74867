-- 002: what people do with calls: who looked at what, complaints being dealt with, points from records, quality sheets, reviews,
-- appeals, published rules. Nothing here is overwritten but the current state of a complaint, whose history stands beside it.
--
-- who   name of the person as the program knows it (account, or login name of the system)
-- at_ms milliseconds of the Unix epoch (UTC)

-- Who saw, exported and changed what (PRV-03). Rows are only ever added; they outlive the calls they speak of.
CREATE TABLE audit (
    audit_no INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms    INTEGER NOT NULL,
    who      TEXT NOT NULL,
    action   TEXT NOT NULL,                                                      -- show, search, export, publish …
    call_id  TEXT,                                                               -- the call, if it is about one
    unmasked INTEGER NOT NULL,                                                   -- 1: personal data was shown
    detail   TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_call ON audit (call_id, at_ms);

-- Complaints as they stand now (DUE-01 to DUE-03): one a call at most.
CREATE TABLE complaints (
    complaint_no INTEGER PRIMARY KEY AUTOINCREMENT,
    call_no      INTEGER NOT NULL UNIQUE REFERENCES calls ON DELETE CASCADE,
    state        TEXT NOT NULL,
    received_ms  INTEGER NOT NULL,                                               -- when the customer complained
    body         TEXT NOT NULL                                                   -- JSON: ComplaintRecord
) STRICT;

-- Everything that happened to a complaint, in order.
CREATE TABLE complaint_events (
    complaint_no INTEGER NOT NULL REFERENCES complaints ON DELETE CASCADE,
    ordinal      INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    who          TEXT NOT NULL,
    event        TEXT NOT NULL,                                                  -- JSON: ComplaintEvent
    PRIMARY KEY (complaint_no, ordinal)
) STRICT, WITHOUT ROWID;

-- Points of an agent's month that no call shows: bonuses (SCO-04), deductions from records (SCO-03). A mistaken one is taken back
-- by a later row that names it.
CREATE TABLE score_events (
    event_no  INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id  TEXT NOT NULL,
    month     TEXT NOT NULL,                                                     -- 2026-10
    at_ms     INTEGER NOT NULL,
    who       TEXT NOT NULL,
    event     TEXT NOT NULL,                                                     -- JSON: ScoreEvent
    takes_back INTEGER REFERENCES score_events
) STRICT;

CREATE INDEX score_events_by_month ON score_events (month, agent_id);

-- Service-quality sheets (SCO-08) as people completed them; the latest of a reviewer counts.
CREATE TABLE quality_sheets (
    sheet_no INTEGER PRIMARY KEY AUTOINCREMENT,
    call_no  INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    at_ms    INTEGER NOT NULL,
    who      TEXT NOT NULL,
    body     TEXT NOT NULL                                                       -- JSON: QualitySheet
) STRICT;

CREATE INDEX quality_sheets_by_call ON quality_sheets (call_no);

-- What people made of findings. A later review of the same person, call and rule takes the place of an earlier one in counts.
CREATE TABLE reviews (
    review_no        INTEGER PRIMARY KEY AUTOINCREMENT,
    call_no          INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    rule             TEXT NOT NULL,
    clause           TEXT NOT NULL,
    rule_set_version TEXT NOT NULL,                                              -- of the finding that was looked at
    outcome          TEXT NOT NULL,                                              -- what the machine had said
    verdict          TEXT NOT NULL,                                              -- right, wrong, cannot_tell, missed
    at_ms            INTEGER NOT NULL,
    who              TEXT NOT NULL,
    reason           TEXT NOT NULL,
    words            TEXT,                                                       -- what was said, for a missed one
    in_full          INTEGER NOT NULL                                            -- 1: part of a random audit, heard in full
) STRICT;

CREATE INDEX reviews_by_rule ON reviews (rule, call_no);
CREATE INDEX reviews_by_call ON reviews (call_no);

-- Appeals of agents (SCO-09), and what second reviewers decided. Both are kept.
CREATE TABLE appeals (
    appeal_no INTEGER PRIMARY KEY AUTOINCREMENT,
    call_no   INTEGER NOT NULL REFERENCES calls ON DELETE CASCADE,
    rule      TEXT NOT NULL,
    at_ms     INTEGER NOT NULL,
    who       TEXT NOT NULL,
    reason    TEXT NOT NULL
) STRICT;

CREATE TABLE appeal_decisions (
    decision_no INTEGER PRIMARY KEY AUTOINCREMENT,
    appeal_no   INTEGER NOT NULL REFERENCES appeals ON DELETE CASCADE,
    granted     INTEGER NOT NULL,                                                -- 1: the deduction falls
    at_ms       INTEGER NOT NULL,
    who         TEXT NOT NULL,
    reason      TEXT NOT NULL
) STRICT;

-- Rule sets that were published, with their whole text, so that every score card can be explained later.
CREATE TABLE rule_versions (
    version TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    who     TEXT NOT NULL,
    note    TEXT NOT NULL,
    sources TEXT NOT NULL                                                        -- JSON: list of [file name, text]
) STRICT;

-- Which published version a hotline is judged by, since when; the latest row of a hotline counts, null is all others.
CREATE TABLE rule_assignments (
    assignment_no INTEGER PRIMARY KEY AUTOINCREMENT,
    hotline       TEXT,
    version       TEXT NOT NULL REFERENCES rule_versions,
    at_ms         INTEGER NOT NULL,
    who           TEXT NOT NULL
) STRICT;
