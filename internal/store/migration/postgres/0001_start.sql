-- +goose Up
-- Times are microseconds UTC. *_key columns hold text folded in Go, so that both databases compare alike.
CREATE TABLE instance (
  id BIGINT PRIMARY KEY,
  key_check BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE organisation (
  id BIGINT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  seats BIGINT,
  settings TEXT NOT NULL,
  default_access TEXT NOT NULL,
  masters_version BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

-- Numbers given out one after another; a row of its own for each, so that giving out one kind waits for no other.
CREATE TABLE counter (
  org_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  next BIGINT NOT NULL,
  PRIMARY KEY (org_id, name)
);

CREATE TABLE member (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  state SMALLINT NOT NULL,
  email TEXT,
  email_key TEXT COLLATE "C",
  login_id TEXT,
  login_key TEXT COLLATE "C",
  name TEXT,
  name_key TEXT COLLATE "C",
  login_allowed BOOLEAN NOT NULL,
  login_until TEXT,
  system_role SMALLINT NOT NULL,
  system_permission SMALLINT NOT NULL,
  policy_id BIGINT,
  role_id BIGINT,
  remarks TEXT,
  display_order BIGINT,
  fields JSONB NOT NULL,
  created_at BIGINT NOT NULL,
  withdrawn_at BIGINT,
  erased_at BIGINT,
  PRIMARY KEY (org_id, id)
);
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
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  verifier TEXT NOT NULL,
  must_change BOOLEAN NOT NULL,
  set_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id)
);

-- Passwords that people had before: they may not choose them again.
CREATE TABLE password_history (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  set_at BIGINT NOT NULL,
  verifier TEXT NOT NULL,
  PRIMARY KEY (org_id, member_id, set_at)
);

-- Moves when all sessions of a member end at once, and with them the links that were mailed. No row: 0.
CREATE TABLE session_epoch (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id)
);

-- What members chose for themselves: none of it is in plans, files or the history.
CREATE TABLE account (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  language TEXT,
  totp BYTEA,
  totp_on BOOLEAN NOT NULL,
  PRIMARY KEY (org_id, member_id)
);

-- Which columns members chose for their list of members: a JSON list of identifiers.
CREATE TABLE list_columns (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  columns TEXT NOT NULL,
  PRIMARY KEY (org_id, member_id)
);

CREATE TABLE recovery_code (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (org_id, member_id, hash)
);

CREATE TABLE passkey (
  org_id BIGINT NOT NULL,
  id BYTEA NOT NULL,
  member_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  credential TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX passkey_member ON passkey (org_id, member_id);

-- What became of what members sign in with, beside their passwords: those are in the history. actor_id is NULL for the
-- operator of the machine.
CREATE TABLE account_event (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  what TEXT NOT NULL,
  actor_id BIGINT,
  at BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, id)
);

-- New addresses that wait for their confirming link, one for each member.
CREATE TABLE email_change (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id)
);

CREATE TABLE org_group (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  is_default BOOLEAN NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX org_group_name ON org_group (org_id, name);

CREATE TABLE membership (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, group_id)
);
CREATE INDEX membership_group ON membership (org_id, group_id, member_id);

