-- The changes of these topics that began since: judged again, each is found again or was none.
SELECT topic, type, change_id FROM schema_changes FINAL
WHERE topic IN {topics:Array(String)} AND first_time >= {since:DateTime64(3, 'UTC')}
