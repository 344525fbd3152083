-- +goose Up
-- Exports that are made in the background; the file, sealed, is kept under file_key once the state is done.
CREATE TABLE export_job (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  actor_id BIGINT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'done', 'failed')),
  file_key TEXT NOT NULL,
  file_name TEXT NOT NULL,
  members BIGINT NOT NULL,
  problem TEXT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (org_id, id)
);
