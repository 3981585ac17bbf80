"""The scores of the spine that `score` answers: SINS, Bilsky, OF and Genant."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vertebroplasty.cli import options as o
from vertebroplasty.cli.output import refuse_output
from vertebroplasty.cli.score_output import given_options, show_score
from vertebroplasty.errors import WrongUsage
from vertebroplasty.selection.coded_values import SinsAlignment, SinsCollapse, SinsLesion, SinsPain, SinsPosterolateral
from vertebroplasty.selection.scores.of_classification import WallInvolvement
from vertebroplasty.selection.scores.of_score import OfScoreVersion
from vertebroplasty.selection.scores.of_score_items import AoNeurology

__all__ = ["bilsky", "genant", "of", "of_score", "sins"]

YesNo = bool | None
CtOption = Annotated[Path | None, Parameter(name="--ct", help="CT on which items that it can answer are measured.")]


def sins(
    *,
    location: str,
    pain: SinsPain | None = None,
    lesion: SinsLesion | None = None,
    alignment: SinsAlignment | None = None,
    collapse: SinsCollapse | None = None,
    posterolateral: SinsPosterolateral | None = None,
    ct: CtOption = None,
    scan: o.OptionalScan = o.NO_SCAN,
    common: o.Common = o.COMMON,
) -> None:
    """Spinal instability neoplastic score, 0 to 18, of a level with tumour.

    Args:
        location: the level, for example T12.
        pain: mechanical, occasional or none.
        lesion: lytic, mixed or blastic.
        alignment: subluxation, de-novo-deformity or normal.
        collapse: over-50, under-50, none-body-over-50 (no collapse, over half of the body involved) or none.
        posterolateral: pedicles, facets or ribs involved: bilateral, unilateral or none.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.patient import SinsItems
    from vertebroplasty.selection.scores.sins import sins as sins_score

    measured = None
    if ct is not None:
        from vertebroplasty.case.answers import measured_findings

        measured = measured_findings(scan.of(ct), location)
    items = SinsItems(pain=pain, lesion=lesion, alignment=alignment, collapse=collapse, posterolateral=posterolateral)
    given = given_options(
        location=location,
        pain=pain,
        lesion=lesion,
        alignment=alignment,
        collapse=collapse,
        posterolateral=posterolateral,
    )
    show_score(sins_score(location, items, measured), {"score": "sins", **given}, common)


def bilsky(
    *,
    epidural_tumour: YesNo = None,
    deforms_sac: YesNo = None,
    abuts_cord: YesNo = None,
    compresses_cord: YesNo = None,
    csf_visible: YesNo = None,
    common: o.Common = o.COMMON,
) -> None:
    """Epidural spinal cord compression, grade 0 to 3, as axial T2-weighted MRI shows it.

    Args:
        epidural_tumour: tumour reaches the epidural space.
        deforms_sac: it deforms the thecal sac.
        abuts_cord: it touches the cord.
        compresses_cord: it compresses the cord.
        csf_visible: cerebrospinal fluid is still seen around the cord.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.bilsky import EpiduralFindings
    from vertebroplasty.selection.scores.bilsky import bilsky as bilsky_score

    given = given_options(
        epidural_tumour=epidural_tumour,
        deforms_sac=deforms_sac,
        abuts_cord=abuts_cord,
        compresses_cord=compresses_cord,
        csf_visible=csf_visible,
    )
    show_score(bilsky_score(EpiduralFindings(**given)), {"score": "bilsky", **given}, common)  # type: ignore[arg-type]


def of(
    *,
    tension_band_failure: YesNo = None,
    both_endplates: YesNo = None,
    frame_lost: YesNo = None,
    pincer: YesNo = None,
    endplate: YesNo = None,
    posterior_wall: WallInvolvement | None = None,
    oedema: YesNo = None,
    common: o.Common = o.COMMON,
) -> None:
    """OF classification of an osteoporotic fracture, OF 1 to OF 5.

    Args:
        tension_band_failure: distraction, rotation or translation.
        both_endplates: both endplates are deformed.
        frame_lost: the frame of the body is lost.
        pincer: a pincer fracture.
        endplate: at least one endplate is deformed.
        posterior_wall: none-or-minor (below one fifth) or distinct (above).
        oedema: marrow oedema on STIR.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.of_classification import OfFindings, of_classification

    given = given_options(
        tension_band_failure=tension_band_failure,
        both_endplates=both_endplates,
        frame_lost=frame_lost,
        pincer=pincer,
        endplate=endplate,
        posterior_wall=posterior_wall,
        oedema=oedema,
    )
    show_score(of_classification(OfFindings(**given)), {"score": "of", **given}, common)  # type: ignore[arg-type]


