-- Every span of these traces, as far as the walk from a span to its causes needs it.
SELECT *
FROM
(
    SELECT trace_id, span_id, parent_span_id, kind, service, end_time, system, operation, topic, partition, offset,
           cluster_id, batch_size, hands_on, link_trace_ids, link_span_ids, link_topics, link_partitions,
           link_offsets, links_missing
    FROM spans
    WHERE trace_id IN {trace_ids:Array(String)}
    LIMIT 1 BY trace_id, span_id
)
LIMIT {spans_max:UInt32} BY trace_id
