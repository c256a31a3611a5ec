-- Which transitions of some incidents are written down, and for which channel.
SELECT incident_id, transition, channel FROM alerts FINAL WHERE incident_id IN ({ids:Array(String)})
