"""Jobs run in processes of their own: they answer, refuse, are stopped at once, and never outnumber their places."""

import time

import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.web.work.jobs import AT_ONCE, WAITING, Jobs, JobState
from work_for_jobs import breaking, doubled, dying, refusing, sleeping

ENDS_WITHIN_S = 60.0


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.close()


def waited(jobs, job, state=None):
    until = time.monotonic() + ENDS_WITHIN_S
    while time.monotonic() < until:
        found = jobs.find(job.id)
        if found.state is state or (state is None and found.state.ended):
            return found
        time.sleep(0.02)
    raise AssertionError(f"The job stays {found.state}.")


def test_a_job_answers_with_the_page_that_comes_next(jobs):
    found = waited(jobs, jobs.start(doubled, 21, then=lambda number: f"/cases/{number}"))
    assert (found.state, found.next, found.share) == (JobState.DONE, "/cases/42", 1.0)


def test_what_a_job_refuses_is_a_sentence(jobs):
    found = waited(jobs, jobs.start(refusing, then=str))
    assert (found.state, found.sentence) == (JobState.FAILED, "The CT is upside down: turn it.")


@pytest.mark.parametrize("work", [breaking, dying])
def test_a_job_that_breaks_or_dies_says_so(jobs, work, capfd):
    found = waited(jobs, jobs.start(work, then=str))
    assert found.state is JobState.FAILED
    assert found.sentence.startswith("The work ")
    capfd.readouterr()


def test_a_result_that_cannot_be_kept_ends_the_job_too(jobs):
    def full(_):
        raise OSError("No space left on device: /home/jane.doe/cards")

    found = waited(jobs, jobs.start(doubled, 21, then=full))
    assert found.state is JobState.FAILED
    assert "nobody foresaw" in found.sentence
    assert "jane" not in found.sentence


def test_a_running_job_is_stopped_at_once(jobs):
    job = jobs.start(sleeping, 600.0, then=str)
    waited(jobs, job, JobState.RUNNING)
    begin = time.monotonic()
    jobs.cancel(job.id)
    assert waited(jobs, job).state is JobState.CANCELLED
    assert time.monotonic() - begin < 10.0


def test_no_more_wait_than_there_is_room_for(jobs):
    made = [jobs.start(sleeping, 600.0, then=str) for _ in range(AT_ONCE + WAITING)]
    with pytest.raises(Refused, match="Too much work"):
        jobs.start(doubled, 1, then=str)
    for job in made:
        jobs.cancel(job.id)
    assert {waited(jobs, job).state for job in made} == {JobState.CANCELLED}
    jobs.start(doubled, 1, then=str)


def test_a_job_of_one_name_runs_once(jobs):
    first = jobs.start(sleeping, 600.0, then=str, name="open easy L2")
    assert jobs.start(sleeping, 600.0, then=str, name="open easy L2").id == first.id
    jobs.cancel(first.id)
    waited(jobs, first)
    assert jobs.start(doubled, 1, then=str, name="open easy L2").id != first.id


def test_an_unknown_job_is_refused(client):
    answer = client.get("/jobs/j-0123")
    assert answer.status_code == 400
    assert "restarted" in answer.json()["error"]
