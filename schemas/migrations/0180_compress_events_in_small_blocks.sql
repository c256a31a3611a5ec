-- An event that is asked for by its place lies alone in its granule. What has to be unpacked to get at it is a block of
-- at least this many bytes per column: 64 KiB by default, of which nearly everything would be thrown away.
ALTER TABLE events MODIFY SETTING min_compress_block_size = 4096
