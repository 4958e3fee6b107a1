"""``python -m oihsim`` is the command line."""

from oihsim.commands.app import main

if __name__ == "__main__":
    main()
