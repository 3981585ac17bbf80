"""What can stop the work: each error is one sentence with the remedy, and says where it arose."""

__all__ = [
    "CutBody",
    "DiskFull",
    "Refused",
    "Tampered",
    "UnknownLabels",
    "UnreadableImage",
    "VertebroplastyError",
    "WrongUsage",
]


class VertebroplastyError(Exception):
    """The work cannot go on; the text is one sentence a user can act on.

    Args:
        message: what was found, why it stops, what to do, in one sentence; where a file has several problems, a line
            that counts them and then a line for each.
        where: the file, level or option concerned, without any patient name; empty if there is none.
        problems: the sentence of each problem where an input was searched for all of them; empty elsewhere.
    """

    kind = "error"

    def __init__(self, message: str, *, where: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.problems = problems


class UnreadableImage(VertebroplastyError):
    """A CT or segmentation cannot be read as one consistent volume."""

    kind = "unreadable-image"


class UnknownLabels(VertebroplastyError):
    """The labels do not prove which vertebra is which."""

    kind = "unknown-labels"


class CutBody(VertebroplastyError):
    """The vertebral body itself leaves the field of view."""

    kind = "cut-body"


class Refused(VertebroplastyError):
    """An input is outside what can be answered: wrong value, option, file or state."""

    kind = "refused"


class DiskFull(Refused):
    """The disk has no room for what would be written, or would be left with too little."""

    kind = "disk-full"


class Tampered(VertebroplastyError):
    """A registry is not what its journal says: each problem names the record concerned."""

    kind = "tampered"


class WrongUsage(VertebroplastyError):
    """The command line asks for something that no option allows; exit code 2."""

    kind = "usage"
