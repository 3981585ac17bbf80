"""`vertebroplasty view`: a finished run in the browser."""

from pathlib import Path

from vertebroplasty.cli.output import print_lines
from vertebroplasty.cli.serve import NOT_INSTALLED, Port, refuse_port
from vertebroplasty.errors import Refused

__all__ = ["view"]


def view(folder: Path, /, *, port: Port = 0) -> None:
    """Look at a finished run in the browser on this machine: answers, pictures, cement growing in 3-D.

    Prints one address with a token that is good for one visit; Ctrl-C ends it.

    Args:
        folder: what `run` or `demo` left.
    """
    refuse_port(port)
    try:
        from vertebroplasty.web.finished.files import RunFolder
        from vertebroplasty.web.house import Settings, usual_state_folder
        from vertebroplasty.web.serving import Place, serve_house
    except ModuleNotFoundError:
        raise Refused(NOT_INSTALLED) from None
    RunFolder.opened(folder)
    serve_house(
        Settings(state=usual_state_folder(), finished=folder.resolve()),
        Place(port=port),
        tell=lambda address: print_lines([address]),
    )
