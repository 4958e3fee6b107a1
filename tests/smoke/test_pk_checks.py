"""Published numbers for the shipped drugs, computed from A with matrix exponentials alone.

The columns are those of ``tests/published_kinetics.py``. Rows that a published set is known to
miss are not here.

The list this file was drawn from, made apart from this package, has 278 rows within tolerance. 153
are here. The other 125, by reason:

- 35 of sets that are not shipped, because another set of the drug is the recommended one: fentanyl
  of Scott 1987 (5 rows) and of Oosten 2016 through the skin (1), hydromorphone of Drover (6),
  ketamine of Domino 1984 (4) and Clements 1982 (1), methadone of stanpumpR (2) and Watt 2026 (1),
  morphine of Loetsch (4), Sarton 2000 (3) and Olofsen 2010 (1), naloxone of Papathanasiou (5),
  sufentanil of Gepts 1995 with the volumes of opentiva (2);
- 11 that check a reference solver, eigenvalues and coefficients of bare rate constants of no drug
  (this package's own solvers are tested under ``tests/engine/solver``);
- 42 that a set was tuned to, so that they test the tuning and nothing else;
- 20 that read a set back against its own numbers (``test_sets.py`` and ``test_drugs.py`` do so for
  sets that are shipped);
- 17 whose published number was recalled and not seen.
"""

import csv
from pathlib import Path

import pytest
from published_kinetics import limits, simulated

from oihsim.drugs import drug_names

with (Path(__file__).parent / "pk_checks.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['drug']}-{r['scenario']}-{r['quantity']}")
def test_published_number(row):
    low, high = limits(row)
    value = simulated(row)
    assert low <= value <= high, f"{value:.5g} {row['unit']}, {row['source']}"


# rows in tests/drugs/pk_additions.csv, of sets that came later
ADDITIONS = {
    *("propofol", "propofol-schnider1998", "propofol-marsh1991", "ketorolac", "propranolol"),
    *("dexmedetomidine", "dexmedetomidine-dyck1993", "dexmedetomidine-lee2012"),
    *("sevoflurane", "isoflurane", "nitrous_oxide"),
}

# no row of these kinds: compared number by number in test_drugs.py or test_sets.py
WITHOUT = {
    *(
        "carfentanil",
        "naloxone",
        "naltrexone",
        "memantine",
        "magnesium",
        "gabapentin",
        "clonidine-davies1977",
    ),
    *("oxycodone-agema2021", "s_ketamine-otto2021", "fentanyl-algera2020"),
    *("buprenorphine-kovar2020", "buprenorphine-norbuprenorphine", "buprenorphine-yassen2007"),
    *("naloxone-yang2024_im", "naloxone-laffont2024_nasal", "paracetamol", "ibuprofen"),
    *("physical_therapy", "psychological_therapy", "local_anaesthetic_block", "incision"),
    *ADDITIONS,
}


def test_every_drug_with_a_published_number_is_here():
    assert {row["drug"] for row in ROWS} == set(drug_names()) - WITHOUT
    assert len(ROWS) == 153


def test_no_row_stands_twice():
    assert len({(row["drug"], row["published"], row["spec"]) for row in ROWS}) == len(ROWS)
