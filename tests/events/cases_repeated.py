"""Steady states, two compartments, covariates that vary."""

from case import Case
from superposition import EB, EI, B, Forever, I, K

D = "TIME EVID AMT RATE II ADDL SS CMT"
THREE = (("shorter than", 6), ("equal to", 10), ("longer than", 14))

STEADY = [
    Case("SS bolus", "SS=1: boluses for ever, the last at the record",
         f"{D}|0 1 100 0 12 0 1 central|0 0|7 0", ([EB(0, 100, 12)],) * 2),
    Case("SS depot", "SS=1 into the depot",
         f"{D}|0 1 100 0 12 0 1 depot|0 0|7 0", ([EB(0, 100, 12, "depot")],) * 2),
    Case("SS bolus F", "SS=1 with bioavailability",
         f"{D} F1|0 1 100 0 12 0 1 depot 0.3|7 0 0 0 0 0 0 0 0.3", ([EB(0, 30, 12, "depot")],)),
    *[
        Case(f"SS infusion, II {word}", f"infusions for ever, II {word} the duration",
             f"{D}|0 1 100 10 {ii} 0 1 central|0 0|3 0|8 0|12 0|30 0",
             ([EI(0, 10, 10, ii)],) * 5)
        for word, ii in THREE
    ],
    *[
        Case(f"SS infusion and lag, II {word}", f"with a lag of 2.5, II {word} the duration",
             f"{D} LAG2|0 1 100 10 {ii} 0 1 central 2.5|0 0 . . . . . . 2.5|1 0 . . . . . . 2.5"
             "|5 0 . . . . . . 2.5|30 0 . . . . . . 2.5",
             ([EI(2.5 - ii, 10, 10, ii)],) * 2 + ([EI(2.5, 10, 10, ii)],) * 2)
        for word, ii in THREE
    ],
    *[
        Case(f"SS infusion and F, II {word}", f"F of 0.7 shortens them to 7 h, II {word} 10 h",
             f"{D} F2|0 1 100 10 {ii} 0 1 central 0.7|4 0 . . . . . . 0.7|30 0 . . . . . . 0.7",
             ([EI(0, 10, 7, ii)],) * 2)
        for word, ii in THREE
    ],
    Case("SS infusion long", "an infusion of many intervals",
         f"{D}|0 1 100 2 4 0 1 central|1 0|60 0", ([EI(0, 2, 50, 4)],) * 2),
    Case("SS RATE -1", "a modelled rate at steady state",
         f"{D}|0 1 60 -1 8 0 1 central|3 0|20 0", ([EI(0, 5, 12, 8)],) * 2),
    Case("SS RATE -2", "a modelled duration at steady state, with F",
         f"{D} F2|0 1 60 -2 8 0 1 central 0.5|3 0 . . . . . . 0.5|20 0 . . . . . . 0.5",
         ([EI(0, 7.5, 4, 8)],) * 2),
    Case("SS lag", "SS=1 with a lag: steady state advanced by II less the lag",
         f"{D} LAG2|0 1 100 0 12 0 1 central 3|0 0 . . . . . . 3|5 0 . . . . . . 3",
         ([EB(-9, 100, 12)], [EB(3, 100, 12)])),
    Case("SS lag of II and more", "doses given earlier are still on their way",
         f"{D} LAG2|0 1 100 0 12 0 1 central 27|1 0 . . . . . . 27|16 0 . . . . . . 27"
         "|40 0 . . . . . . 27", ([EB(-9, 100, 12)], [EB(15, 100, 12)], [EB(27, 100, 12)])),
    Case("SS ADDL", "additional doses after an SS dose are ordinary doses",
         f"{D}|0 1 100 0 12 2 1 central|30 0|50 0", ([EB(24, 100, 12)],) * 2),
    Case("SS ADDL at another time", "they go on from the record",
         f"{D}|5 1 100 0 12 1 1 central|40 0", ([EB(5, 100, 12), B(17, 100)],)),
    Case("SS=1 stops", "SS=1 stops what runs and empties the rest",
         f"{D}|0 1 100 0 0 0 0 depot|0 1 100 2 0 0 0 central|5 1 50 0 12 0 1 central|9 0",
         ([EB(5, 50, 12)],)),
    Case("SS=2", "SS=2 adds to what is there",
         f"{D}|0 1 100 0 0 0 0 central|5 1 50 0 12 0 2 central|9 0", ([B(0, 100), EB(5, 50, 12)],)),
    Case("SS=2 keeps pending", "SS=2 deactivates nothing",
         f"{D}|0 1 100 0 8 2 0 central|0 1 60 3 0 0 0 central|5 1 50 0 12 0 2 depot|24 0",
         ([*(B(8 * i, 100) for i in range(3)), I(0, 3, 20), EB(5, 50, 12, "depot")],)),
    Case("SS=2 infusions", "SS=2 adds the infusions that run then",
         f"{D}|0 1 100 0 12 0 1 central|2 1 100 10 6 0 2 central|5 0|20 0",
         ([EB(0, 100, 12), EI(2, 10, 10, 6)],) * 2),
    Case("two SS=2", "two regimens at steady state add up",
         f"{D}|0 1 40 0 24 0 1 depot|8 1 20 0 24 0 2 depot|30 0",
         ([EB(0, 40, 24, "depot"), EB(8, 20, 24, "depot")],)),
    Case("constant infusion", "AMT 0 with a RATE: to steady state, and it ends at the record",
         f"{D}|0 1 0 5 0 0 1 central|0 0|6 0", ([Forever(0, 5)],) * 2),
    Case("constant infusion -1", "at the model's rate",
         f"{D}|0 1 0 -1 0 0 1 depot|0 0|6 0", ([Forever(0, 5, "depot")],) * 2),
    Case("constant infusion SS=2", "added to what is there",
         f"{D}|0 1 100 0 0 0 0 central|3 1 0 4 0 0 2 central|6 0", ([B(0, 100), Forever(3, 4)],)),
    Case("constant infusion goes on", "an infusion from the record on holds the level",
         f"{D}|0 1 0 5 0 0 1 central|0 1 100 5 0 0 0 central|9 0", ("50",)),
    Case("EVID 4, SS, ADDL", "a reset dose at steady state with additional doses",
         f"{D}|0 1 500 0 6 20 0 central|20 4 100 0 12 2 1 depot|50 0",
         ([EB(44, 100, 12, "depot")],)),
    Case("EVID 4, SS, ADDL, lag", "and with a lag",
         f"{D} LAG1|0 1 500 0 6 20 0 depot 2|20 4 100 0 12 2 1 depot 2|21 0 . . . . . . 2"
         "|50 0 . . . . . . 2", ([EB(10, 100, 12, "depot")], [EB(46, 100, 12, "depot")])),
    Case("EVID 4, SS infusion, ADDL, lag", "infusions, one of the additional ones still running",
         f"{D} LAG2|0 1 500 0 6 9 0 central 3|20 4 100 10 8 2 1 central 3|21 0 . . . . . . 3"
         "|42 0 . . . . . . 3", ([EI(15, 10, 10, 8)], [EI(39, 10, 10, 8)])),
    Case("reset after SS", "a reset ends the infusions of a steady state",
         f"{D}|0 1 100 10 6 0 1 central|2 3|3 0|12 0", ([], [])),
]  # fmt: skip

