"""The program as its users call it."""

import sys

import pytest


@pytest.fixture
def call_oihsim(monkeypatch, capsys):
    """Run ``oihsim`` with words; return exit code, standard output and standard error."""
    from oihsim.cli import main

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
