-- +goose Up
-- What is in each stretch of a plan (store/blocks.go): for reviews, which look for few changes among many, and for
-- applying, which holds what it touches against it. In place of an index of all changes by their action, which was
-- a fifteenth of planning new members. actions has a bit for each action that there is; counts is a document; keys are e-mail
-- addresses, login IDs and names, folded and cut, each behind a line end.
CREATE TABLE change_block (
  org_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  block BIGINT NOT NULL,
  actions BIGINT NOT NULL,
  counts TEXT NOT NULL,
  keys TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (org_id, import_id, block)
);
-- Taking them apart when they are looked through takes longer than reading them.
ALTER TABLE change_block ALTER COLUMN keys SET STORAGE EXTERNAL;
-- What was only ever added to need not be vacuumed beside applying it, which took a tenth longer: behind some five million
-- changes is early enough. What erasing leaves is vacuumed at once (scrub in store/dialect.go).
ALTER TABLE change SET (autovacuum_vacuum_insert_threshold = 5000000);
ALTER TABLE change_block SET (autovacuum_vacuum_insert_threshold = 5000000, toast.autovacuum_vacuum_insert_threshold = 5000000);
DROP INDEX change_action;
INSERT INTO change_block (org_id, import_id, block, actions, counts, keys)
SELECT c.org_id, c.import_id, (c.seq - 1) / 2000,
  max(CASE WHEN c.action = 1 THEN 2 ELSE 0 END) + max(CASE WHEN c.action = 2 THEN 4 ELSE 0 END) + max(CASE WHEN c.action = 3 THEN 8 ELSE 0 END)
    + max(CASE WHEN c.action = 4 THEN 16 ELSE 0 END) + max(CASE WHEN c.action = 5 THEN 32 ELSE 0 END) + max(CASE WHEN c.action = 6 THEN 64 ELSE 0 END),
  json_build_object(
    'withdrawn', count(CASE WHEN c.action = 4 AND c.member_id IS NOT NULL THEN 1 END),
    'released', count(CASE WHEN c.contested THEN 1 END),
    'rekeyed', count(CASE WHEN c.action = 3 AND (c.mask & 12) <> 0 AND f.seq IS NOT NULL THEN 1 END),
    'updated', count(CASE WHEN c.action = 3 AND (c.mask & 12) = 0 AND c.mask <> 32 AND f.seq IS NOT NULL THEN 1 END),
    'restored', count(CASE WHEN c.action = 1 AND c.member_id IS NOT NULL THEN 1 END),
    'created', count(CASE WHEN c.action = 1 AND c.member_id IS NULL THEN 1 END),
    'secrets', count(CASE WHEN c.action IN (1, 3) AND c.secret IS NOT NULL THEN 1 END),
    'invited', count(CASE WHEN c.action = 2 AND c.invitation_op = 1 THEN 1 END),
    'gone', coalesce(sum(CASE WHEN c.action = 4 THEN length(c.group_ops) - length(replace(c.group_ops, '-', '')) END), 0),
    'leaving', coalesce(sum(CASE WHEN c.action IN (1, 3) THEN length(c.group_ops) - length(replace(c.group_ops, '-', '')) END), 0),
    'joining', coalesce(sum(CASE WHEN c.action IN (1, 3) THEN 1 + length(c.group_ops) - length(replace(c.group_ops, ',', ''))
      - length(c.group_ops) + length(replace(c.group_ops, '-', '')) END), 0),
    'closed', count(CASE WHEN c.action <= 4 AND c.invitation_op = 4 THEN 1 END),
    'cancelled', count(CASE WHEN c.action <= 4 AND c.invitation_op = 3 THEN 1 END),
    'reopened', count(CASE WHEN c.action <= 4 AND c.invitation_op = 2 THEN 1 END),
    'signed_out', count(CASE WHEN c.member_id IS NOT NULL AND (c.action = 1 OR c.action = 3 AND (c.mask & 224) <> 0) THEN 1 END),
    'known', count(CASE WHEN c.member_id IS NOT NULL AND c.action IN (1, 3, 4) THEN 1 END)),
  coalesce(string_agg(coalesce(chr(10) || substr(c.email_key, 1, 64), '') || coalesce(chr(10) || substr(nullif(c.login_key, c.email_key), 1, 64), '') || coalesce(chr(10) || substr(c.name_key, 1, 64), ''), ''), '')
FROM change c
LEFT JOIN (SELECT h.org_id, h.import_id, min(h.seq) AS seq FROM change h WHERE h.action = 3 AND h.member_id IS NOT NULL
  GROUP BY h.org_id, h.import_id, h.member_id, (h.mask & 12) <> 0, h.mask = 32) f -- the first change of each member
  ON f.org_id = c.org_id AND f.import_id = c.import_id AND f.seq = c.seq
GROUP BY c.org_id, c.import_id, (c.seq - 1) / 2000;
