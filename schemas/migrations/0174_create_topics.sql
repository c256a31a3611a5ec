-- Topics by the id that the brokers give them. A topic with a former name was made anew under an old one: offsets
-- start again, so what the store held of the old one goes by its former name from then on.
CREATE TABLE IF NOT EXISTS topics
(
    topic      String,
    topic_id   String                 COMMENT 'of the brokers, unique among all topics ever',
    collector  String                 COMMENT 'who saw it: of several the first one moves the old rows',
    first_time DateTime64(3, 'UTC')   COMMENT 'when it saw this id first',
    until_time DateTime64(3, 'UTC')   COMMENT 'what was observed before then was of the topic before this one',
    former     String                 COMMENT 'what the topic before this one is called now; empty = there was none',
    moved      Bool                   COMMENT 'its rows go by that name',
    written    DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(written)
ORDER BY (topic, topic_id, collector)
SETTINGS non_replicated_deduplication_window = 1000
