"""A finished run tells its documents' numbers; a hostile or half folder gives a sentence and nothing else."""

import gzip
import json
import struct

import nibabel
import numpy as np
import pytest

from vertebroplasty.web.finished import files


def document(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


def test_the_page_tells_what_the_documents_tell(shown, walked):
    page = shown(walked).get("/finished")
    assert page.status_code == 200
    inject, strength, measure = (document(walked, name) for name in ("inject", "strength", "measure"))
    for words in (
        f"{inject['injected_ml']:.2f} ml",
        f"{inject['in_body_ml']:.2f} ml",
        inject["stop_sentence"],
        f"{strength['ratio']['failure_load']:.2f} times that before",
        f"{strength['before']['failure_load_n']:.0f} N",
        f"{measure['levels'][0]['anterior_height_mm']:.1f} ± ",
        document(walked, "screen")["levels"][0]["first_line"],
        "Simulated on a CT, not what was done",
    ):
        assert words in page.text, words
    for path in document(walked, "plan")["paths"]:
        assert f"{path['worst_clearance_mm']:.1f} mm" in page.text
    assert 'style="' not in page.text


@pytest.mark.parametrize(("language", "words"), [("fr", "Parcours terminé"), ("de", "Fertiger Durchgang")])
def test_in_the_readers_language(shown, walked, language, words):
    client = shown(walked)
    client.cookies.set("language", language)
    assert words in client.get("/finished").text


def test_it_is_the_first_page_of_a_server_that_shows_a_run(shown, walked, client):
    assert shown(walked).get("/").headers["location"] == "/finished"
    assert client.get("/").headers["location"] == "/cases"
    none = client.get("/finished", headers={"accept": "application/json"})
    assert none.status_code == 404
    assert "vertebroplasty view" in none.json()["error"]


def test_the_film_ends_with_all_cement_and_begins_with_none(shown, walked):
    film = nibabel.Nifti1Image.from_bytes(gzip.decompress(shown(walked).get("/finished/cement").content))
    fill = np.asarray(nibabel.load(walked / "fill.nii.gz").dataobj)
    voxel_ml = abs(np.linalg.det(film.affine[:3, :3])) / 1000.0
    ml = np.asarray(film.dataobj).sum(axis=(0, 1, 2)) / 255.0 * voxel_ml
    assert ml[-1] == pytest.approx(fill.sum() * voxel_ml, rel=0.01)  # eight bits a voxel
    assert ml[0] < 0.1
    assert (np.diff(ml) >= 0).all()
    np.testing.assert_allclose(film.affine[:3, :3], nibabel.load(walked / "fill.nii.gz").affine[:3, :3], atol=1e-5)


def test_the_report_is_sandboxed_and_alone_may_bring_its_style(shown, walked):
    client = shown(walked)
    report = client.get("/finished/report")
    assert report.content == (walked / "report.html").read_bytes()
    policy = report.headers["content-security-policy"].split("; ")
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert not any(part.startswith(("script-src", "connect-src")) for part in policy)
    assert "unsafe-inline" not in client.get("/finished").headers["content-security-policy"]
    assert client.get("/finished/picture/ap_after").headers["content-type"] == "image/png"


@pytest.mark.parametrize("name", ["../../etc/passwd", "manifest", "ap_after.png", "..%2freport.html"])
def test_no_other_file_is_read(shown, walked, name):
    assert shown(walked).get(f"/finished/picture/{name}", headers={"accept": "application/json"}).status_code in (
        400,
        404,
    )


def said(client, address="/finished"):
    """The sentence of a refusal."""
    answer = client.get(address, headers={"accept": "application/json"})
    assert answer.status_code == 400, answer.text[:300]
    return answer.json()["error"]


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "measure.json", "screen.json", "plan.json", "inject.json", "strength.json", "events.jsonl"],
)
def test_half_a_folder_says_what_it_lacks(shown, copy, name):
    (copy / name).unlink()
    assert f"lacks {name}" in said(shown(copy))


def test_a_changed_file_is_no_answer_of_the_run(shown, copy):
    text = (copy / "strength.json").read_text()
    (copy / "strength.json").write_text(text.replace("failure_load_n", "failure_load_n", 1) + "\n")
    assert "strength.json was changed after the run" in said(shown(copy))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b"{}", b'{"schema": 1}', b"null"])
def test_a_damaged_document(shown, forged, content):
    assert "inject.json is damaged" in said(shown(forged("inject.json", content)))


