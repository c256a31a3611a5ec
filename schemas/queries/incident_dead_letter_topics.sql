-- Topics that hold dead letters.
SELECT topic FROM topic_roles FINAL WHERE role = 'dead letter' ORDER BY topic
