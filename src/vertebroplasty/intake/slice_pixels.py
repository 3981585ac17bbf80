"""Pixels of sorted slices as Hounsfield units, whatever lossless or lossy form they were stored in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Shaped

from vertebroplasty.anatomy.volume import OUTSIDE_HU
from vertebroplasty.errors import UnreadableImage
from vertebroplasty.intake.dicom_headers import Header
from vertebroplasty.intake.limits import PADDING_HU, check_rescale
from vertebroplasty.quiet import quiet_readers

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["read_hu", "refuse_missing_decoders"]

# Everything that decoding needs, and again nothing of the patient.
PIXEL_TAGS = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "PixelData",
)
PADDING_BELOW_HU = -900.0  # [choice] a padding value above it would blank out tissue, so it is not believed
SIGN_BIT = 1 << 15  # [exact] sign bit of a 16-bit number
INT16 = np.iinfo(np.int16)
HU_TYPES = ("", "HU", "US", "HU_MOD")  # US: unspecified, written by older scanners


def refuse_missing_decoders(headers: Sequence[Header]) -> None:
    """Stop before reading if a slice is compressed in a way nothing installed can decode.

    Raises:
        UnreadableImage: names the file, the compression and what to install.
    """
    from pydicom.pixels.decoders.base import get_decoder

    for header in headers:
        syntax = header.dataset.file_meta.get("TransferSyntaxUID")
        if syntax is None or not syntax.is_transfer_syntax or not syntax.is_compressed:
            continue
        try:
            available = get_decoder(syntax).is_available
        except NotImplementedError:
            available = False
        if not available:
            raise UnreadableImage(
                f"{header.name} is compressed as {syntax.name}, which needs the optional decoders: "
                "pip install 'vertebroplasty[codecs]'.",
                where=header.name,
            )


def read_hu(headers: Sequence[Header]) -> Shaped[np.ndarray, "k j i"]:
    """Stack the slices in the given order as HU: int16 where every value is a whole number that fits, else float32.

    Voxels that the scanner marked as padding, or that lie at or below -1500 HU, become -2048 (outside the scan).

    Raises:
        UnreadableImage: a slice has no pixels, is damaged, or does not rescale to HU.
    """
    first = headers[0].dataset
    volume = np.empty((len(headers), int(first.Rows), int(first.Columns)), np.int16)
    for index, header in enumerate(headers):
        hu = _slice_hu(header)
        whole = hu.dtype.kind == "i" and hu.min() >= INT16.min and hu.max() <= INT16.max
        if not whole and volume.dtype == np.int16:
            volume = volume.astype(np.float32)
        volume[index] = hu
    return volume


def _slice_hu(header: Header) -> Shaped[np.ndarray, "j i"]:
    slope, intercept = _rescale(header)
    stored, padding = _stored(header, slope, intercept)
    hu: Shaped[np.ndarray, "j i"]
    if slope.is_integer() and intercept.is_integer():
        hu = stored.astype(np.int64) * int(slope) + int(intercept)
    else:
        hu = (stored.astype(np.float64) * slope + intercept).astype(np.float32)
    hu[padding | (hu <= OUTSIDE_HU)] = PADDING_HU
    return hu


def _rescale(header: Header) -> tuple[float, float]:
    """Slope and intercept to HU; a CT without them has no known scale."""
    slope = float(header.numbers("RescaleSlope", 1)[0])
    intercept = float(header.numbers("RescaleIntercept", 1)[0])
    check_rescale(slope, intercept, name=header.name)
    kind = header.text("RescaleType").upper()
    if kind not in HU_TYPES:
        raise UnreadableImage(
            f"{header.name} is in {kind}, not in Hounsfield units: give the original CT series.", where=header.name
        )
    return slope, intercept


def _stored(
    header: Header, slope: float, intercept: float
) -> tuple[Shaped[np.ndarray, "j i"], Bool[np.ndarray, "j i"]]:
    """The stored values and which of them are padding."""
    import pydicom

    with quiet_readers():
        try:
            dataset = pydicom.dcmread(header.path, specific_tags=list(PIXEL_TAGS))
        except Exception as reason:
            raise _incomplete(header) from reason
        if "PixelData" not in dataset or not dataset.PixelData:
            raise UnreadableImage(f"{header.name} holds no pixels: export the series again.", where=header.name)
        try:
            stored: Shaped[np.ndarray, "j i"] = dataset.pixel_array
        except Exception as reason:
            raise _incomplete(header) from reason
    expected = (int(header.dataset.Rows), int(header.dataset.Columns))
    if stored.shape != expected or stored.dtype.kind not in "iu":
        raise UnreadableImage(f"{header.name} is not a single grey slice: give the original CT.", where=header.name)
    edges = [_signed(dataset, keyword) for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    known = [value for value in edges if value is not None]
    if edges[0] is None or max(known) * slope + intercept > PADDING_BELOW_HU:
        return stored, np.zeros(stored.shape, bool)
    return stored, (stored >= min(known)) & (stored <= max(known))


def _signed(dataset: "Dataset", keyword: str) -> int | None:
    """A padding tag as the number the pixels would hold: some writers store -2000 as 63536."""
    value = dataset.get(keyword)
    if not isinstance(value, int):
        return None
    signed = int(dataset.get("PixelRepresentation", 0)) == 1
    return value - 2 * SIGN_BIT if signed and value >= SIGN_BIT else value


def _incomplete(header: Header) -> UnreadableImage:
    return UnreadableImage(
        f"{header.name} is damaged: its pixels are incomplete or cannot be decoded; copy or export it again.",
        where=header.name,
    )
