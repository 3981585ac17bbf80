"""The words of the theatre: every one that page and scripts ask for is there, and none lies unused."""

import re
from importlib.resources import files

from vertebroplasty.anatomy.leak_sites import SIMULATED_SITES
from vertebroplasty.cement.setting import Phase
from vertebroplasty.rehearsal.seeing import OBLIQUE, WALL
from vertebroplasty.web.texts.texts import texts_in

WEB = files("vertebroplasty.web")
BUILT = ("site_", "phase_", "view_", "key_", "side_", "monitor_")


def asked():
    scripts = [each.read_text() for each in (WEB / "static" / "theatre").iterdir() if each.name.endswith(".js")]
    page = (WEB / "templates" / "theatre" / "theatre.html").read_text() + (WEB / "theatre" / "restoring.py").read_text()
    found = {word for text in scripts for word in re.findall(r"texts\.(\w+)", text)}
    found |= {word for text in scripts for word in re.findall(r'texts\[\w+ \? "(\w+)" : "\w+"\]', text)}
    found |= {word for text in scripts for word in re.findall(r'texts\[[\w.]+ \? "\w+" : "(\w+)"\]', text)}
    found |= {word for text in scripts for word in re.findall(r'texts\[[\w.]+ \? "(\w+)" : "\w+"\]', text)}
    return found | set(re.findall(r"theatre\.([a-z_]+)['\"]", page)) - {"side_", "key_", "js", "css"}


def test_every_word_that_is_asked_for_is_there_and_none_is_left_over():
    known = set(texts_in("en").under("theatre."))
    plain = {word for word in known if not word.startswith(BUILT)}
    wanted = {word for word in asked() if not word.startswith(BUILT)}
    assert wanted <= known
    assert plain - wanted <= {"left", "right"}  # the monitors' names, by their side


def test_every_site_phase_and_view_has_a_name():
    known = texts_in("de").under("theatre.")
    for site in (*SIMULATED_SITES, WALL):
        assert f"site_{site}" in known
    for phase in Phase:
        assert f"phase_{phase.value}" in known
    for view in ("ap", "lateral", OBLIQUE):
        assert f"view_{view}" in known
        assert f"monitor_{view}" in known
