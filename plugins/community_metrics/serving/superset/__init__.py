"""Superset: dashboards declared in `dashboards/superset/`, everything else generated from the metric registry, imported over REST."""
