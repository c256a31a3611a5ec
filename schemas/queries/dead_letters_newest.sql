-- How far the search for dead letters has come.
SELECT max(observed_time) AS newest_time, count() AS records FROM dead_letter_records
