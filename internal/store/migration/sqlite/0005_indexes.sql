-- +goose Up
-- One index for those who are gone: counting active members asks who they are, each import who is to be erased.
DROP INDEX member_withdrawn;
DROP INDEX member_gone;
CREATE INDEX member_gone ON member (org_id, withdrawn_at) WHERE state <> 1;
-- Asked for with every page where a second person approves.
CREATE INDEX import_approval ON import (org_id, id) WHERE state = 'needs_approval';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('member', 'member_gone', '10000 10000 100'),
  ('import', 'import_approval', '10 10 1');
