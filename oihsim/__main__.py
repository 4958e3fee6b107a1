"""``python -m oihsim`` is the command line."""

from oihsim.cli import main

if __name__ == "__main__":
    main()
