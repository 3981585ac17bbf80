"""`vertebroplasty score`: one score or class of the field from what is entered, every item with where it came from."""

from cyclopts import App

__all__ = ["score"]

SPINE = {
    "sins": "Spinal instability neoplastic score, 0 to 18.",
    "bilsky": "Epidural spinal cord compression, grade 0 to 3.",
    "of": "OF classification of an osteoporotic fracture, OF 1 to OF 5.",
    "of-score": "OF-score: conservative, either, or surgical treatment.",
    "genant": "Genant's grade and shape from heights.",
}
OUTCOME = {
    "mme": "Opioids of a day in morphine milligram equivalents.",
    "relief": "The survey's class of opiate relief, 1 to 4.",
    "pain": "Change of pain on one scale.",
    "complication": "CIRSE 2017 grade of a complication, 1 to 6.",
    "leak": "Yeom's type of a leak.",
}

score = App(name="score", help="A score or class of the field; what is not given is unknown.")
for module, commands in (("score_spine", SPINE), ("score_outcome", OUTCOME)):
    for command, line in commands.items():
        score.command(f"vertebroplasty.cli.{module}:{command.replace('-', '_')}", name=command, help=line)
