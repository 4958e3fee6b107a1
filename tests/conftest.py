"""The program as its users call it."""

import os
import signal
import subprocess
import sys

import pytest

# every run that has rules is replayed from its dose ledger
os.environ["OIHSIM_REPLAY_CHECK"] = "1"

# texts are those of a file, whatever terminal the tests are called from
os.environ.pop("COLUMNS", None)

# a job in the background of a script ignores Ctrl-C, and so would what it starts; tests press it
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


COMPILING = "from oihsim.engine.driver import driver, rules_address; driver(); rules_address()"


def pytest_configure(config):
    """Compile what every run needs while the workers collect: each would compile it for itself."""
    in_workers = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    if in_workers and not config.option.collectonly:
        command = [sys.executable, "-c", COMPILING]
        compiling = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        config.add_cleanup(compiling.wait)
        config.add_cleanup(compiling.terminate)


@pytest.fixture
def call_oihsim(monkeypatch, capsys):
    """Run ``oihsim`` with words; return exit code, standard output and standard error."""
    from oihsim.commands.app import main

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["oihsim", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out, said.err

    return call
