"""Uploads: a CT with its labels becomes a case; what is no CT is refused, and nothing else is ever touched."""

import asyncio
import io
import json
import threading
import zipfile
from pathlib import Path

import pytest

from vertebroplasty.errors import DiskFull
from vertebroplasty.files import free_space
from vertebroplasty.web.cases.unfinished import MOST_UNFINISHED, Room
from vertebroplasty.web.cases.upload import Part, begin, received


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
    for _ in range(MOST_UNFINISHED + 5):
        begin(tmp_path)
    assert len(list(tmp_path.iterdir())) == MOST_UNFINISHED


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
    (tmp_path / "arriving-ct").touch()
    monkeypatch.setattr(Path, "open", lambda *_: disk)
    asyncio.run(received(tmp_path, Part.CT, chunks(), Room(uploads=tmp_path)))
    assert len(threads) == 2
    assert threading.get_ident() not in threads


def test_a_disk_that_fills_up_while_a_file_arrives_leaves_nothing_of_it(client, house):
    upload = sent(client, {"ct": b"before"})
    folder = house.library.uploads / upload
    (folder / "arriving-ct").symlink_to("/dev/full")  # the kernel's own disk without space
    answer = client.post(f"/uploads/{upload}/ct", content=b"x" * 100_000)
    assert answer.status_code == 507
    assert answer.json()["error"].startswith("The disk is full, so nothing of this was kept")
    assert [each.name for each in folder.iterdir()] == ["received-ct"]
    assert (folder / "received-ct").read_bytes() == b"before"
    assert client.post(f"/uploads/{upload}/ct", content=b"again").status_code == 200
    assert (folder / "received-ct").read_bytes() == b"again"


def test_nothing_is_taken_in_that_would_leave_too_little_free(client, house, monkeypatch):
    upload = client.post("/cases/uploads").json()["id"]
    monkeypatch.setattr(free_space, "free_bytes", lambda _: free_space.RESERVE_BYTES + 1000)
    answers = [
        client.post(f"/uploads/{upload}/ct", content=b"x" * 1001),  # declared
        client.post(f"/uploads/{upload}/ct", content=iter([b"x" * 1001])),  # of unknown length
        client.post("/cases/uploads", json={"bytes": 1001}),
    ]
    for answer in answers:
        assert answer.status_code == 507
        assert answer.json()["error"].startswith("Less than 1 GiB would stay free on the server's disk: free some")
    assert not list((house.library.uploads / upload).iterdir())
    assert client.post(f"/uploads/{upload}/ct", content=b"x" * 1000).status_code == 200


def test_a_zip_is_not_unpacked_where_it_would_leave_too_little_free(tmp_path, monkeypatch):
    from vertebroplasty.web.cases.folders import HowToRead
    from vertebroplasty.web.cases.upload import looked_at

    folder = tmp_path / "u-1"
    folder.mkdir()
    (folder / "received-ct").write_bytes(zipped({"1.dcm": bytes(50_000)}))
    (folder / "received-seg").write_bytes(b"")
    monkeypatch.setattr(free_space, "free_bytes", lambda _: free_space.RESERVE_BYTES + 49_999)
    with pytest.raises(DiskFull, match="would stay free"):
        looked_at(lambda *_: None, folder, HowToRead(), Room(uploads=tmp_path, kept=frozenset({"u-1"})))
    assert sorted(each.name for each in folder.rglob("*")) == ["dicom", "received-ct", "received-seg"]


def test_a_part_may_not_be_replaced_while_it_is_read(client, house, monkeypatch):
    upload = sent(client, {"ct": b"x"})
    monkeypatch.setattr(house.jobs, "names", lambda: frozenset({f"look {upload}"}))
    answer = client.post(f"/uploads/{upload}/ct", content=b"y")
    assert (answer.status_code, answer.json()["error"].split(":")[0]) == (
        409,
        "The files of this upload are being read",
    )
    assert (house.library.uploads / upload / "received-ct").read_bytes() == b"x"


def test_what_a_killed_server_left_of_a_file_goes_when_the_upload_is_complete(client, house, ended, demo):
    upload = sent(client, demo)
    folder = house.library.uploads / upload
    (folder / "arriving-seg").write_bytes(b"torn")
    assert read(client, ended, upload, labels="verse").state == "done"
    assert not (folder / "arriving-seg").exists()
