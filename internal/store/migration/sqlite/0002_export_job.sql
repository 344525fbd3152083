-- +goose Up
-- Exports that are made in the background; the file, sealed, is kept under file_key once the state is done.
CREATE TABLE export_job (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  actor_id INTEGER,
  state TEXT NOT NULL CHECK (state IN ('queued', 'done', 'failed')),
  file_key TEXT NOT NULL,
  file_name TEXT NOT NULL,
  members INTEGER NOT NULL,
  problem TEXT,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
