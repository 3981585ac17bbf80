"""The Python interface works as the documentation writes it; the example script runs and balances."""

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_walks_from_ct_to_report(patient_files, tmp_path):
    page = tmp_path / "L2.html"
    result = example("01_from_ct_to_report").main(patient_files / "ct.nii.gz", patient_files / "seg.nii.gz", "L2", page)
    assert "Not a medical device" in page.read_text(encoding="utf-8")
    assert result["injected_ml"] > 0.2
    assert result["balance"] < 1e-6
    assert result["stiffer"] > 1.0
    assert result["pixels"] == 512 * 512


def test_the_example_plans_and_looks(patient_files, capsys):
    result = example("02_plan_and_look").main(patient_files / "ct.nii.gz", patient_files / "seg.nii.gz", "L2")
    assert 1 <= result["paths"] <= 6
    assert 0.0 <= result["breach"] < 0.5
    assert result["pixels"] == 512 * 512
    assert "down the barrel at LAO" in capsys.readouterr().out


def test_an_unknown_name_is_an_attribute_error():
    import vertebroplasty as vp

    with pytest.raises(AttributeError, match="no attribute 'kyphoplasty'"):
        _ = vp.kyphoplasty
