"""What was worked out equals score, debrief and the `rehearse` document."""

import gzip
import io
import json
import pickle
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from PIL import Image

from vertebroplasty.case import rehearsing
from vertebroplasty.documents.common import dump
from vertebroplasty.rehearsal.automatic import automatic
from vertebroplasty.rehearsal.debrief import debrief
from vertebroplasty.rehearsal.picture import cement_over_time
from vertebroplasty.rehearsal.scoring import ELEMENTS, score
from vertebroplasty.rehearsal.session import log_lines, start
from vertebroplasty.web.debrief import debriefed
from vertebroplasty.web.debrief.debriefed import DIFFERS, Played, work_out
from vertebroplasty.web.debrief.planners_run import Ending

LPS_OF_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def test_it_can_be_sent_and_kept(found):
    again = pickle.loads(pickle.dumps(found))
    assert again.document == found.document
    assert again.moments == found.moments


def test_the_truth_is_that_of_the_debrief(found, late):
    told = debrief(late)
    assert found.document.injected_ml == pytest.approx(told.injected_ml, abs=1e-9)
    assert found.document.stop_delay_s == pytest.approx(told.stop_delay_s, abs=1e-4)
    # 0.2 ml at 0.05 ml/s, then the wait: nothing came between the picture and the push
    assert told.stop_delay_s == pytest.approx(0.2 / 0.05 + 7.0, abs=0.01)
    assert {leak.site for leak in found.document.leaks} == {leak.site.value for leak in told.leaks}


def test_the_score_is_that_beside_the_planners_own_run(found, case, late):
    planned = automatic(case.rehearsal, found.seed)
    both = (found.gained.ratio, found.planner.document.failure_load_ratio)
    assert found.gained.ratio > 1.0  # cement in a crushed body makes it stronger
    wanted = score(late, reference=planned, strength_ratios=both)
    for name in ELEMENTS:
        own = getattr(found.document.score, name)
        assert own.value == pytest.approx(wanted.elements[name].value, abs=1e-4)
        assert [item.what for item in own.items] == [mark.what for mark in wanted.elements[name].items]
    assert found.planner.document.score.outcome.value >= found.document.score.outcome.value


def test_the_document_is_the_one_of_the_command(found, case, tmp_path, monkeypatch):
    log = tmp_path / "log.jsonl"
    log.write_text(found.log, encoding="utf-8")
    monkeypatch.setattr(rehearsing, "_opened", lambda request, head: (case.rehearsal, (), case.said))
    commanded = rehearsing.rehearse_answer(rehearsing.RehearseRequest(built_in="breach", replay=log), None)
    own, other = (json.loads(dump(each)) for each in (found.document, commanded))
    for key in ("inputs", "duration_s"):  # the command was given a file, and took its own time
        own.pop(key), other.pop(key)
    assert own == other


def test_the_planner_stopped_on_what_it_saw(found):
    assert found.planner.ending is Ending.SEEN
    assert found.planner.sites_seen == ("paravertebral",)
    assert found.planner.needle.approach == "transpedicular"
    assert found.planner.document.stop_delay_s == 0.0


def test_the_film_holds_the_cement_of_every_moment(found, case, late):
    film = nibabel.Nifti1Image.from_bytes(gzip.decompress(found.cement))
    fill, arrived_s = cement_over_time(late)
    values, grid = np.asarray(film.dataobj), case.rehearsal.grid
    assert values.shape[3] == len(found.moments)
    for n, moment in enumerate(found.moments):
        there_ml = fill[arrived_s <= moment.t_s].sum() * grid.voxel_ml
        assert values[..., n].sum() / 255 * grid.voxel_ml == pytest.approx(there_ml, abs=0.01)  # eight bits a voxel
    # A voxel keeps its place in the patient: the centre of mass in LPS is that of the grid.
    index = np.argwhere(values[..., -1] > 0)
    weight = values[..., -1][values[..., -1] > 0]
    own = (LPS_OF_RAS @ film.affine @ np.c_[index, np.ones(len(index))].T)[:3] @ weight / weight.sum()
    k, j, i = np.nonzero(fill)
    wanted = grid.affine.to_world(np.c_[i, j, k].astype(float)).T @ fill[k, j, i] / fill[k, j, i].sum()
    np.testing.assert_allclose(own, wanted, atol=0.05)


def test_each_moment_has_both_pictures_and_cement_darkens_them(found):
    assert len(found.moments) <= 24
    first, last = found.moments[0], found.moments[-1]
    assert first.t_s == 0.0
    assert last.injected_ml == pytest.approx(found.document.injected_ml, abs=1e-6)
    for view in ("ap", "lateral"):
        before, after = (np.asarray(Image.open(io.BytesIO(getattr(each, view))), int) for each in (first, last))
        assert before.shape == after.shape
        assert (before - after).max() > 50  # of 256 greys
    volumes = [each.injected_ml for each in found.moments]
    assert volumes == sorted(volumes)


def test_phases_and_flags_lie_on_the_sessions_clock(found, late):
    line = found.timeline
    assert [band.phase for band in line.bands][:2] == ["liquid", "pasty"]
    assert line.bands[0].begin_s == late.mixed_s
    assert all(a.end_s == pytest.approx(b.begin_s) for a, b in zip(line.bands, line.bands[1:], strict=False))
    assert {flag.key: flag.t_s for flag in line.flags}["stop"] == late.stopped_s


def test_a_session_without_a_push_has_a_debrief_too(case):
    begun = start(case.rehearsal, 1)
    played = Played(case=case.rehearsal, seed=1, lines=tuple(log_lines(begun)), synthetic=True)
    made = work_out(lambda share, what: None, played)
    assert made.cement is None
    assert made.gained.ratio is None
    assert made.gained.why
    assert made.document.injected_ml == 0.0
    # A log whose last line tells of another state is said to differ.
    wrong = json.loads(log_lines(begun)[-1]) | {"state_sha256": "0" * 64}
    changed = replace(played, lines=(*played.lines[:-1], json.dumps(wrong)))
    assert DIFFERS in work_out(lambda share, what: None, changed).document.warnings
    assert DIFFERS not in made.document.warnings


def test_a_state_in_memory_is_not_replayed_and_gives_the_same(found, case, late, lines, monkeypatch):
    """It travels to the process of the job and back with its case."""
    monkeypatch.setattr(debriefed, "replayed", None)
    monkeypatch.setattr(debriefed, "strength_gained", lambda state: found.gained)
    monkeypatch.setattr(debriefed, "moments_of", lambda *_: found.moments)
    played = Played(case=case.rehearsal, seed=found.seed, lines=lines, synthetic=True, said=case.said, state=late)
    made = work_out(lambda share, what: None, pickle.loads(pickle.dumps(played)))
    assert made.document.state_sha256 == found.document.state_sha256
    assert made.document.stop_delay_s == found.document.stop_delay_s
    assert made.log == found.log
    assert made.cement == found.cement
