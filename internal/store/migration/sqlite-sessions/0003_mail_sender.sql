-- +goose Up
-- One row: until when some process is known to send mails. Pages of the others ask.
CREATE TABLE mail_sender (
  id INTEGER PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT;
