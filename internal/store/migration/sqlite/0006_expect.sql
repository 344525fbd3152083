-- +goose Up
-- How wide SQLite's planner is to take a row of members for. By its own guess reading all of them through an index of their
-- addresses, row by row from all over the table, looks no worse than reading the table: counting a filter among a million
-- took nine seconds in place of one. From 30 to 150 it reads the table, and still counts by an index alone.
UPDATE sqlite_stat1 SET stat = '1000000 1000000 1 sz=60' WHERE tbl = 'member' AND idx = 'member';
