-- What has to be told, to whom, and how that went: one row per transition of an incident and channel.
CREATE TABLE IF NOT EXISTS alerts
(
    alert_id       String                 COMMENT 'made from the next three: sent along, so that receivers can drop what they have',
    incident_id    String,
    transition     LowCardinality(String) COMMENT 'opened | escalated | resolved, with a number where it happened again',
    channel        LowCardinality(String) COMMENT 'name of the channel in the settings',
    created_time   DateTime64(3, 'UTC'),
    state          LowCardinality(String) COMMENT 'waiting | sent | given up | superseded',
    attempts       UInt32,
    next_time      DateTime64(3, 'UTC')   COMMENT 'not before this',
    sent_time      Nullable(DateTime64(3, 'UTC')) COMMENT 'when the receiver acknowledged it',
    problem        String                 COMMENT 'of the last attempt; no secrets and no addresses with secrets in them',
    version        UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (incident_id, transition, channel)
