"""From CT to report in Python: read, measure, screen, plan, inject, X-ray, compress, write the page.

Without arguments it makes a synthetic patient; with a CT, its labels and a level it uses those.
"""

import sys
import tempfile
from pathlib import Path

import vertebroplasty as vp


def main(ct_path: Path, seg_path: Path, level: str, out: Path) -> dict[str, float]:
    ct = vp.read_ct(ct_path)
    spine = vp.read_labels(seg_path, like=ct, scheme="verse")
    vertebra = spine[level]

    heights = vp.measure(vertebra).heights
    print(f"{level}: anterior height {heights.anterior_mm.value:.1f} ± {heights.anterior_mm.plus_minus:.1f} mm")
    print(vp.screen(None, vertebra, product="pmma-medium").first_line)

    path = vp.plan(vertebra)[0]
    print(f"{path.path.side} pedicle, worst clearance {path.worst_clearance_mm:.1f} mm")
    run = vp.inject(vertebra, path, product="pmma-medium", volume_ml=3.0, rate_ml_per_s=0.05)
    print(run.stop_sentence)
    image = vp.xray(vertebra, view="ap", needle=path, cement=run, at_s=420)
    before, after = vp.compress(vertebra), vp.compress(vertebra, cement=run)
    vp.write_report(vertebra, path, run, (before, after), out=out)
    print(f"Report: {out}")
    return {
        "injected_ml": run.injected_ml,
        "balance": run.mass_balance_error,
        "pixels": image.transmission.size,
        "stiffer": after.stiffness_n_per_mm / before.stiffness_n_per_mm,
    }


if __name__ == "__main__":
    if len(sys.argv) == 5:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
    else:
        from vertebroplasty.phantom import demo_patient, write_nifti

        with tempfile.TemporaryDirectory() as folder:
            write_nifti(demo_patient(), Path(folder))
            main(Path(folder) / "ct.nii.gz", Path(folder) / "seg.nii.gz", "L2", Path(folder) / "L2.html")
