"""From the lake to the candidate: control tables, definitions, and dbt."""
