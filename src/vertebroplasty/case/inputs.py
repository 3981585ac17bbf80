"""Opening a case: the CT, its labels and the level asked for."""

from dataclasses import dataclass, replace
from pathlib import Path

from vertebroplasty.anatomy.levels import Level, Spine
from vertebroplasty.case.landmarks import corrected_spine, landmarks_parameter
from vertebroplasty.case.site import NO_SITE, Site, read_site
from vertebroplasty.errors import Refused
from vertebroplasty.intake import read_ct, read_labels

__all__ = ["ScanRequest", "open_level", "open_spine", "with_site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """Which files to read and how sure the user is of their labels."""

    ct: Path
    seg: tuple[Path, ...]
    labels: str | None = None
    series: str | None = None
    resample_tilt: bool = False
    confirm_level: str | None = None
    landmarks: Path | None = None
    site: Site = NO_SITE

    def parameters(self, spine: Spine | None = None) -> dict[str, object]:
        """What is stated beside the images, for a document's parameters: landmarks and the department's defaults."""
        return {**({} if spine is None else landmarks_parameter(spine)), **self.site.parameters}


def with_site(request: ScanRequest, named: Path | None) -> ScanRequest:
    """The request with the department's defaults: of the file that is named, or that VERTEBROPLASTY_SITE names."""
    return replace(request, site=read_site(named))


def open_spine(request: ScanRequest) -> Spine:
    """Read the CT and its labels, put stated landmarks in place, or stop with one sentence."""
    if not request.seg:
        raise Refused("No segmentation was given: add -s with the vertebra labels.", where="--seg")
    ct = read_ct(request.ct, series=request.series, resample_tilt=request.resample_tilt)
    spine = read_labels(request.seg, like=ct, scheme=request.labels, confirm_level=request.confirm_level)
    site = request.site
    if site.file is not None:
        spine = replace(spine, inputs=(*spine.inputs, *site.inputs), notes=(*spine.notes, *site.notes))
    return spine if request.landmarks is None else corrected_spine(spine, request.landmarks)


def open_level(request: ScanRequest, level: str) -> Level:
    """Read the case and pick one level."""
    return open_spine(request)[level]
