-- The structures of these topics.
SELECT topic, type, shape_id, paths FROM shapes FINAL WHERE topic IN {topics:Array(String)}
