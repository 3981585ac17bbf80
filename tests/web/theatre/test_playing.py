"""Messages played: what a frame costs, what a held picture may show, and rehearsals played in turns."""

import json
import time

import numpy as np
import pytest

from vertebroplasty.errors import Refused
from vertebroplasty.rehearsal.pacing import begun
from vertebroplasty.rehearsal.session import start
from vertebroplasty.web.theatre.messages import LONGEST_MESSAGE, read_message
from vertebroplasty.web.theatre.playing import played
from vertebroplasty.web.theatre.rehearsals import Rehearsals
from web.theatre.test_socket import MIX, PUSH, placed

FRAME_S = 1.0 / 15.0
FRAMES = 12


class Player:
    """A rehearsal without a socket."""

    def __init__(self, rehearsals, opened, seed=3):
        self.rehearsals, self.seq = rehearsals, 0
        record = rehearsals.find(rehearsals.begin("breach", "L2", seed))
        self.live = rehearsals.take_up(record, opened.rehearsal, begun(start(opened.rehearsal, seed)))

    def say(self, *actions, **message):
        self.seq += 1
        return played(
            self.rehearsals, self.live, read_message(json.dumps({"seq": self.seq, "actions": actions, **message}))
        )


@pytest.fixture
def player(tmp_path, opened):
    return Player(Rehearsals(tmp_path), opened)


def ready(player, opened):
    player.say(placed(opened), MIX, {"action": "wait", "duration_s": 240.0})


def test_a_frame_while_pushing_takes_less_than_a_fifteenth_of_a_second(player, opened):
    """Processor time of the simulation thread, so that a busy machine does not decide; 37 ms where it was written."""
    ready(player, opened)
    for _ in range(3):
        player.say(elapsed_s=FRAME_S, pedal=True, push=PUSH)
    taken = []
    for _ in range(FRAMES):
        before = time.thread_time()
        player.say(elapsed_s=FRAME_S, pedal=True, push=PUSH)
        taken.append(time.thread_time() - before)
    assert np.median(taken) < FRAME_S


def test_the_held_picture_shows_nothing_that_was_pushed_after_the_beam_went_off(tmp_path, opened):
    """Same seed, same frame numbers: the last image held is the same whether the syringe was pushed on in the dark."""
    looks = []
    for push in (None, PUSH):
        player = Player(Rehearsals(tmp_path), opened)
        ready(player, opened)
        player.say(elapsed_s=0.2, pedal=True)
        player.say(elapsed_s=10.0, push=push)
        looks.append(player.live.shots["left"])
    assert player.live.paced.state.bone.injected_ml > 0.5
    assert np.array_equal(looks[0].grey, looks[1].grey)
    assert looks[1].live is None


def test_rehearsals_played_in_turns_are_each_as_if_alone(tmp_path, opened):
    messages = [{"elapsed_s": 0.4, "pedal": n % 2 == 0, "push": PUSH} for n in range(6)]
    rehearsals = Rehearsals(tmp_path)
    alone, one, other = (Player(rehearsals, opened, seed) for seed in (3, 3, 4))
    for player in (alone, one, other):
        ready(player, opened)
    for message in messages:
        alone.say(**message)
    for message in messages:
        one.say(**message)
        other.say(**message)
    assert one.live.paced.state.state_sha256 == alone.live.paced.state.state_sha256
    assert other.live.paced.state.state_sha256 != alone.live.paced.state.state_sha256


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * (LONGEST_MESSAGE + 1), "characters at most"),
        ('{"seq": 1, "elapsed_s": 61}', "cannot be read"),
        ('{"seq": 1, "elapsed_s": Infinity}', "cannot be read"),
        ('{"seq": 1, "elapsed_s": "1"}', "cannot be read"),
        ('{"seq": 1, "factor": 7}', "cannot be read"),
        ('{"seq": 1, "pedal": 1}', "cannot be read"),
        ('{"seq": 1, "push": {}}', "cannot be read"),
        ('{"seq": 1, "push": {"rate_ml_per_s": 0.1, "pressure_kpa": 10.0}}', "cannot be read"),
        ('{"seq": 1, "more": 1}', "cannot be read"),
        ("[" * 5000, "cannot be read"),
    ],
)
def test_a_message_that_is_none_is_refused(text, said):
    with pytest.raises(Refused, match=said):
        read_message(text)


def test_an_event_is_no_action():
    with pytest.raises(Refused, match="An event is no action"):
        read_message('{"seq": 1, "actions": [{"event": "leak", "site": "epidural"}]}').done()
