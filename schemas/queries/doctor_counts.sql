-- What the store holds, and when a collector last reported (null = never).
SELECT
    (SELECT count() FROM events FINAL) AS events,
    (SELECT count() FROM edges FINAL WHERE confidence > 0) AS edges,
    (SELECT maxOrNull(observed_time) FROM collector_status) AS collector_seen
