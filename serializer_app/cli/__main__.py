"""``python -m serializer_app.cli``: the same as the ``serializer-app`` command."""

import sys

from serializer_app.cli import main

sys.exit(main())
