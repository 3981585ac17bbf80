"""Plan a needle and look at it as the C-arm will: which views show it, and what a leak must measure to be seen.

Without arguments it makes a synthetic patient; with a CT, its labels and a level it uses those.
"""

import sys
import tempfile
from pathlib import Path

import vertebroplasty as vp


def main(ct_path: Path, seg_path: Path, level: str) -> dict[str, float]:
    spine = vp.read_labels(seg_path, like=vp.read_ct(ct_path), scheme="verse")
    paths = vp.plan(spine[level], gauge=13)
    for path in paths:
        barrel = path.c_arm["barrel"]
        print(
            f"{path.rank}. {path.side} {path.approach}: a shaky hand leaves the bone in "
            f"{100 * (path.breach_probability or 0):.1f} %; down the barrel at LAO {barrel.lao_deg:.0f}°, "
            f"cranial {barrel.cranial_deg:+.0f}°"
        )
    best = paths[0]
    image = vp.xray(spine[level], view="barrel", needle=best)
    print(best.why)
    return {"paths": len(paths), "breach": best.breach_probability or 0.0, "pixels": image.transmission.size}


if __name__ == "__main__":
    if len(sys.argv) == 4:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    else:
        from vertebroplasty.phantom import demo_patient, write_nifti

        with tempfile.TemporaryDirectory() as folder:
            write_nifti(demo_patient(), Path(folder))
            main(Path(folder) / "ct.nii.gz", Path(folder) / "seg.nii.gz", "L2")
