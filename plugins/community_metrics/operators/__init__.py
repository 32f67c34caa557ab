"""Airflow operators: each calls one function of `community_metrics.pipeline`, which the console script calls too."""
