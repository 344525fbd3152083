-- +goose Up
-- What groups that were deleted were called: changes name them by their IDs.
CREATE TABLE deleted_group (
  org_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
