"""Further drugs and alternative sets: what they are called, say and do."""

import numpy as np
import pytest

import oihsim
from oihsim.drugs import drug_file, drug_names, load_drug
from oihsim.files.errors import InputError
from oihsim.files.yaml import Document
from oihsim.scenario import parse
from oihsim.treatment.vocabulary import SHIPPED

DRUGS = {
    *("alfentanil", "buprenorphine", "clonidine", "codeine", "dextromethorphan", "fentanyl"),
    *("gabapentin", "heroin", "hydromorphone", "ketamine", "magnesium", "memantine", "methadone"),
    *("morphine", "naloxone", "naltrexone", "oxycodone", "pregabalin", "remifentanil"),
    *("s_ketamine", "sufentanil", "paracetamol", "ibuprofen"),
    *("pethidine", "oliceridine", "carfentanil"),
    *("propofol", "dexmedetomidine", "ketorolac", "propranolol"),
}
COUNTED = {
    "physical_therapy": "therapy",
    "psychological_therapy": "therapy",
    "local_anaesthetic_block": "therapy",
    "incision": "injury",
    "sevoflurane": "gas",
    "isoflurane": "gas",
    "nitrous_oxide": "gas",
}


def test_a_set_is_named_after_its_drug():
    assert {name.partition("-")[0] for name in drug_names()} == DRUGS | set(COUNTED)
    assert set(drug_names()) >= DRUGS


def test_only_what_is_no_drug_is_counted():
    kinds = {name: load_drug(name).kind for name in drug_names()}
    assert {name: kind for name, kind in kinds.items() if kind != "drug"} == COUNTED
    for name, kind in kinds.items():
        drug = load_drug(name)
        assert (drug.dose_unit == "mg") == (kind == "drug")
        assert (drug.concentration_unit == "nmol/L") == (kind == "drug")


def numbers(text):
    words = text.split()
    return dict(zip(words[::2], map(float, words[1::2]), strict=True))


# the woman of test_drugs.py with a serum creatinine of 1.3 mg/dL, from the published covariate
# equations evaluated apart from this package
OTHER = {"AGE": 62.0, "WT": 91.0, "HT": 163.0, "SEX": 1.0, "EGFR": 45.0, "OUD": 1.0, "SCR": 1.3}
INDIVIDUAL = {
    "hydromorphone": "CL 1.322788 V1 4.355 V2 18.07 V3 188.5 Q2 1.7896778 Q3 1.7166297",
    "oxycodone": "CL 62.090862 V1 174.2 V2 161.2 Q2 250.79838",
    "codeine": "FM 0.13793103",
    "pethidine": "V1 23.530000039",
    "alfentanil": "V1 11.61615 CL 0.29682 K31 0.010114",
    "heroin": "V3 113.57148",
    "methadone": "CLR 9.2909844 CLS 9.1755685 VR 148.915 VPR 455.988 VS 96.538 VPS 252.642"
    " QRW 76.75161 QSW 66.460354",
    "methadone-aruldhas2021": "CLR 19.114246 CLS 15.827083 QRW 84.248778 QSW 127.83413",
    "s_ketamine": "V1 15.08 V2 50.7 V3 226.2 CL 1.8018525 Q2 2.958447 Q3 1.4731361 VN1 15.08"
    " VN2 287.3 CLN1 1.2174679 CLN2 3.2019405 VH1 5.72 VH2 113.75 CLH1 1.1358975 CLH2 2.0696954",
    "s_ketamine-otto2021": "V1 172.9 V2 243.1 V3 128.44 VN 128.18 VN2 208 CL 115.90294"
    " Q2 28.245255 Q3 191.14246 CLN 70.247897 QN 52.107626",
    "memantine": "CL 5.2569088 V1 910",
    "pregabalin": "CL 2.8562229 V1 34.334014 KA 7.99 TLAG 0.243",
    "paracetamol": "CL 20.331714 V1 31.98 Q2 81.935589 V2 30.03 Q3 2.4836345 V3 39.78",
    "gabapentin": "CL 4.641",
    "gabapentin-alzubaydi2024": "CL 5.73",
    "clonidine": "CL 17 V1 161.2",
    "naloxone-yang2024_im": "CL 3.7542149",
    "remifentanil-minto1997": "V1 4.3871883 V2 7.6298825 CL 2.1718127 Q2 1.3878 Q3 0.05114"
    " KE0 0.441",
    "remifentanil-kim2017": "V1 5.4297191 V2 5.7733277 V3 2.8075 CL 2.590101 Q2 1.24",
    "morphine-dehoogd2017": "CLF6I 0.13240537 V3 113.57148 KTR3 1.7759064 CLE3 0.14596584"
    " CLE6 0.16166386",
    "morphine-oosten2017": "F0 0.37202381 FP3 0.35453869 FP6 0.063244048 CL 111.8853 V1 361.4"
    " CLM 3.0919204 VM 33.54",
    "propofol": "V1 6.7880449 V2 21.75498 V3 248.97843 CL 2.5566826 Q2 1.5948592 Q3 1.0519377"
    " KE0 0.13673101",
    "propofol-schnider1998": "V2 15.381 CL 2.6871536 Q2 1.074",
    "propofol-marsh1991": "V1 20.748 CL 2.469012 Q2 2.323776 Q3 0.8693412 V2 42.250473"
    " V3 263.43673",
    "dexmedetomidine": "V1 2.314 V2 39.39 V3 67.6 CL 0.83518297 Q2 3.6280543 Q3 0.73291567",
    "dexmedetomidine-dyck1993": "CL 0.36233",
    "dexmedetomidine-lee2012": "V1 43.981873 CL 30.410943",
    "ketorolac": "CL 2.313189 Q2 5.3933827 V1 8.957 V2 7.189",
    "propranolol": "CL 87.36 V1 391.3",
    "sevoflurane": "MAC 1.5706973",
    "isoflurane": "MAC 1.0209533",
    "nitrous_oxide": "MAC 90.751401",
}


