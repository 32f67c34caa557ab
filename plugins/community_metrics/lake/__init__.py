"""From a landed file to Parquet by business date, every value canonical text, every row in exactly one place."""
