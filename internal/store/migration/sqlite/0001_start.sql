-- +goose Up
-- Times are microseconds UTC. *_key columns hold text folded in Go, so that both databases compare alike.
CREATE TABLE instance (
  id INTEGER PRIMARY KEY,
  key_check BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE organisation (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  seats INTEGER,
  settings TEXT NOT NULL,
  default_access TEXT NOT NULL,
  masters_version INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Numbers given out one after another; a row of its own for each, so that giving out one kind waits for no other.
CREATE TABLE counter (
  org_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  next INTEGER NOT NULL,
  PRIMARY KEY (org_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  state INTEGER NOT NULL,
  email TEXT,
  email_key TEXT,
  login_id TEXT,
  login_key TEXT,
  name TEXT,
  name_key TEXT,
  login_allowed INTEGER NOT NULL,
  login_until TEXT,
  system_role INTEGER NOT NULL,
  system_permission INTEGER NOT NULL,
  policy_id INTEGER,
  role_id INTEGER,
  remarks TEXT,
  display_order INTEGER,
  fields TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  withdrawn_at INTEGER,
  erased_at INTEGER,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
-- Not partial: NULLs are distinct in both databases, and a withdrawn member's keys are NULL.
CREATE UNIQUE INDEX member_email ON member (org_id, email_key);
CREATE UNIQUE INDEX member_login ON member (org_id, login_key);
-- Few rows each: so that counting active members and primary owners does not walk through all members.
CREATE INDEX member_gone ON member (org_id, id) WHERE state <> 1;
CREATE INDEX member_primary_owner ON member (org_id, id) WHERE system_role = 1;
-- Who is to be erased: looked up with every import, so only those who are withdrawn are in it.
CREATE INDEX member_withdrawn ON member (org_id, withdrawn_at) WHERE state = 2;

-- Apart from member, so that no list, plan or export can read it by accident.
CREATE TABLE member_secret (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  verifier TEXT NOT NULL,
  must_change INTEGER NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, member_id)
) STRICT, WITHOUT ROWID;

-- Passwords that people had before: they may not choose them again.
CREATE TABLE password_history (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  set_at INTEGER NOT NULL,
  verifier TEXT NOT NULL,
  PRIMARY KEY (org_id, member_id, set_at)
) STRICT, WITHOUT ROWID;

-- Moves when all sessions of a member end at once, and with them the links that were mailed. No row: 0.
CREATE TABLE session_epoch (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  PRIMARY KEY (org_id, member_id)
) STRICT, WITHOUT ROWID;

-- What members chose for themselves: none of it is in plans, files or the history.
CREATE TABLE account (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  language TEXT,
  totp BLOB,
  totp_on INTEGER NOT NULL,
  PRIMARY KEY (org_id, member_id)
) STRICT, WITHOUT ROWID;

-- Which columns members chose for their list of members: a JSON list of identifiers.
CREATE TABLE list_columns (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  columns TEXT NOT NULL,
  PRIMARY KEY (org_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (org_id, member_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE passkey (
  org_id INTEGER NOT NULL,
  id BLOB NOT NULL,
  member_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  credential TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_member ON passkey (org_id, member_id);

-- What became of what members sign in with, beside their passwords: those are in the history. actor_id is NULL for the
-- operator of the machine.
CREATE TABLE account_event (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  what TEXT NOT NULL,
  actor_id INTEGER,
  at INTEGER NOT NULL,
  PRIMARY KEY (org_id, member_id, id)
) STRICT, WITHOUT ROWID;

-- New addresses that wait for their confirming link, one for each member.
CREATE TABLE email_change (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE org_group (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX org_group_name ON org_group (org_id, name);

CREATE TABLE membership (
  org_id INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  group_id INTEGER NOT NULL,
  PRIMARY KEY (org_id, member_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_group ON membership (org_id, group_id, member_id);

CREATE TABLE field (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  position INTEGER NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX field_identifier ON field (org_id, identifier);

CREATE TABLE filter (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  owner_id INTEGER,
  share TEXT NOT NULL,
  expression TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX filter_name ON filter (org_id, name);

CREATE TABLE filter_group (
  org_id INTEGER NOT NULL,
  filter_id INTEGER NOT NULL,
  group_id INTEGER NOT NULL,
  PRIMARY KEY (org_id, filter_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE brand (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX brand_code ON brand (org_id, code);

CREATE TABLE policy (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX policy_code ON policy (org_id, code);

CREATE TABLE policy_brand (
  org_id INTEGER NOT NULL,
  policy_id INTEGER NOT NULL,
  brand_id INTEGER NOT NULL,
  PRIMARY KEY (org_id, policy_id, brand_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE role (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  access TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX role_code ON role (org_id, code);

CREATE TABLE mapping (
  org_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  columns TEXT NOT NULL,
  PRIMARY KEY (org_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE named_export (
  org_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  actor_id INTEGER,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE import (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  undo_of INTEGER,
  state TEXT NOT NULL,
  actor_id INTEGER,
  file_name TEXT,
  file_sha256 BLOB,
  file_key TEXT,
  layout TEXT NOT NULL,
  options TEXT NOT NULL,
  header TEXT NOT NULL,
  charset TEXT,
  masters_version INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  creates INTEGER NOT NULL,
  invites INTEGER NOT NULL,
  mails INTEGER NOT NULL,
  first_member_id INTEGER,
  first_invitation_id INTEGER,
  password_secret BLOB,
  passwords_until INTEGER,
  sum BLOB,
  journal_no INTEGER,
  prev_hash BLOB,
  hash BLOB,
  approver_id INTEGER,
  lease_until INTEGER,
  attempt INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  applied_at INTEGER,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX import_journal ON import (org_id, journal_no);
CREATE INDEX import_accepted ON import (org_id, first_member_id) WHERE kind = 'accept';

-- What is to be done with imports in the background: the truth of what is queued. Queued jobs only carry it out.
CREATE TABLE task (
  org_id INTEGER NOT NULL,
  import_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  ready INTEGER NOT NULL,
  actor_id INTEGER,
  back TEXT,
  upload_key TEXT,
  files_key TEXT,
  request TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, import_id, kind)
) STRICT, WITHOUT ROWID;

-- The heart: one row for each change of each plan, written once while planning.
-- The columns from email to fields are the member (or invitation) as it will be;
-- group_ops are the groups put into and taken out of, '5,-7', ascending by ID.
CREATE TABLE change (
  org_id INTEGER NOT NULL,
  import_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  line INTEGER,
  action INTEGER NOT NULL,
  ordinal INTEGER,
  member_id INTEGER,
  base_version INTEGER,
  mask INTEGER NOT NULL,
  email TEXT,
  email_key TEXT,
  login_id TEXT,
  login_key TEXT,
  name TEXT,
  name_key TEXT,
  login_allowed INTEGER NOT NULL,
  login_until TEXT,
  system_role INTEGER NOT NULL,
  system_permission INTEGER NOT NULL,
  policy_id INTEGER,
  role_id INTEGER,
  remarks TEXT,
  display_order INTEGER,
  fields TEXT NOT NULL,
  group_ops TEXT,
  secret TEXT,
  must_change INTEGER NOT NULL,
  invitation_id INTEGER,
  invitation_op INTEGER NOT NULL,
  invitation_version INTEGER,
  hazards INTEGER NOT NULL,
  frees_email TEXT,
  frees_login TEXT,
  contested INTEGER NOT NULL,
  before TEXT,
  problems TEXT,
  notes TEXT,
  salt BLOB,
  digest BLOB NOT NULL,
  PRIMARY KEY (org_id, import_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_member ON change (org_id, member_id, import_id) WHERE member_id IS NOT NULL;
-- For reviews of large plans, which look for few among many. The condition is always true: it keeps the index out of the
-- plans of queries that do not say it, above all those that apply, which read most of a plan in its order.
CREATE INDEX change_action ON change (org_id, import_id, action, seq) WHERE seq > 0;
CREATE INDEX change_notes ON change (org_id, import_id, seq) WHERE notes IS NOT NULL;
CREATE INDEX change_problems ON change (org_id, import_id, seq) WHERE problems IS NOT NULL;

-- Rows that leave a member as they are and have nothing else to say: many in one row, for a file is often brought back
-- with few changes. keeps are n times seq, line and member ID (store/keeps.go); lines ascend with seq.
CREATE TABLE keep_run (
  org_id INTEGER NOT NULL,
  import_id INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  n INTEGER NOT NULL,
  keeps BLOB NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (org_id, import_id, last_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  state INTEGER NOT NULL,
  email TEXT,
  email_key TEXT,
  generation INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  system_role INTEGER NOT NULL,
  system_permission INTEGER NOT NULL,
  policy_id INTEGER,
  role_id INTEGER,
  import_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX invitation_open ON invitation (org_id, email_key) WHERE state = 1;
CREATE INDEX invitation_email ON invitation (org_id, email_key);

-- What is to be sent: references, never rendered text, an address or a token.
CREATE TABLE outbox (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  import_id INTEGER,
  kind TEXT NOT NULL,
  member_id INTEGER,
  invitation_id INTEGER,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  claim INTEGER,
  lease_until INTEGER,
  tried_at INTEGER,
  link_until INTEGER,
  sent_at INTEGER,
  outcome TEXT,
  answer TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (org_id, next_at) WHERE state = 'pending';
CREATE INDEX outbox_tried ON outbox (org_id, tried_at) WHERE tried_at IS NOT NULL;

-- The files of file fields, by the keys in the members' fields. A row is here before the bytes are kept, and goes
-- after them. member_id is NULL until the plan that brought it is applied; look_at says when to look whether
-- anybody still needs it, NULL where that is certain.
CREATE TABLE member_file (
  org_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  import_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  member_id INTEGER,
  size INTEGER NOT NULL,
  type TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  look_at INTEGER,
  PRIMARY KEY (org_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_file_import ON member_file (org_id, import_id, seq);
CREATE INDEX member_file_member ON member_file (org_id, member_id);
CREATE INDEX member_file_look ON member_file (org_id, look_at);

CREATE TABLE export (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  actor_id INTEGER,
  members INTEGER NOT NULL,
  selection TEXT NOT NULL,
  columns TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

-- Which rows of a plan that is being made hand an address over to one another, in both directions.
CREATE TABLE change_edge (
  org_id INTEGER NOT NULL,
  import_id INTEGER NOT NULL,
  a INTEGER NOT NULL,
  b INTEGER NOT NULL,
  PRIMARY KEY (org_id, import_id, a, b)
) STRICT, WITHOUT ROWID;

-- Which rows of a plan that is being made the whole file rejects, and why, until they are written anew.
CREATE TABLE change_verdict (
  org_id INTEGER NOT NULL,
  import_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  other INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  PRIMARY KEY (org_id, import_id, seq, reason)
) STRICT, WITHOUT ROWID;

-- What SQLite's planner is to expect. Without it, it takes ten rows for any organisation and any plan, and
-- scans the whole of both where an index leads to the row (measured: minutes for seconds). Written down once
-- rather than analysed: the same queries then run the same way everywhere, whatever was in the tables when.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('member', 'member', '1000000 1000000 1'),
  ('member', 'member_email', '1000000 1000000 1'),
  ('member', 'member_login', '1000000 1000000 1'),
  ('member', 'member_gone', '10000 10000 1'),
  ('member', 'member_primary_owner', '1 1 1'),
  ('member_secret', 'member_secret', '1000000 1000000 1'),
  ('membership', 'membership', '1500000 1500000 2 1'),
  ('membership', 'membership_group', '1500000 1500000 15000 1'),
  ('change', 'change', '5000000 5000000 100000 1'),
  ('change', 'change_member', '4000000 4000000 4 1'),
  ('change', 'change_action', '5000000 5000000 100000 20000 1'),
  ('change', 'change_notes', '50000 50000 1000 1'),
  ('change', 'change_problems', '50000 50000 1000 1'),
  ('keep_run', 'keep_run', '50000 50000 500 1'),
  ('change_edge', 'change_edge', '2000 2000 2000 2 1'),
  ('change_verdict', 'change_verdict', '200000 200000 200000 1 1'),
  ('outbox', 'outbox', '1000000 1000000 1'),
  ('outbox', 'outbox_due', '10000 10000 1'),
  ('outbox', 'outbox_tried', '1000000 1000000 1'),
  ('invitation', 'invitation', '100000 100000 1'),
  ('invitation', 'invitation_email', '100000 100000 2'),
  ('invitation', 'invitation_open', '10000 10000 1'),
  ('import', 'import', '1000 1000 1'),
  ('import', 'import_journal', '1000 1000 1');