@pytest.mark.parametrize("name", INDIVIDUAL)
def test_covariates(name):
    drug = load_drug(name)
    full = drug.individual(drug.typical() | {k: np.array([v]) for k, v in OTHER.items()})
    expected = numbers(INDIVIDUAL[name])
    assert {s: float(full[s][0]) for s in expected} == pytest.approx(expected, rel=1e-7)


# sets without a row in tests/smoke/pk_checks.csv, entered a second time
AGAIN = {
    "carfentanil": "V1 10.5 K10 0.0002 K12 0.0032 K13 0.00036 K21 0.023 K31 0.0023 KOFF 0.0002467",
    "naltrexone": "CL 210 V1 300 Q2 150 V2 500 KA 1.5 F 0.2 FM 0.5 CL6 16 V6 300 F6 0.75",
    "memantine": "CLR 6.9 VK 10 KA 0.6 FR 0.67",
    "magnesium": "CL 5 V1 24 Q2 5.6 V2 25 KE0 0.76",
    "gabapentin": "KA 0.45 CLR 7.2 V1 58 FMAX 823 D50 1120 EC50 32450",
    "pregabalin": "EC50S 2255 PEN 0.176 KE0 0.12",
    "paracetamol": "CLR 16.7 V1R 24.6 Q2R 67.3 V2R 23.1 Q3R 2.04 V3R 30.6 F 0.79 EC50 66020",
    "ibuprofen": "CL 3.24 HALF 2 KA 1.3 KE0 1.5 EC50 49450",
    "incision": "HALF 15 GAIN 1.85",
    "physical_therapy": "HALF 14 KE0 0.7 EC50 6 EMAXN 0.6 EMAXD 0.5",
    "psychological_therapy": "HALF 30 KE0 0.7 EC50 6 EMAXN 0.2 EMAXD 0.5",
    "local_anaesthetic_block": "LAST 16 TL 0.25",
    "clonidine-davies1977": "CL 13 V1 34.2 Q2 93.3 V2 112.8 KA 0.8 F 0.752",
    "oxycodone-agema2021": "KAIR 3.61 KAER 0.329 V1 619 K30 0.01224 K34 0.086 VN 16.3 K40 3.28"
    " K45 1.36 VNM 64.1 K50 1.97",
    "s_ketamine-otto2021": "V1R 133 CLR 95.2 V2R 187 Q2R 23.2 V3R 98.8 Q3R 157 VNR 98.6 CLNR 57.7"
    " VN2R 160 QNR 42.8 FPO 0.08 KAPO 1 FM 1 KE0 83.4",
    "fentanyl-algera2020": "V1 10.5 V2 14.7 V3 166.7 CL 0.0212 Q2 0.0343 Q3 0.038 KE0 0.003",
    "buprenorphine-kovar2020": "CL 0.982 V1 29.6 Q2 2.98 V2 105 Q3 0.554 V3 676 KE0 0.00404",
    "buprenorphine-yassen2007": "CL 1.43 V1 5.71 Q2 1.45 V2 22.1 Q3 1 V3 135 KE0 0.00404",
    "naloxone-yang2024_im": "KTR 0.696 CLF 3.26 V1 404 Q2 0.0847 V2 81.8 KE0 0.10644",
    "naloxone-laffont2024_nasal": "CLF 396 V1 65.7 Q2 284 V2 102 KA 0.998 D2 0.689 FK0 0.183"
    " LAG 0.0717 KE0 6.386",
}


