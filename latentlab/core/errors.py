"""The one kind of error whose message is meant for a person."""


class LatentlabError(Exception):
    """Something a person can mend; the message is one sentence that says what is wrong and what to do."""
