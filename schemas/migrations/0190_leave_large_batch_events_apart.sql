-- Kept for a day and asked for by batch, as they were written: to merge the rows of large writes is work for nothing.
-- Small ones, of which there may be one a second, are merged up to this size.
ALTER TABLE batch_events MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 2097152
