"""Uploads: a CT with its labels becomes a case; what is no CT is refused, and nothing else is ever touched."""

import asyncio
import io
import json
import threading
import zipfile
from pathlib import Path

import pytest

from vertebroplasty.web.cases.upload import MOST_PENDING, Part, begin, received


def sent(client, files):
    upload = client.post("/cases/uploads").json()["id"]
    for part, content in files.items():
        answer = client.post(f"/uploads/{upload}/{part}", content=content)
        assert answer.status_code == 200, answer.text
    return upload


def read(client, ended, upload, **stated):
    job = client.post(f"/cases/uploads/{upload}/done", json=stated)
    assert job.status_code == 200, job.text
    return ended(client, job.json()["job"])


@pytest.fixture
def demo(patient_files):
    names = {"ct": "ct.nii.gz", "seg": "seg.nii.gz", "patient": "patient.json"}
    return {part: (patient_files / name).read_bytes() for part, name in names.items()}


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_ct_with_its_labels_becomes_a_case_and_can_be_deleted(client, house, ended, demo):
    upload = sent(client, demo)
    job = read(client, ended, upload, labels="verse")
    assert (job.state, job.sentence) == ("done", "")
    entry = house.library.find(upload)
    assert "L2" in entry.levels
    assert entry.name == "DEMO-SYNTHETIC"
    assert f'id="{upload}"' in client.get("/cases").text
    assert client.delete(f"/cases/{upload}").status_code == 200
    assert upload not in client.get("/cases").text
    assert not list(house.library.uploads.iterdir())


@pytest.mark.parametrize("name", ["x/labels.nii", "labels.nii.gz"])
def test_both_may_come_in_a_zip(client, ended, demo, name):
    labels = demo["seg"] if name.endswith(".gz") else gunzipped(demo["seg"])
    upload = sent(client, {"ct": zipped({"Doe_Jane.nii.gz": demo["ct"]}), "seg": zipped({name: labels})})
    assert read(client, ended, upload, labels="verse").state == "done"


def gunzipped(content):
    import gzip

    return gzip.decompress(content)


def test_what_could_not_be_read_can_be_read_in_another_way_without_sending_it_again(client, ended, demo):
    upload = sent(client, {"ct": demo["ct"], "seg": demo["seg"]})
    assert read(client, ended, upload, labels="totalsegmentator-v1").state == "failed"
    assert read(client, ended, upload, labels="verse").state == "done"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"seg": b"\x1f\x8b0000"}, "The CT is missing"),
        ({"ct": b"hello"}, "neither NIfTI"),
        ({"ct": b""}, "neither NIfTI"),
        ({"ct": b"\0" * 128 + b"DICM"}, "a zip of the whole series"),
        ({"ct": b"PK\x03\x04" + b"\0" * 500, "seg": b""}, "damaged or not a zip"),
        ({"ct": zipped({"../../evil": b"x"}), "seg": b""}, "leads outside"),
    ],
    ids=["no-ct", "text", "empty", "single-dicom", "broken-zip", "zip-slip"],
)
def test_what_is_no_ct_is_refused_with_a_sentence(client, house, ended, files, words):
    upload = sent(client, files)
    job = read(client, ended, upload)
    assert job.state == "failed"
    assert words in job.sentence
    assert client.delete(f"/cases/uploads/{upload}").status_code == 200
    assert not list(house.library.uploads.iterdir())


@pytest.mark.parametrize("name", ["..", "u-0000000000000000", "%2e%2e", "easy"])
def test_only_an_upload_that_was_begun_takes_files(client, name):
    assert client.post(f"/uploads/{name}/ct", content=b"x").status_code in (400, 404, 405)
    assert client.delete(f"/cases/{name}").status_code in (400, 404, 405)


def test_a_part_that_no_case_has_is_refused(client):
    upload = client.post("/cases/uploads").json()["id"]
    assert client.post(f"/uploads/{upload}/etc", content=b"x").status_code in (400, 404, 422)
    assert client.post(f"/cases/uploads/{upload}/done", json={"labels": "../x"}).status_code in (400, 422)


def test_uploads_that_nobody_ends_do_not_pile_up(tmp_path):
    for _ in range(MOST_PENDING + 5):
        begin(tmp_path)
    assert len(list(tmp_path.iterdir())) == MOST_PENDING


def test_answers_about_the_patient_are_replaced_only_by_answers(client, house, ended, demo):
    upload = sent(client, {"ct": demo["ct"], "seg": demo["seg"]})
    read(client, ended, upload, labels="verse")
    assert house.library.find(upload).name == ""
    assert client.post(f"/cases/{upload}/patient", content=demo["patient"]).status_code == 200
    assert house.library.find(upload).name == "DEMO-SYNTHETIC"
    assert client.post(f"/cases/{upload}/patient", content=b'{"schema": "x"}').status_code == 400
    assert house.library.find(upload).name == "DEMO-SYNTHETIC"
    assert client.post("/cases/easy/patient", content=demo["patient"]).status_code == 404


def test_the_case_on_disk_holds_only_names_of_ours(client, house, ended, demo):
    upload = sent(client, demo)
    read(client, ended, upload, labels="verse")
    folder = house.library.uploads / upload
    assert sorted(each.name for each in folder.iterdir()) == ["case.json", "ct.nii.gz", "patient.json", "seg.nii.gz"]
    assert json.loads((folder / "case.json").read_text())["labels"] == "verse"


def test_a_slow_disk_holds_up_no_other_page(tmp_path, monkeypatch):
    threads = []

    class Disk(io.BytesIO):
        def write(self, chunk):
            threads.append(threading.get_ident())
            return super().write(chunk)

    async def chunks():
        yield b"first "
        yield b"second"

    disk = Disk()
    monkeypatch.setattr(Path, "open", lambda *_: disk)
    asyncio.run(received(tmp_path, Part.CT, chunks()))
    assert len(threads) == 2
    assert threading.get_ident() not in threads
