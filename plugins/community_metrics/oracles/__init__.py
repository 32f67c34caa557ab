"""Runs other products' own test cases through this pipeline: `python -m community_metrics.oracles DIR` (`make oracles DIR=...`).

A case (JSON) holds persons, events, a question and the answer that its author asserts. The runner may only write what a user may write
(input files of the contract, settings, definition rows), run the pipeline, read marts and put the numbers into the case's shape.
It computes no metric: whatever is not in a mart is reported as not supported.

How a case becomes input:

- It has a platform of its own, so that cases share a run; its answer is read at that platform's scope.
- Every person is a community too, so that *who* was counted can be read off the communities' rows.
- An event is told once for every role that it plays in the question (entry, return, counted), under an event type made for that role:
  that is how a question about an event with a property is put. An event without a role is landed as a type that is no activity.
- Several ids of one person are joined by `identity_links`; a person's creation is `created_at` of its `members` rows.
- Persons that the question leaves out, and events whose author has no record, are landed with `actor_type` `test`.
- The export is taken at the end of the question's last period (`--period`): what happened later is not in it.
"""
