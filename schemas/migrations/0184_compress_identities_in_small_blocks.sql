-- A name lies somewhere else than the one before it. Of a few names a second, as most systems write them, unpacking whole
-- blocks of 64 KiB was most of what linking cost.
ALTER TABLE identities MODIFY SETTING min_compress_block_size = 8192
