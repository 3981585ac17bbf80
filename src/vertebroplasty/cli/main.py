"""The entry point: parses the line, runs one command, turns errors into one sentence and an exit code."""

import io
import os
import sys
import traceback

from cyclopts import App, CycloptsError

from vertebroplasty.__about__ import __version__
from vertebroplasty.cli.output import for_terminal
from vertebroplasty.errors import VertebroplastyError, WrongUsage

__all__ = ["app", "main"]

DONE, COULD_NOT, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130  # [exact] exit codes
OUT_OF_MEMORY = "The memory does not suffice: use a smaller CT or a larger --grid-mm."

app = App(
    name="vertebroplasty",
    suppress_keyboard_interrupt=False,
    version=__version__,
    help="Percutaneous vertebroplasty on one patient's own CT: measure, screen, plan, virtual X-ray, simulated "
    "injection, strength, report. For research, education and audit; not a medical device.",
)
# One line for each here: a command's own module is imported only when it is used.
COMMANDS = {
    "run": "Walk one level through everything: measure to report.",
    "demo": "The same on a synthetic spine, with nothing to download.",
    "measure": "Measure vertebrae on a CT.",
    "screen": "Should this level be treated: rules, reasons, sources, what is missing.",
    "score": "Scores and classes: SINS, OF, Bilsky, Genant, opiates, pain, complications, leaks.",
    "plan": "Plan the needle.",
    "fluoro": "The X-ray a C-arm would show.",
    "inject": "Simulate the injection until it must stop.",
    "risk": "How likely is a leak: the injection repeated many times.",
    "rehearse": "Practise an injection action by action, and be scored.",
    "serve": "Cases, rehearsal, registry and recorder in the browser on this machine.",
    "view": "Open a finished run in the browser.",
    "strength": "Stiffness and failure load before and after.",
    "compare": "Two plans, products or volumes side by side.",
    "leaflet": "A leaflet for the patient in English, French or German.",
    "info": "Built-in cements, rules, labels, claims, sources and schemas.",
    "registry": "The registry: procedures, complications, follow-up, statistics.",
    "doctor": "What is installed, and what is missing for which feature.",
}
for command, line in COMMANDS.items():
    app.command(f"vertebroplasty.cli.{command}:{command}", name=command, help=line)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    _prepare(words)
    try:
        app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _could_not(WrongUsage(_one_line(error)), words)
    except VertebroplastyError as error:
        return _could_not(error, words)
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; nothing half-written was left.\n")
        return INTERRUPTED
    except MemoryError:
        return _could_not(VertebroplastyError(OUT_OF_MEMORY), words)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT
    except OSError as error:
        name = os.path.basename(str(error.filename or "")) or "a file"
        reason = (error.strerror or "an input/output error").lower()
        return _could_not(VertebroplastyError(f"{name} could not be read or written: {reason}.", where=name), words)
    return DONE


def _prepare(words: list[str]) -> None:
    """Bound the threads before any library starts its own pool."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no degree sign still gets its line
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for n, word in enumerate(words):
        threads = word.partition("=")[2] if word.startswith("--threads=") else words[n + 1 : n + 2]
        if word.startswith("--threads") and threads:
            count = threads if isinstance(threads, str) else threads[0]
            if count.isdigit() and int(count) > 0:
                os.environ["NUMBA_NUM_THREADS"] = count


def _could_not(error: VertebroplastyError, words: list[str]) -> int:
    """Say what stopped the work: a sentence on stderr and, with --json, an object on stdout."""
    if "--debug" in words:
        traceback.print_exc()
    sys.stderr.write(f"{for_terminal(error.message)}\n")
    if "--json" in words:
        import json

        body: dict[str, object] = {"kind": error.kind, "message": error.message, "where": error.where}
        if error.problems:
            body["problems"] = error.problems
        sys.stdout.write(json.dumps({"schema": "vertebroplasty.error/1", "error": body}) + "\n")
    return WRONG_USAGE if error.kind == "usage" else COULD_NOT


def _one_line(error: CycloptsError) -> str:
    """A usage error in one sentence."""
    return f"{' '.join(str(error).split())} `vertebroplasty --help` shows the commands."
