-- +goose Up
-- What groups that were deleted were called: changes name them by their IDs.
CREATE TABLE deleted_group (
  org_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