def test_a_document_of_another_room(shown, forged, walked):
    plan = (walked / "plan.json").read_bytes().replace(b"vertebroplasty.plan/1", b"vertebroplasty.plan/9")
    assert "plan.json is no answer of `plan`" in said(shown(forged("plan.json", plan)))


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("not_assessed", ["<script>"]),
        ("stop_time_s", 1e300),
        ("injected_ml", 1e9),
        ("injected_ml", -1.0),
        ("phases", [{"phase": "melting", "start_s": 0.0, "end_s": None}]),
    ],
)
def test_an_impossible_injection(shown, forged, walked, change, value):
    told = document(walked, "inject") | {change: value}
    assert "no possible injection" in said(shown(forged("inject.json", json.dumps(told).encode())))


@pytest.mark.parametrize(
    "lines",
    [
        b"no json\n",
        b'{"t_s": 1}\n',
        b'{"t_s": 1e999, "injected_ml": 1}\n',
        b'{"t_s": NaN, "injected_ml": 1}\n',
        b'{"t_s": 5, "injected_ml": 1}\n{"t_s": 4, "injected_ml": 2}\n',
        b'{"t_s": 5, "injected_ml": [1]}\n',
        b'["injected_ml"]\n',
        b"{}\n" * 20_001,
    ],
)
def test_impossible_events(shown, forged, lines):
    assert "events.jsonl" in said(shown(forged("events.jsonl", lines)))


def nifti(shape, *, datatype=np.float32):
    return gzip.compress(nibabel.Nifti1Image(np.zeros(shape, datatype), np.eye(4)).to_bytes())


def flat():
    """A volume whose slices all lie in one plane."""
    whole = bytearray(gzip.decompress(nifti((4, 4, 4))))
    whole[312:328] = bytes(16)  # srow_z
    return gzip.compress(bytes(whole))


def lying_header():
    """A header that promises 32 000 voxels a side, and holds none."""
    whole = bytearray(nibabel.Nifti1Image(np.zeros((2, 2, 2), np.float32), np.eye(4)).to_bytes())
    whole[40:56] = struct.pack("<8h", 3, 32000, 32000, 32000, 1, 1, 1, 1)
    return gzip.compress(bytes(whole))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not gzip",
        gzip.compress(b""),
        gzip.compress(b"\0" * 5_000_000),
        lying_header(),
        nifti((4, 4, 4), datatype=np.int16),
        nifti((4, 4, 4, 2)),
        flat(),
    ],
    ids=["empty", "not-gzip", "gzip-of-nothing", "gzip-of-zeros", "lying-header", "integers", "four-axes", "flat"],
)
def test_a_damaged_volume(shown, forged, content):
    assert "fill.nii.gz is damaged" in said(shown(forged("fill.nii.gz", content)), "/finished/cement")


def test_volumes_that_do_not_belong_together(shown, forged):
    folder = forged("fill.nii.gz", nifti((4, 4, 4)))
    assert "lie in different places" in said(shown(folder), "/finished/cement")
    full = gzip.compress(nibabel.Nifti1Image(np.full((4, 4, 4), 2.0, np.float32), np.eye(4)).to_bytes())
    forged("arrival.nii.gz", nifti((4, 4, 4)))
    assert "impossible values" in said(shown(forged("fill.nii.gz", full)), "/finished/cement")


def test_a_picture_that_is_none(shown, forged):
    client = shown(forged("ap_after.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>"))
    assert "is no picture" in said(client, "/finished/picture/ap_after")


def test_a_link_is_not_followed(shown, copy, tmp_path):
    secret = tmp_path / "secret.html"
    secret.write_text("secret")
    (copy / "report.html").unlink()
    (copy / "report.html").symlink_to(secret)
    assert "lacks report.html" in said(shown(copy), "/finished/report")


def test_a_file_too_large_is_not_read_whole(shown, copy, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_BYTES", 1000)
    assert "larger than any file of a run" in said(shown(copy))


def test_markup_in_a_document_is_text(shown, forged, walked):
    told = document(walked, "inject") | {"stop_sentence": "<script>alert(1)</script>"}
    page = shown(forged("inject.json", json.dumps(told).encode())).get("/finished")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


def test_a_run_without_cement_says_why(shown, forged, walked):
    told = document(walked, "inject")
    none = {"injected_ml": None, "stop_time_s": None, "stop_sentence": "No path is safe.", "leaks": [], "phases": []}
    client = shown(forged("inject.json", json.dumps(told | none).encode()))
    page = client.get("/finished")
    assert page.status_code == 200
    assert "No path is safe." in page.text
    assert client.get("/finished/cement").status_code == 404


def test_view_refuses_a_folder_that_is_no_run_before_it_serves(tmp_path):
    from vertebroplasty.cli.view import view
    from vertebroplasty.errors import Refused, WrongUsage

    with pytest.raises(Refused, match=r"lacks manifest\.json"):
        view(tmp_path)
    with pytest.raises(Refused, match="no such folder"):
        view(tmp_path / "none")
    with pytest.raises(WrongUsage, match="--port is 70000"):
        view(tmp_path, port=70_000)
