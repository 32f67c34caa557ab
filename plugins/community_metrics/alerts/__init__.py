"""Who is told when something is wrong, and when it is over: one message for each incident, one for its end.

`incidents` says what is wrong now, `messages` puts it into words and into the formats of mail and robots, `channels` delivers it,
`book` remembers who was told what.
"""
