"""The commands of the README and the tutorial are run as written; every command is in the reference."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from vertebroplasty.cli.main import app, main

PROJECT = Path(__file__).parents[2]
COMMAND = ".venv/bin/vertebroplasty"
PYTHON = ".venv/bin/python"


def shell_lines(name):
    blocks = re.findall(r"```bash\n(.*?)```", (PROJECT / name).read_text(encoding="utf-8"), flags=re.S)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def run_line(line, folder, capfd):
    """Run one line as a user would; output redirected with > goes to the file."""
    line, _, target = line.partition(" > ")
    words = shlex.split(line)
    if words[0] == PYTHON:
        subprocess.run([sys.executable, *words[1:]], cwd=folder, check=True)
        return
    assert words[0] == COMMAND, line
    if words[1] == "serve":
        serve_until_it_answers(words[1:], folder)
        return
    capfd.readouterr()
    code = main(words[1:])
    printed = capfd.readouterr()
    assert code == 0, f"{line}\n{printed.err}"
    if target:
        (folder / target).write_text(printed.out, encoding="utf-8")


def serve_until_it_answers(words, folder):
    """Start the server as written, see that its address answers, and end it with Ctrl-C."""
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    command = [sys.executable, "-m", "vertebroplasty", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder) as server:
        address = server.stdout.readline().strip()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(address, timeout=60) as answer:
            assert "Cases" in answer.read().decode()
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0


def with_examples(folder):
    for name in ("patients", "registry"):
        shutil.copytree(PROJECT / "examples" / name, folder / "examples" / name)


def test_the_readme_runs(patient_files, tmp_path, monkeypatch, capfd):
    (tmp_path / "CT.nii.gz").write_bytes((patient_files / "ct.nii.gz").read_bytes())
    (tmp_path / "SEG.nii.gz").write_bytes((patient_files / "seg.nii.gz").read_bytes())
    with_examples(tmp_path)
    monkeypatch.chdir(tmp_path)
    lines = shell_lines("README.md")
    assert lines[:2] == ["make demo", "make test"]
    for line in lines[2:]:
        run_line(line, tmp_path, capfd)
    assert (tmp_path / "out" / "report.html").is_file()
    assert (tmp_path / "lateral.png").is_file()


def test_the_readme_python_runs(patient_files, tmp_path, monkeypatch, capfd):
    (tmp_path / "CT.nii.gz").write_bytes((patient_files / "ct.nii.gz").read_bytes())
    (tmp_path / "SEG.nii.gz").write_bytes((patient_files / "seg.nii.gz").read_bytes())
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(encoding="utf-8"), flags=re.S)
    exec(compile(block, "README.md", "exec"), {})
    assert "Stopped after" in capfd.readouterr().out


def test_the_page_on_selection_runs(tmp_path, monkeypatch, capfd):
    with_examples(tmp_path)
    monkeypatch.chdir(tmp_path)
    for line in shell_lines("docs/selection.md"):
        run_line(line, tmp_path, capfd)
    assert (tmp_path / "leaflet.html").is_file()


def test_the_page_on_the_registry_runs(tmp_path, monkeypatch, capfd):
    with_examples(tmp_path)
    monkeypatch.chdir(tmp_path)
    for line in shell_lines("docs/registry.md"):
        run_line(line, tmp_path, capfd)
    assert "The department&#39;s own patients" in (tmp_path / "series.html").read_text(encoding="utf-8")
    assert (tmp_path / "again.db").is_file()


@pytest.mark.parametrize("page", ["docs/strength.md", "docs/load_cases.md"])
def test_the_pages_on_strength_run(page, patient_files, tmp_path, monkeypatch, capfd):
    (tmp_path / "CT.nii.gz").write_bytes((patient_files / "ct.nii.gz").read_bytes())
    (tmp_path / "SEG.nii.gz").write_bytes((patient_files / "seg.nii.gz").read_bytes())
    monkeypatch.chdir(tmp_path)
    for line in shell_lines(page):
        run_line(line, tmp_path, capfd)


def test_the_tutorial_runs(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "patient").mkdir()
    for line in shell_lines("docs/tutorial.md"):
        run_line(line, tmp_path, capfd)
    assert (tmp_path / "out" / "report.html").is_file()


def test_every_command_is_in_the_reference():
    reference = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
    commands = [name for name in app.resolved_commands() if not name.startswith("-")]
    assert len(commands) >= 10
    for name in commands:
        assert f"| `{name}` |" in reference, name


@pytest.mark.parametrize("path", [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")], ids=lambda p: p.name)
def test_links_between_documents_hold(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
