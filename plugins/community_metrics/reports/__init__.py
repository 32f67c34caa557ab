"""The daily brief, the weekly and the monthly report: what a release says of a period, what changed and why, as a page and as mail.

`periods` are what a report is about, `completeness` says which of them are whole, `numbers` reads a release, `decomposition` splits a
change into parts, `content` puts a report together, `page` and `pdf` write it, `book` knows which were written and sent.
"""
