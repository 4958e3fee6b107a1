"""What a slip can put in the place of a number, a unit, a text or a formula; and the files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from oihsim.files.yaml import Document, parse_yaml

REPOSITORY = Path(__file__).parent.parent.parent
FOLDERS = {
    "scenario": ("scenarios", "tests/scenario/files/valid"),
    "drug": ("oihsim/drugs", "tests/drugs/valid"),
    "population": ("oihsim/scenario/populations",),
}
KINDS = tuple(FOLDERS)


@cache
def originals(kind: str) -> tuple[tuple[str, str, Document], ...]:
    """Return name, text and document of every file of a kind."""
    paths = [p for name in FOLDERS[kind] for p in sorted((REPOSITORY / name).glob("*.yaml"))]
    texts = [(path.stem, path.read_text(encoding="utf-8")) for path in paths]
    return tuple((stem, text, parse_yaml(text, f"{stem}.yaml")) for stem, text in texts)


NUMBERS = (
    *("-1", "0", "-0.0", "1e999", "-1e999", "1e308", "1e-320", ".nan", "nan", ".inf", "inf"),
    *("9" * 18, "9" * 40, "0x1F", "1_000", "1e5", "0.999999", "1.0000001", "017", "+.5", "--1"),
)
UNITS = (
    *("mg", "mg/kg", "kg", "h", "d", "weeks", "month", "m", "Mg", "1/h", "1/d", "L/min", "nM", "%"),
    *("mg/kg/h", "mcg/h", "g/mol", "h^9", "h/h/h/h", "1/(h*L)", "parsec", "degC", "", "½ mg", "μg"),
    *("h**-9", "kmile", "dB", "mg mg", "mg/", "/", "1", "mg/0", "hh", "year", "nan", "meter^-3"),
)
TEXTS = (
    *("30 mg", "1e400 h", "-0 d", "0 h", "-3 d", "1e-300 d", "5 years", "nan mg", "inf h", "1e999"),
    *("out", "central", "wear time", "fast", "slow", "iv", "oral", "flagship", "true", "no", "~"),
    *("", " ", "\n", "a\nb", "\u202e", "𝔘𝔫𝔦", "ＣＬ", "e\u0301", "\ufeff", "x" * 500, "ab " * 3000),
    *(
        "nmda.k_on",
        "nmda.",
        ".k_on",
        ".",
        "morphine.CL",
        "a.b.c",
        "%s{0}",
        "{{}}",
        "${HOME}",
        "../x",
    ),
    *("<b>", "'", '"', "__class__", "object", "None", "[1]", "0 mg", "12:30", "2020-01-01", "①"),
)
FORMULAS = (
    *(
        "CL",
        "CL/V1",
        "WT",
        "0",
        "1",
        "-1",
        "2",
        "0/0",
        "1/0",
        "CL/0",
        "-CL",
        "CL-CL",
        "(CL)",
        "CL**CL",
    ),
    *("CL**-1", "CL**1e308", "2**2**2**2**2**2", "1e308*1e308", "exp(exp(exp(WT)))", "log(-WT)"),
    *("sqrt(-1)", "log(0)", "min(CL)", "min()", "max(1,2,3,4,5,6,7,8,9)", "exp(x=1)", "exp(*[1])"),
    *("CL if WT else V1", "CL if WT>1 else CL", "CL if 1<WT<2 else CL", "WT==1", "CL+V1", "CL V1"),
    *("lambda: 1", "[1]", "{1:2}", "'a'", "f'{1}'", "1if WT>1else 2", "0x1f*WT", "1_0*WT", "1j"),
    *("1.5.2", "CL.real", "CL[0]", "CL(1)", "(1)(2)", "1 is 1", "not WT", "WT and 1", "~WT", "+WT"),
    *(
        "WT@WT",
        "WT//2",
        "WT%2",
        "WT;1",
        "WT\n+1",
        "WT#",
        "a:=1",
        "(a:=1)",
        "yield",
        "await x",
        "...",
    ),
    *("((((((((((WT))))))))))", "(" * 60 + "WT" + ")" * 60, "-" * 200 + "WT", "WT" + "+1" * 240),
    *(
        "WT" * 400,
        "min(" * 30,
        "max(WT,WT)*CL",
        "DOSE",
        "CL*DOSE",
        "tau",
        "BMI**BMI**BMI",
        "exp",
        "e1",
    ),
    *(
        "1e400",
        "9" * 400,
        "0.1e-400",
        "ＷＴ",
        "ª",
        "\\d",
        "WT\\",
        "'\\d'",
        "b'x'",
        "\x0c",
        "WT\u00a0",
    ),
    *("CL**WT", "CL**(1/2)", "CL**0.3333333333", "sqrt(CL)", "log10(CL/CL)", "CL**9" * 20, "True"),
)
CONTROLS = (
    "\x00",
    "\x07",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufffe",
    "\t",
    "\r",
    "\v",
    "\ufeff",
)
ESCAPES = (
    r'"\0"',
    r'"\e[31m"',
    r'"\uD800"',
    r'"a\nb"',
    r'"\x85"',
    r'"\t"',
    r'"\q"',
    r'"\U00110000"',
)
SNIPPETS = (
    *(
        "&a 1",
        "*a",
        "!!int 3",
        "!x y",
        "{a: 1}",
        "[1, [2, [3]]]",
        "{}",
        "[]",
        "- ",
        "? x",
        ": x",
        "|",
    ),
    *(
        ">-",
        "'",
        '"',
        "%YAML 1.2",
        "---",
        "...",
        "{",
        "[",
        "}",
        "]",
        ",",
        "@",
        "`",
        "<<: *a",
        "null",
    ),
    *("~", "yes", "12:30", "{? [1]: 2}", "a: b: c", "#", "{a: 1, a: 2}", "[" * 30, "{a: " * 25),
)
