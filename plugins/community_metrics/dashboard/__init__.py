"""The static site of a release: pages declared in `dashboards/`, numbers read from the released marts."""
