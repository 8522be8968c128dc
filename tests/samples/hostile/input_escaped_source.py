# input: code hidden behind an escape in a comment -*- coding: unicode_escape -*-
# \nimport os\nos._exit(0)\n
