-- As for edges.
ALTER TABLE edges_by_cause MODIFY SETTING min_compress_block_size = 4096
