"""The one exception that is meant for a person."""


class StanceError(Exception):
    """Bad input or a missing resource, told in one sentence: what, which, what was wanted.

    A face (command line, window) prints the sentence and nothing else. Any other exception is a bug.
    """
