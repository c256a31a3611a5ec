-- Records that came late have shown that these are no changes.
DELETE FROM schema_changes WHERE change_id IN {change_ids:Array(String)}