CREATE TABLE field (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  identifier TEXT NOT NULL,
  position BIGINT NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX field_identifier ON field (org_id, identifier);

CREATE TABLE filter (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  owner_id BIGINT,
  share TEXT NOT NULL,
  expression TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX filter_name ON filter (org_id, name);

CREATE TABLE filter_group (
  org_id BIGINT NOT NULL,
  filter_id BIGINT NOT NULL,
  group_id BIGINT NOT NULL,
  PRIMARY KEY (org_id, filter_id, group_id)
);

CREATE TABLE brand (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX brand_code ON brand (org_id, code);

CREATE TABLE policy (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX policy_code ON policy (org_id, code);

CREATE TABLE policy_brand (
  org_id BIGINT NOT NULL,
  policy_id BIGINT NOT NULL,
  brand_id BIGINT NOT NULL,
  PRIMARY KEY (org_id, policy_id, brand_id)
);

CREATE TABLE role (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  access TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX role_code ON role (org_id, code);

CREATE TABLE mapping (
  org_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  columns TEXT NOT NULL,
  PRIMARY KEY (org_id, name)
);

CREATE TABLE named_export (
  org_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  settings TEXT NOT NULL,
  actor_id BIGINT,
  saved_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, name)
);

CREATE TABLE import (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  undo_of BIGINT,
  state TEXT NOT NULL,
  actor_id BIGINT,
  file_name TEXT,
  file_sha256 BYTEA,
  file_key TEXT,
  layout TEXT NOT NULL,
  options TEXT NOT NULL,
  header TEXT NOT NULL,
  charset TEXT,
  masters_version BIGINT NOT NULL,
  rows BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  creates BIGINT NOT NULL,
  invites BIGINT NOT NULL,
  mails BIGINT NOT NULL,
  first_member_id BIGINT,
  first_invitation_id BIGINT,
  password_secret BYTEA,
  passwords_until BIGINT,
  sum BYTEA,
  journal_no BIGINT,
  prev_hash BYTEA,
  hash BYTEA,
  approver_id BIGINT,
  lease_until BIGINT,
  attempt BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  applied_at BIGINT,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX import_journal ON import (org_id, journal_no);
CREATE INDEX import_accepted ON import (org_id, first_member_id) WHERE kind = 'accept';

-- What is to be done with imports in the background: the truth of what is queued. Queued jobs only carry it out.
CREATE TABLE task (
  org_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  ready BOOLEAN NOT NULL,
  actor_id BIGINT,
  back TEXT,
  upload_key TEXT,
  files_key TEXT,
  request TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, import_id, kind)
);

-- The heart: one row for each change of each plan, written once while planning.
-- The columns from email to fields are the member (or invitation) as it will be;
-- group_ops are the groups put into and taken out of, '5,-7', ascending by ID.
CREATE TABLE change (
  org_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  line BIGINT,
  action SMALLINT NOT NULL,
  ordinal BIGINT,
  member_id BIGINT,
  base_version BIGINT,
  mask BIGINT NOT NULL,
  email TEXT,
  email_key TEXT COLLATE "C",
  login_id TEXT,
  login_key TEXT COLLATE "C",
  name TEXT,
  name_key TEXT COLLATE "C",
  login_allowed BOOLEAN NOT NULL,
  login_until TEXT,
  system_role SMALLINT NOT NULL,
  system_permission SMALLINT NOT NULL,
  policy_id BIGINT,
  role_id BIGINT,
  remarks TEXT,
  display_order BIGINT,
  fields TEXT NOT NULL,
  group_ops TEXT,
  secret TEXT,
  must_change BOOLEAN NOT NULL,
  invitation_id BIGINT,
  invitation_op SMALLINT NOT NULL,
  invitation_version BIGINT,
  hazards SMALLINT NOT NULL,
  frees_email TEXT COLLATE "C",
  frees_login TEXT COLLATE "C",
  contested BOOLEAN NOT NULL,
  before TEXT,
  problems TEXT,
  notes TEXT,
  salt BYTEA,
  digest BYTEA NOT NULL,
  PRIMARY KEY (org_id, import_id, seq)
);
CREATE INDEX change_member ON change (org_id, member_id, import_id) WHERE member_id IS NOT NULL;
-- For reviews of large plans, which look for few among many. The condition is always true: it keeps the index out of the
-- plans of queries that do not say it, above all those that apply, which read most of a plan in its order.
CREATE INDEX change_action ON change (org_id, import_id, action, seq) WHERE seq > 0;
CREATE INDEX change_notes ON change (org_id, import_id, seq) WHERE notes IS NOT NULL;
CREATE INDEX change_problems ON change (org_id, import_id, seq) WHERE problems IS NOT NULL;

-- Rows that leave a member as they are and have nothing else to say: many in one row, for a file is often brought back
-- with few changes. keeps are n times seq, line and member ID (store/keeps.go); lines ascend with seq.
CREATE TABLE keep_run (
  org_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  first_seq BIGINT NOT NULL,
  first_line BIGINT NOT NULL,
  last_line BIGINT NOT NULL,
  n BIGINT NOT NULL,
  keeps BYTEA NOT NULL,
  digest BYTEA NOT NULL,
  PRIMARY KEY (org_id, import_id, last_seq)
);

CREATE TABLE invitation (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  state SMALLINT NOT NULL,
  email TEXT,
  email_key TEXT COLLATE "C",
  generation BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  system_role SMALLINT NOT NULL,
  system_permission SMALLINT NOT NULL,
  policy_id BIGINT,
  role_id BIGINT,
  import_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX invitation_open ON invitation (org_id, email_key) WHERE state = 1;
CREATE INDEX invitation_email ON invitation (org_id, email_key);

-- What is to be sent: references, never rendered text, an address or a token.
CREATE TABLE outbox (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  import_id BIGINT,
  kind TEXT NOT NULL,
  member_id BIGINT,
  invitation_id BIGINT,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  claim BIGINT,
  lease_until BIGINT,
  tried_at BIGINT,
  link_until BIGINT,
  sent_at BIGINT,
  outcome TEXT,
  answer TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX outbox_due ON outbox (org_id, next_at) WHERE state = 'pending';
CREATE INDEX outbox_tried ON outbox (org_id, tried_at) WHERE tried_at IS NOT NULL;

-- The files of file fields, by the keys in the members' fields. A row is here before the bytes are kept, and goes
-- after them. member_id is NULL until the plan that brought it is applied; look_at says when to look whether
-- anybody still needs it, NULL where that is certain.
CREATE TABLE member_file (
  org_id BIGINT NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  import_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  member_id BIGINT,
  size BIGINT NOT NULL,
  type TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  look_at BIGINT,
  PRIMARY KEY (org_id, key)
);
CREATE INDEX member_file_import ON member_file (org_id, import_id, seq);
CREATE INDEX member_file_member ON member_file (org_id, member_id);
CREATE INDEX member_file_look ON member_file (org_id, look_at);

CREATE TABLE export (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  actor_id BIGINT,
  members BIGINT NOT NULL,
  selection TEXT NOT NULL,
  columns TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);

-- Which rows of a plan that is being made hand an address over to one another, in both directions.
CREATE TABLE change_edge (
  org_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  a BIGINT NOT NULL,
  b BIGINT NOT NULL,
  PRIMARY KEY (org_id, import_id, a, b)
);

-- Which rows of a plan that is being made the whole file rejects, and why, until they are written anew.
CREATE TABLE change_verdict (
  org_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  reason SMALLINT NOT NULL,
  other BIGINT NOT NULL,
  owner BIGINT NOT NULL,
  PRIMARY KEY (org_id, import_id, seq, reason)
);

-- Sessions and what goes with them. For SQLite these are in a file of their own (migration/sqlite-sessions).
CREATE TABLE session (
  org_id BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  member_id BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  complete BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, hash)
);
CREATE INDEX session_member ON session (org_id, member_id);
CREATE INDEX session_created ON session (org_id, created_at);

-- who is a MAC over a member, or over a name that nobody has: both are counted alike.
CREATE TABLE sign_in_failure (
  org_id BIGINT NOT NULL,
  who BYTEA NOT NULL,
  failures BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  PRIMARY KEY (org_id, who)
);
CREATE INDEX sign_in_failure_last ON sign_in_failure (org_id, last_at);

-- The last step of the clock whose code a member used: none is taken twice (RFC 6238, section 5.2).
CREATE TABLE used_step (
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  step BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id)
);

-- The counters of passkeys, and when they were used.
CREATE TABLE used_passkey (
  org_id BIGINT NOT NULL,
  id BYTEA NOT NULL,
  member_id BIGINT NOT NULL,
  sign_count BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);

-- Challenges of passkeys that were not answered yet.
CREATE TABLE ceremony (
  org_id BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  data TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, hash)
);

-- Files that somebody brought to be looked at, and has not sent yet. A row is here before the bytes are kept, and goes
-- after them; sizes are NULL until they are kept.
CREATE TABLE upload (
  org_id BIGINT NOT NULL,
  id TEXT NOT NULL,
  actor_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  size BIGINT,
  files_name TEXT,
  files_size BIGINT,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX upload_expires ON upload (org_id, expires_at);

-- Who carries out a task, until when they are taken for alive, and how far they are. No row: nobody, and nothing is lost.
CREATE TABLE task_run (
  org_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  tries BIGINT NOT NULL,
  stops BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  began_at BIGINT,
  step TEXT,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  rows BIGINT NOT NULL,
  moved_at BIGINT,
  cancel_requested_at BIGINT,
  PRIMARY KEY (org_id, import_id, kind)
);
