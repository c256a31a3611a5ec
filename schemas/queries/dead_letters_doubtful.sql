-- Topics that are named like dead letters and hold none, as far as anything confirms it.
SELECT topic, records FROM topic_roles FINAL WHERE evidence = 'name' ORDER BY topic LIMIT 100