@pytest.mark.parametrize("name", AGAIN)
def test_numbers_entered_a_second_time(name):
    drug = load_drug(name)
    full = drug.individual(drug.typical())
    expected = numbers(AGAIN[name])
    assert {s: float(full[s][0]) for s in expected} == pytest.approx(expected, rel=1e-12)


def exposure(name, route, place, **changes):
    """Return the area under a concentration to infinity after 1 labelled mg, in nM h."""
    drug = load_drug(name)
    values = drug.typical() | {k: np.array([v]) for k, v in changes.items()}
    kinetics = drug.kinetics(values)
    entered = np.zeros(len(kinetics.compartments))
    for index, amount, _, _ in drug.route_inputs(route, values, 1.0):
        entered += amount[0] * kinetics.B[0, index]
    row = kinetics.plasma[0, drug.ligands.index(place)]
    return row @ np.linalg.solve(-kinetics.A[0], entered)


def test_buprenorphine_and_its_metabolite():
    """As in the main set, and as much norbuprenorphine by mass as is stated."""
    name = "buprenorphine-norbuprenorphine"
    parent, metabolite = (
        exposure(name, "sc_weekly", ligand) for ligand in ("buprenorphine", "norbuprenorphine")
    )
    assert parent == pytest.approx(exposure("buprenorphine", "sc_weekly", "buprenorphine"))
    assert metabolite * 413.55 == pytest.approx(parent * 467.6)
    assert metabolite == pytest.approx(exposure(name, "sc_weekly", "norbuprenorphine", FNOR=0.2))


def test_methadone_by_mouth_and_into_a_vein():
    for ligand in ("R_methadone", "S_methadone"):
        into_vein = exposure("methadone", "iv", ligand)
        assert exposure("methadone", "oral", ligand) == pytest.approx(0.79 * into_vein)
    assert exposure("methadone", "oral_levo", "S_methadone") == 0.0
    # 0.5 mg of the base in 9.66 L/h, both apparent
    base = 0.8946 * 0.5 / 9.66 / 309.45 * 1e6
    assert exposure("methadone", "oral", "R_methadone") == pytest.approx(base)


def test_metabolisers():
    poor, normal, ultra = (exposure("codeine", "oral", "morphine", AS2D6=a) for a in (0, 2, 3))
    assert poor < 0.2 * normal
    assert ultra > 2.0 * normal
    drug, ligands = "dextromethorphan", ("dextromethorphan", "dextrorphan")
    assert exposure(drug, "oral", ligands[0], ACT=1e-9) > 10 * exposure(drug, "oral", ligands[0])
    assert exposure(drug, "oral", ligands[1], ACT=1e-9) < 1e-6 * exposure(drug, "oral", ligands[1])


def test_a_gram_of_magnesium_sulfate():
    """4.06 mmol, cleared at 5 L/h."""
    area = exposure("magnesium", "iv", "magnesium") * 1000
    assert area == pytest.approx(4.06 / 5.0 * 1e6, rel=2e-3)


