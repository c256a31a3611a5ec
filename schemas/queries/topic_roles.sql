-- What each topic holds, as far as anything was found out.
SELECT topic, role, evidence, records, confirming, observed_time FROM topic_roles FINAL ORDER BY topic
