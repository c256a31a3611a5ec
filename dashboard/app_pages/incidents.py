"""Is something wrong now? Since when, how much, why; and the story of one incident on one time axis."""

from dashboard.frame import heading, refreshed
from dashboard.views.incident_list import draw_list

live = heading("Incidents")
refreshed(draw_list, live=live, every_s=5)
