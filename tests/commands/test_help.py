"""Help, examples, version, schema and completion."""

import json
import re
import shlex

import pytest
import typer

from oihsim.commands.app import ORDER, app
from oihsim.scenario import json_schema
from oihsim.studies.sweeps.shipped_sweeps import shipped_sweeps

GROUP = typer.main.get_command(app)
EVENTS = GROUP.commands["events"]
COMMANDS = {
    **{name: command for name, command in GROUP.commands.items() if name != "events"},
    **{f"events {name}": command for name, command in EVENTS.commands.items()},
}


def test_help_lists_the_commands_in_their_order(call_oihsim):
    code, out, _ = call_oihsim("--help")
    assert code == 0
    names = re.findall(r"^  ([a-z]+)  ", out.partition("Commands:")[2], re.MULTILINE)
    assert tuple(names) == ORDER
    assert set(names) == set(GROUP.commands)
    assert "..." not in out.partition("Commands:")[2].replace("AMT ...)", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_an_example_that_parses(name):
    words = shlex.split(COMMANDS[name].epilog.partition("Example: ")[2])
    assert words[:2] == ["oihsim", name.split()[0]]
    # parsed as a call would be, and not run
    context = GROUP.make_context("oihsim", words[1:])
    sub_name, sub_command, rest = GROUP.resolve_command(context, words[1:])
    if sub_name == "events":
        sub_name, sub_command, rest = EVENTS.resolve_command(context, rest)
    assert sub_command is COMMANDS[name]
    sub_command.make_context(sub_name, rest, parent=context)


def test_the_example_is_one_line_of_the_help(call_oihsim):
    _, out, _ = call_oihsim("sensitivity", "--help")
    assert COMMANDS["sensitivity"].epilog.partition("\n")[2] in out


def test_an_example_with_an_unknown_option_does_not_parse():
    with pytest.raises(Exception, match="--cout"):
        COMMANDS["run"].make_context("run", ["flagship", "--cout", "3"])


def test_the_version(call_oihsim):
    code, out, err = call_oihsim("--version")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"oihsim \d+\.\d+\.\d+\n", out)


def test_the_schema_is_that_of_the_form(call_oihsim):
    code, out, _ = call_oihsim("schema")
    assert code == 0
    assert json.loads(out) == json_schema()
    assert json.loads(out)["$id"] == "urn:oihsim:schema:scenario-1"


@pytest.mark.parametrize("option", ["--count", "--seed", "--threads"])
def test_defaults_are_words_and_no_sentinels(call_oihsim, option):
    _, out, _ = call_oihsim("run", "--help")
    words = " ".join(out.split()).partition(option)[2].partition("--json")[0]
    assert ("all cores" if option == "--threads" else "as the scenario says") in words
    assert call_oihsim("run", "flagship", option, "-1")[0] == 2


def test_completion_can_be_shown(monkeypatch):
    from typer.testing import CliRunner

    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    result = CliRunner().invoke(app, ["--show-completion", "bash"])
    assert "_OIHSIM" in result.output.upper() or "COMPLETE" in result.output


def test_shipped_sweeps_are_listed_shown_and_checked(call_oihsim):
    code, out, _ = call_oihsim("list", "sweeps", "--json")
    assert code == 0
    assert [row["name"] for row in json.loads(out)["sweeps"]] == list(shipped_sweeps())
    code, out, _ = call_oihsim("show", "dose_and_nmda")
    assert code == 0
    assert "nmda: free, held" in out
    code, out, _ = call_oihsim("check", "dose_and_nmda")
    assert (code, out.startswith("dose_and_nmda: ok, sweep: points 8")) == (0, True)
    code, _, err = call_oihsim("sweep", "dose_and_nmd", "--estimate")
    assert code == 2
    assert "did you mean 'dose_and_nmda'?" in err
