"""A case with a hole in its wall, and a trainee on it who sees the leak and drives on before stopping."""

import pytest

from vertebroplasty.case.opened import open_built_in
from vertebroplasty.cement.actions import Image, Push, Stop, Stylet, Wait, Withdraw
from vertebroplasty.rehearsal.automatic import automatic
from vertebroplasty.rehearsal.session import log_lines, replayed, step
from vertebroplasty.web.debrief.debriefed import Played, work_out

SEED = 0
LATE_S = 7.0  # what the trainee waits after the last push before saying stop


@pytest.fixture(scope="session")
def case():
    return open_built_in("breach", lambda share, what: None)


@pytest.fixture(scope="session")
def late(case):
    """As the planner's own run until a picture shows the leak; then 0.2 ml more, a wait, and STOP."""
    lines = log_lines(automatic(case.rehearsal, SEED))
    until = next(n for n, line in enumerate(lines) if '"action": "stop"' in line)
    state = replayed(case.rehearsal, SEED, lines[:until])
    assert "paravertebral" in state.seen
    drawn_over = Stylet(volume_ml=0.001)  # drives next to nothing, so that the stop is the end
    for action in (
        Push(rate_ml_per_s=0.05, volume_ml=0.2),
        Wait(duration_s=LATE_S),
        Stop(),
        drawn_over,
        Image(frames=1),
    ):
        state = step(state, action)
    played = log_lines(step(state, Withdraw()))
    return replayed(case.rehearsal, SEED, played)


@pytest.fixture(scope="session")
def lines(late):
    return tuple(log_lines(late))


@pytest.fixture(scope="session")
def found(case, lines):
    told = []
    played = Played(case=case.rehearsal, seed=SEED, lines=lines, synthetic=True, said=case.said)
    made = work_out(lambda share, what: told.append((share, what)), played)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert {what for _, what in told} == {"replaying", "planners_run", "strength", "pictures"}
    return made


@pytest.fixture
def rehearsed(house, case, found, lines):
    """The id of that rehearsal in a house where its debrief is worked out already."""
    rehearsal_id = house.rehearsals.begin("breach", case.level, SEED, synthetic=True)
    (house.rehearsals.folder / f"{rehearsal_id}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    house.library.keep("breach", case.level, case)
    house.debriefs.keep(rehearsal_id, found)
    return rehearsal_id
