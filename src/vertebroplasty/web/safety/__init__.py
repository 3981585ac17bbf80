"""Who may use the local web application, what a browser may do with it, and what it may send."""

from vertebroplasty.web.safety.access_log import log_config, server_options
from vertebroplasty.web.safety.browser_headers import DOCUMENT_POLICY
from vertebroplasty.web.safety.exposure import Exposure, check_exposure
from vertebroplasty.web.safety.faults import Conflict, NotFound
from vertebroplasty.web.safety.guard import Guard
from vertebroplasty.web.safety.protect import protect
from vertebroplasty.web.safety.secret import secret_key
from vertebroplasty.web.safety.sessions import Session
from vertebroplasty.web.safety.zip_contents import ZipLimits, unpack

__all__ = [
    "DOCUMENT_POLICY",
    "Conflict",
    "Exposure",
    "Guard",
    "NotFound",
    "Session",
    "ZipLimits",
    "check_exposure",
    "log_config",
    "protect",
    "secret_key",
    "server_options",
    "unpack",
]
