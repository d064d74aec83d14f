"""`python -m sfn_cfn`: the command line."""

import sys

from sfn_cfn.cli import main

if __name__ == "__main__":
    sys.exit(main())
