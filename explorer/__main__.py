"""`python -m explorer`."""

from __future__ import annotations

import sys

from explorer.command_line import main

sys.exit(main())
