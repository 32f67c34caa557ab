"""A second implementation of the marts, written from the definitions alone: plain loops over plain lists.

It shares nothing with the models but the words of the definitions, is slow on purpose, and is right if anything is:
where it disagrees with a mart, one of the two has a bug.
"""
