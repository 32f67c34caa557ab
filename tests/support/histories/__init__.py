"""Generated histories of communities: the rows, the files they land in, and the real pipeline run over them."""
