"""The `run` manifest: what one walk through all rooms wrote, from which inputs, in which time."""

from pydantic import Field

from vertebroplasty.documents.common import Document, Part

__all__ = ["FileEntry", "RunDocument", "StageEntry"]


class FileEntry(Part):
    """One file written."""

    name: str = Field(description="File name within the output folder.")
    sha256: str = Field(description="SHA-256 of its content.")


class StageEntry(Part):
    """One room's share of the time."""

    stage: str = Field(description="Name of the stage.")
    duration_s: float = Field(description="Seconds.")


class RunDocument(Document):
    """What `run` leaves beside its results."""

    level: str = Field(description="Name of the level.")
    verdict: str = Field(description="The verdict of the screening.")
    summary: list[str] = Field(description="Ten lines for people.")
    files: list[FileEntry] = Field(description="Every file written, with its hash.")
    stages: list[StageEntry] = Field(description="Time by stage.")
