-- Names that more than eight events answer to: constants, which name nothing. Linking leaves them out from then on.
CREATE TABLE IF NOT EXISTS constants
(
    name_hash  UInt128 DEFAULT reinterpretAsUInt128(sipHash128(name)) COMMENT 'sipHash128 of the name',
    name       String,
    found_time DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (name_hash)
SETTINGS non_replicated_deduplication_window = 1000