TWO = [
    Case("two: bolus", "two compartments", f"{D}|0 1 100 0 0 0 0 central|1 0|30 0",
         ([B(0, 100)],) * 2, "two"),
    Case("two: peripheral", "the amount in the peripheral compartment",
         f"{D}|0 1 100 0 0 0 0 central|1 0|30 0", ([B(0, 100)],) * 2, "two", "peripheral"),
    Case("two: infusion", "an infusion", f"{D}|0 1 100 10 0 0 0 central|6 0|30 0",
         ([I(0, 10, 10)],) * 2, "two"),
    Case("two: depot", "three exponentials", f"{D}|0 1 100 0 12 2 0 depot|30 0",
         ([B(12 * i, 100, "depot") for i in range(3)],), "two"),
    Case("two: SS depot", "steady state", f"{D}|0 1 100 0 12 0 1 depot|0 0|7 0",
         ([EB(0, 100, 12, "depot")],) * 2, "two"),
    *[
        Case(f"two: SS infusion, II {word}", f"infusions for ever, II {word} the duration",
             f"{D}|0 1 100 10 {ii} 0 1 central|3 0|25 0", ([EI(0, 10, 10, ii)],) * 2,
             "two", seen)
        for (word, ii), seen in zip(THREE, ("central", "peripheral", "central"), strict=True)
    ],
    Case("two: constant infusion", "to steady state", f"{D}|0 1 0 5 0 0 1 central|0 0|6 0",
         ([Forever(0, 5)],) * 2, "two", "peripheral"),
    Case("equal rates", "KA equal to CL/V: dose times K t exp(-K t)",
         f"{D} KA|0 1 100 0 0 0 0 depot {K}|7 0 . . . . . . {K}", ("100*0.7*exp(-0.7)",)),
    Case("nearly equal rates", "KA a millionth off",
         f"{D} KA|0 1 100 0 0 0 0 depot 0.1000001|7 0 . . . . . . 0.1000001",
         ("100*0.1000001*exp(-0.7)*-expm1(-7e-7)/1e-7",)),
]  # fmt: skip

