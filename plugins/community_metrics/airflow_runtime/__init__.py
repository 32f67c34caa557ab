"""A local Airflow on the project's home: started and stopped as one family of processes, and driven over its API."""
