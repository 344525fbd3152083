-- +goose Up
-- What must not wait while a large plan is applied, and may be lost: a backup has none of it, and whoever was signed in
-- signs in again. PostgreSQL has these tables with the others.
CREATE TABLE session (
  org_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  member_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_member ON session (org_id, member_id);
CREATE INDEX session_created ON session (org_id, created_at);

-- who is a MAC over a member, or over a name that nobody has: both are counted alike.
CREATE TABLE sign_in_failure (
  org_id INTEGER NOT NULL,
  who BLOB NOT NULL,
  failures INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  PRIMARY KEY (org_id, who)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_failure_last ON sign_in_failure (org_id, last_at);

-- The last step of the clock whose code a member used: none is taken twice (RFC 6238, section 5.2).
CREATE TABLE used_step (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  step INTEGER NOT NULL,
  PRIMARY KEY (org_id, member_id)
) STRICT, WITHOUT ROWID;

-- The counters of passkeys, and when they were used.
CREATE TABLE used_passkey (
  org_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  member_id INTEGER NOT NULL,
  sign_count INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

-- Challenges of passkeys that were not answered yet.
CREATE TABLE ceremony (
  org_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  data TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, hash)
) STRICT, WITHOUT ROWID;

-- Files that somebody brought to be looked at, and has not sent yet. A row is here before the bytes are kept, and goes
-- after them; sizes are NULL until they are kept.
CREATE TABLE upload (
  org_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  actor_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  size INTEGER,
  files_name TEXT,
  files_size INTEGER,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_expires ON upload (org_id, expires_at);

-- Who carries out a task, until when they are taken for alive, and how far they are. No row: nobody, and nothing is lost.
CREATE TABLE task_run (
  org_id INTEGER NOT NULL,
  import_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  tries INTEGER NOT NULL,
  stops INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  began_at INTEGER,
  step TEXT,
  done INTEGER NOT NULL,
  total INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  moved_at INTEGER,
  cancel_requested_at INTEGER,
  PRIMARY KEY (org_id, import_id, kind)
) STRICT, WITHOUT ROWID;
