"""`python -m vertebroplasty` is the command line."""

import sys

from vertebroplasty.cli.main import main

sys.exit(main())
