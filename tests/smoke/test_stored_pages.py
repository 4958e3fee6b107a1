"""The generated pages hold every equation, and every number of a parameter or a drug."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_stored_pages_are_what_equations_and_drugs_give():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for name, text in generate.pages().items():
        stored = (DOCS / name).read_text(encoding="utf-8")
        assert stored == text, f"docs/{name} is out of date: python docs/generate.py"
