"""Files: written whole or not at all, read within bounds, and no more than the disk has room for."""

from vertebroplasty.files.writing import (
    fill_folder,
    refuse_existing_file,
    refuse_existing_folder,
    refuse_foreign_file,
    sha256_of,
    write_whole,
    write_whole_bytes,
    write_whole_text,
)

__all__ = [
    "fill_folder",
    "refuse_existing_file",
    "refuse_existing_folder",
    "refuse_foreign_file",
    "sha256_of",
    "write_whole",
    "write_whole_bytes",
    "write_whole_text",
]