C = "TIME AMT CMT CL"
COVARIATES = [
    Case("LOCF", "LOCF: a value holds from its record on",
         f"{C}|0 100 central 1|5 . . 2|10 . . 3", ("100*exp(-0.5)", "100*exp(-0.5-1)"),
         options={"fill": "locf"}),
    Case("NOCB", "NOCB: a value holds up to its record",
         f"{C}|0 100 central 1|5 . . 2|10 . . 3", ("100*exp(-1)", "100*exp(-1-1.5)"),
         options={"fill": "nocb"}),
    Case("LOCF gaps", "LOCF over a gap", f"{C}|0 100 central 1|5 . . .|10 . . 3|12 . . .",
         ("100*exp(-0.5)", "100*exp(-1)", "100*exp(-1-0.6)"), options={"fill": "locf"}),
    Case("NOCB gaps", "NOCB over a gap", f"{C}|0 100 central 1|5 . . .|10 . . 3|12 . . .",
         ("100*exp(-1.5)", "100*exp(-3)", "100*exp(-3-0.6)"), options={"fill": "nocb"}),
    Case("LOCF and ADDL", "rates change between additional doses",
         "TIME EVID AMT II ADDL CMT CL|0 1 100 6 1 central 1|4 2 . . . . 2|10 0 . . . . 4",
         ("100*exp(-0.4-1.2)+100*exp(-0.8)",), options={"fill": "locf"}),
    Case("NOCB and ADDL", "the same with NOCB",
         "TIME EVID AMT II ADDL CMT CL|0 1 100 6 1 central 1|4 2 . . . . 2|10 0 . . . . 4",
         ("100*exp(-0.8-2.4)+100*exp(-1.6)",), options={"fill": "nocb"}),
    Case("LOCF and infusion", "a rate changes while an infusion runs",
         "TIME AMT RATE CMT CL|0 100 10 central 1|5 . . . 2|10 . . . 2",
         ("100*(1-exp(-0.5))", "100*(1-exp(-0.5))*exp(-1)+50*(1-exp(-1))"),
         options={"fill": "locf"}),
    Case("NOCB and infusion", "the same with NOCB",
         "TIME AMT RATE CMT CL|0 100 10 central 1|5 . . . 2|10 . . . 1",
         ("50*(1-exp(-1))", "50*(1-exp(-1))*exp(-0.5)+100*(1-exp(-0.5))"),
         options={"fill": "nocb"}),
    Case("LOCF volume", "a concentration takes the volume of its record",
         "TIME AMT CMT V CL|0 100 central 10 1|5 . . 20 2", ("5*exp(-0.5)",),
         what="concentration", options={"fill": "locf"}),
    Case("SS and covariate", "a steady state takes the values of its record",
         "TIME AMT II SS CMT CL|0 100 12 1 central 1|5 50 10 1 central 2|8 . . . . 2",
         ("50*exp(-0.6)/(1-exp(-2))",), options={"fill": "locf"}),
    Case("F on dose records", "a column with values on dose records only",
         "TIME AMT CMT F2|0 100 central 0.5|3 . . .|5 100 central 0.2|9 . . .",
         ("50*exp(-0.3)", "50*exp(-0.9)+20*exp(-0.4)"), options={"fill": "locf"}),
]  # fmt: skip

CASES = [*STEADY, *TWO, *COVARIATES]
