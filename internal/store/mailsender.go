package store

import (
	"context"
	"errors"
	"fmt"
)

// Who sends mails is noted every few seconds, also while a transaction of minutes holds
// SQLite's one writer: it lies with the sessions (see [DB.WriteSide]).

// NoteMailSender notes that a process sends mails until a time, if it does not say so
// itself again.
func (db *DB) NoteMailSender(ctx context.Context, until int64) error {
	err := db.WriteSide(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO mail_sender (id, until) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET until = excluded.until WHERE mail_sender.until < excluded.until`, until)
		return err
	})
	if err != nil {
		return fmt.Errorf("note who sends mails: %w", err)
	}
	return nil
}

// MailSenderUntil returns until when some process sends mails; 0 if none ever did.
func (db *DB) MailSenderUntil(ctx context.Context) (until int64, err error) {
	err = one(ctx, db.readSide(), `SELECT until FROM mail_sender WHERE id = 1`, nil, &until)
	if err != nil && !errors.Is(err, ErrNoRows) {
		return 0, fmt.Errorf("who sends mails: %w", err)
	}
	return until, nil
}
