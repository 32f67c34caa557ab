"""What the pipeline says of its own work: the record of runs, the log, the size of the home. Nothing here decides anything."""
