"""The two gates: what has landed is checked before it is built on, the candidate before it is published."""
