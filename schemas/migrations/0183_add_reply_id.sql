-- What pairs a reply with its request. Kept apart: it is no cause, and it names no flow, as a correlation id does.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS reply_id String COMMENT 'shared by a request and its reply; empty = not said'
    AFTER conversation_id
