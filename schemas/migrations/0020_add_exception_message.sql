-- What the failure said, as far as the dead letter tells: the class alone does not say which field was missing.
-- The stack trace stays in the headers.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS exception_message String
        COMMENT 'message of the cause, 2,000 characters at most; empty = not said, or masked by redact_headers'
    AFTER exception
