"""What a source is called before readers: its authors and year, or its title where no author is named."""

from vertebroplasty.sources import source

__all__ = ["called"]


def called(key: str) -> str:
    """For example `Weill et al. 1996`, or the title up to its first comma where the source names no author."""
    told = source(key)
    if told.authors.startswith("not "):
        return told.title.split(",")[0]
    return f"{told.authors} {told.year}".strip()
