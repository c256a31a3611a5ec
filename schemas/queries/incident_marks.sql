SELECT name, time FROM incident_marks FINAL
