"""``python -m playertrack_html5``: see `demo`."""

import sys

from .demo import main

sys.exit(main())
