"""`vertebroplasty serve`: the local web app."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vertebroplasty.cli.output import print_lines
from vertebroplasty.errors import Refused, WrongUsage

__all__ = ["NOT_INSTALLED", "Port", "refuse_port", "serve"]

LAST_PORT = 65_535  # [exact] of TCP
NOT_INSTALLED = "The web app is not installed: pip install 'vertebroplasty[web]'."
Host = Annotated[str, Parameter(name="--host", help="Where to listen; other than this machine needs password and TLS.")]
Port = Annotated[int, Parameter(name="--port", help="Port to listen on; 0 takes a free one.")]
Db = Annotated[str | None, Parameter(name="--db", help="The registry: sqlite:///file.db or postgresql://…")]
Cases = Annotated[Path | None, Parameter(name="--cases", help="A folder that holds one folder a case.")]
PasswordFile = Annotated[Path | None, Parameter(name="--password-file", help="A text file with the password.")]
TlsCert = Annotated[Path | None, Parameter(name="--tls-cert", help="PEM file of the certificate.")]
TlsKey = Annotated[Path | None, Parameter(name="--tls-key", help="PEM file of its key.")]


def serve(
    *,
    host: Host = "127.0.0.1",
    port: Port = 0,
    db: Db = None,
    cases: Cases = None,
    password_file: PasswordFile = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
) -> None:
    """Open cases, rehearse, keep the registry and record in the browser on this machine.

    Prints one address with a token that is good for one visit; Ctrl-C ends the server.  Uploads and the logs of
    rehearsals are kept under XDG_STATE_HOME (~/.local/state/vertebroplasty).
    """
    refuse_port(port)
    try:
        from vertebroplasty.web.house import Settings, usual_state_folder
        from vertebroplasty.web.serving import Place, serve_house
    except ModuleNotFoundError:
        raise Refused(NOT_INSTALLED) from None
    serve_house(
        Settings(state=usual_state_folder(), cases=cases, db=db),
        Place(host=host, port=port, password_file=password_file, tls_cert=tls_cert, tls_key=tls_key),
        tell=lambda address: print_lines([address]),
    )


def refuse_port(port: int) -> None:
    """Refuse what is no port.

    Raises:
        WrongUsage: it is none.
    """
    if not 0 <= port <= LAST_PORT:
        raise WrongUsage(f"--port is {port}: give 0 for a free one, or up to {LAST_PORT}.", where="--port")
