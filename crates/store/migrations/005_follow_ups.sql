-- 005: what calls left open: inquiries to be answered (DUE-04), incidents to be put right (DUE-05). One a call at most, and never beside
-- a complaint, which has its own table.

ALTER TABLE calls ADD COLUMN follow_up TEXT;                                     -- JSON: FollowUp, as extracted

CREATE TABLE follow_ups (
    follow_up_no INTEGER PRIMARY KEY AUTOINCREMENT,
    call_no      INTEGER NOT NULL UNIQUE REFERENCES calls ON DELETE CASCADE,
    kind         TEXT NOT NULL,                                                  -- inquiry, incident
    state        TEXT NOT NULL,
    received_ms  INTEGER NOT NULL,                                               -- when the agent promised to see to it
    body         TEXT NOT NULL                                                   -- JSON: FollowUpRecord
) STRICT;

-- Everything that happened to it, in order.
CREATE TABLE follow_up_events (
    follow_up_no INTEGER NOT NULL REFERENCES follow_ups ON DELETE CASCADE,
    ordinal      INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    who          TEXT NOT NULL,
    event        TEXT NOT NULL,                                                  -- JSON: FollowUpEvent
    PRIMARY KEY (follow_up_no, ordinal)
) STRICT, WITHOUT ROWID;
