"""One message of a rehearsal played: the session goes on, its log is written, then the answer is made."""

from collections.abc import Iterable
from dataclasses import replace

from vertebroplasty.cement.actions import Action, Image, Mix, MoveNeedle
from vertebroplasty.fluoroscopy.looks import Look
from vertebroplasty.rehearsal.pacing import paced
from vertebroplasty.rehearsal.session import made_ready
from vertebroplasty.web.theatre.answers import told
from vertebroplasty.web.theatre.live import Live, Shot
from vertebroplasty.web.theatre.messages import Message
from vertebroplasty.web.theatre.pictures import held, taken
from vertebroplasty.web.theatre.rehearsals import Rehearsals

__all__ = ["greeting", "played"]


def played(rehearsals: Rehearsals, live: Live, message: Message) -> bytes:
    """The answer to a message; what it did is on disk before it is answered.

    Raises:
        VertebroplastyError: the message asks for what is none; nothing has happened.
    """
    actions = message.done()
    before = len(live.paced.state.log)
    live.paced = paced(
        live.paced, elapsed_s=message.session_s, actions=actions, push=message.plunger, pedal=message.pedal,
        planes=message.planes,
    )  # fmt: skip
    rehearsals.write(live)
    shots = _pictures(live, message, actions)
    answer = told(live.paced, before, shots, guided=live.record.guided)
    if any(isinstance(each, Mix | MoveNeedle) for each in actions):
        live.paced = replace(live.paced, state=made_ready(live.paced.state))
    return answer


def greeting(live: Live) -> bytes:
    """What a window is told that has just come: everything so far, and the pictures as they are held."""
    return told(live.paced, 0, [*live.shots.values()], guided=live.record.guided)


def _pictures(live: Live, message: Message, actions: Iterable[Action]) -> list[Shot]:
    """Live pictures while the beam is on; when it goes off the last ones are held; or single ones."""
    if message.pedal:
        return taken(live, message.planes, Look.LIVE)
    shots = held(live)
    single = [each for each in actions if isinstance(each, Image)]
    return taken(live, single[-1].planes, Look.HOLD) if single else shots