def test_a_film_of_s_ketamine_gives_no_more_than_itself():
    drug = load_drug("s_ketamine")
    for F1, F2 in ((0.263, 1.16), (0.1, 0.3), (0.9, 3.0)):
        values = drug.typical() | {"F1": np.array([F1]), "F2": np.array([F2])}
        through_mouth, swallowed = drug.route_inputs("buccal_film", values, 1.0)
        assert through_mouth[1][0] == pytest.approx(F1)
        assert swallowed[1][0] == pytest.approx(min(F2, 1 - F1))
        assert (drug.kinetics(values).A.diagonal(0, 1, 2) <= 0).all()


@pytest.mark.parametrize("name", drug_names())
def test_every_drug_acts_on_something_or_says_that_it_does_not(name):
    drug = load_drug(name)
    idle = not any(part.targets for part in drug.ligand_parts)
    assert idle == ("does nothing to the body here" in drug.meaning)


def scenario(arms, count=0):
    who = {"count": count, "seed": 4} if count else {"count": 1, "typical": True}
    data = {
        "schema": "oihsim-scenario/1",
        "question": "what does a set of a drug do?",
        "duration": "2 d",
        "output_every": "6 h",
        "population": {"of": "chronic_pain", **who},
        "arms": {name: {"doses": doses} for name, doses in arms.items()},
    }
    return parse(Document("sets", data))


def test_a_set_is_chosen_by_its_name():
    doses = [{"drug": "morphine-oosten2017", "route": "oral", "amount": "30 mg", "every": "12 h",
              "until": "2 d"}]  # fmt: skip
    changed = scenario({"drug": doses})
    assert changed.drugs == ("morphine-oosten2017",)
    ds = oihsim.simulate(changed)
    assert float(ds.morphine_effect_site_concentration.max()) > 10.0
    assert ds["morphine-oosten2017_cumulative_dose"].values[..., -1].item() == pytest.approx(120.0)
    doses[0]["drug"] = "morphine-oosten2071"
    with pytest.raises(InputError, match="did you mean 'morphine-oosten2017'"):
        scenario({"drug": doses})


def test_a_parameter_of_a_set_can_be_changed():
    doses = [{"drug": "naloxone-yang2024_im", "route": "im", "amount": "2 mg", "from": "1 d"}]
    late = [
        float(oihsim.simulate(one).naloxone_plasma_concentration.max())
        for one in (
            scenario({"drug": doses}),
            scenario({"drug": doses}).change({"parameters": {"naloxone-yang2024_im.V1": "808 L"}}),
        )
    ]
    # six hours later a larger volume still holds more
    assert late[1] > 2.0 * late[0]


def test_only_the_drugs_that_are_named_are_read(monkeypatch):
    read = []

    def reading(path):
        read.append(path.stem)
        return drug_file_read(path)

    drug_file_read = drug_file.read_drug
    monkeypatch.setattr(drug_file, "read_drug", reading)
    oihsim.drugs._read_once.cache_clear()
    monkeypatch.setattr("oihsim.treatment.vocabulary._drug", load_drug)
    flagship = oihsim.load("flagship")
    oihsim.simulate(flagship.change({"population.count": 1, "duration": "1 d"}))
    assert set(read) == set(flagship.drugs)
    assert SHIPPED.drugs == drug_names()
    assert set(read) == set(flagship.drugs)


@pytest.mark.parametrize("name", drug_names())
def test_every_route_runs_in_different_people(name):
    """No sampled subject has a rate below zero, and all that is given shows up in plasma."""
    drug = load_drug(name)
    arms = {}
    for route in drug.routes:
        amount = f"1 {SHIPPED.dosed_in(name)}"
        dose = {"drug": name, "route": route, "from": "1 h", "amount": amount}
        if SHIPPED.dosing(name, route) == "rate":
            del dose["amount"]
            dose |= {"rate": "0.01 mg/h", "until": "47 h"}
        arms[route] = [dose]
    ds = oihsim.simulate(scenario(arms, count=40))
    assert np.isfinite(ds.pain.values).all()
    for ligand in drug.ligands:
        concentration = ds[f"{ligand}_plasma_concentration"]
        assert float(concentration.min()) >= 0.0
    reached = sum(ds[f"{ligand}_plasma_concentration"].max("time") for ligand in drug.ligands)
    assert (reached.values > 0.0).all()
