"""The one exception that is meant for a person."""

from app.address import without_secrets


class StanceError(Exception):
    """Bad input or a missing resource, told in one sentence: what, which, what was wanted.

    A face (command line, window) prints the sentence and nothing else; the password of an address is not in it. Any
    other exception is a bug.
    """

    def __init__(self, sentence: str = "") -> None:
        super().__init__(without_secrets(sentence))
