-- A cascade asks for edges that lie far apart: see the migration before this one.
ALTER TABLE edges MODIFY SETTING min_compress_block_size = 4096
