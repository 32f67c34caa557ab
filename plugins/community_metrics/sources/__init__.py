"""From landed files to columns of canonical text: envelopes, grammar, templates and their registry."""
