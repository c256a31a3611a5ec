INSERT INTO schema_migrations (version, name, checksum, applied_time)
SELECT {version:UInt32}, {name:String}, {checksum:String}, now64(3)
