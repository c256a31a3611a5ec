-- As for identities.
ALTER TABLE references MODIFY SETTING min_compress_block_size = 8192
