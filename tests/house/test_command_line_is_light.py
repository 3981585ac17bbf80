"""`--help` answers at once: it imports none of the heavy libraries."""

import subprocess
import sys

HEAVY = ("numba", "scipy", "nibabel", "pydicom", "pydantic", "jinja2", "PIL")


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from vertebroplasty.cli.main import main; code = main(['--help']); "
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"
    assert "not a medical device" in done.stdout


def test_wrong_usage_is_one_sentence_and_exit_code_two():
    done = subprocess.run([sys.executable, "-m", "vertebroplasty", "plan"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
