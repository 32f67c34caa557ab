"""Readers: an opened file and its template in, batches of a stream's own columns out."""
