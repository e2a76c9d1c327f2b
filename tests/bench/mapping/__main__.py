"""`python -m tests.bench.mapping`: the same as `python -m tests.bench mapping`, without what that measures else."""

import sys

from tests.bench.mapping.bench import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
