"""The exceptions whose message is shown to the user."""

from app.core.message import Message, Value, foreign


class ExplainedError(Exception):
    """An exception with a text for the user: a template and the values that replace its placeholders.

    ``message`` is the text with both, from which it is translated.
    """

    def __init__(self, key: str = "", /, **values: Value) -> None:
        self.message = key if isinstance(key, Message) and not values else Message(key, **values)
        super().__init__(self.message)


class StanceError(ExplainedError):
    """Bad input or a missing resource, described in one sentence: what, which, and what was expected.

    The command line and the window show the sentence and nothing else; credentials of URLs are removed from it. Any
    other exception is a bug.
    """


class InvalidValueError(ExplainedError, ValueError):
    """A value in a file is not valid; the function that decodes the file adds the file name and the place in it."""


def message_of(error: BaseException) -> Message:
    """The text of ``error``; with the template and values of the exception that caused it, if it repeats that one's."""
    text = str(error) or type(error).__name__
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ExplainedError):
        cause = cause.__cause__
    if cause is None or not text.startswith(cause.message):
        return foreign(text)
    rest = text.removeprefix(cause.message)
    return Message("{reason}{place}", reason=cause.message, place=rest) if rest else cause.message