def of_score(
    *,
    of_grade: int | None = None,
    t_score: Annotated[float | None, Parameter(allow_leading_hyphen=True)] = None,
    qct_hu: Annotated[float | None, Parameter(allow_leading_hyphen=True)] = None,
    deformity_progressing: YesNo = None,
    pain_vas_0_to_10: float | None = None,
    neurology: AoNeurology | None = None,
    mobilisation_possible: YesNo = None,
    asa: int | None = None,
    mfi5: int | None = None,
    anticoagulation: YesNo = None,
    version: OfScoreVersion = OfScoreVersion.MODIFIED_CARD,
    common: o.Common = o.COMMON,
) -> None:
    """OF-score: up to 5 conservative, 6 either, above 6 surgical; an unknown item counts 0, as the card says.

    Args:
        of_grade: OF classification, 1 to 5.
        t_score: bone density as a T-score.
        qct_hu: bone density as quantitative CT gives it, HU.
        deformity_progressing: the deformity progresses.
        pain_vas_0_to_10: pain under analgesia.
        neurology: N0 to N4, NX.
        mobilisation_possible: the patient can be mobilised under analgesia.
        asa: ASA class, 1 to 6.
        mfi5: five-item modified frailty index, 0 to 5.
        anticoagulation: the patient is anticoagulated.
        version: modified-card, or original (pain from 4, not read).
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.of_score import of_score as of_score_of
    from vertebroplasty.selection.scores.of_score_items import OfScoreFindings

    given = given_options(
        of_grade=of_grade,
        t_score=t_score,
        qct_hu=qct_hu,
        deformity_progressing=deformity_progressing,
        pain_vas_0_to_10=pain_vas_0_to_10,
        neurology=neurology,
        mobilisation_possible=mobilisation_possible,
        asa=asa,
        mfi5=mfi5,
        anticoagulation=anticoagulation,
    )
    found = of_score_of(OfScoreFindings(**given), version)  # type: ignore[arg-type]
    show_score(found, {"score": "of-score", "version": version, **given}, common)


def genant(*, heights_mm: str, expected_mm: str, reference: str, common: o.Common = o.COMMON) -> None:
    """Genant's grade and shape from anterior, middle and posterior height against those expected.

    Args:
        heights_mm: anterior,middle,posterior of the body in mm; leave a place empty where unknown.
        expected_mm: the same three as the body should have, such as the neighbours' means.
        reference: where the expected heights come from, in words.
    """
    refuse_output("score", common)
    from vertebroplasty.selection.scores.genant import BodyHeights, genant_of_heights

    body, expected = (
        BodyHeights(anterior_mm=a, middle_mm=m, posterior_mm=p)
        for a, m, p in (_three(heights_mm, "--heights-mm"), _three(expected_mm, "--expected-mm"))
    )
    given = given_options(heights_mm=heights_mm, expected_mm=expected_mm, reference=reference)
    show_score(genant_of_heights(body, expected, reference=reference), {"score": "genant", **given}, common)


def _three(text: str, option: str) -> list[float | None]:
    """Three heights from `a,m,p`; an empty place is unknown."""
    parts = [part.strip() for part in text.split(",")]
    try:
        values = [float(part) if part else None for part in parts]
    except ValueError:
        values = []
    if len(values) != len(("anterior", "middle", "posterior")):
        raise WrongUsage(f"{option} is {text}: write anterior,middle,posterior in mm, like 22,18.5,26.", where=option)
    return values
