"""Endpoints of one drug at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oihsim.files.errors import OihsimError
from oihsim.results.endpoints._endpoint import Endpoint, variable

if TYPE_CHECKING:
    from xarray import DataArray, Dataset


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DrugEndpoint(Endpoint):
    """An endpoint that reads a variable of one drug.

    ``reads`` and ``long_name`` have ``{drug}`` in the place of the drug. The unit is that of the
    variable, since a therapy is counted in sessions; ``unit`` holds where the variable has none.

    Milligrams of different drugs are never added: 1 mg of fentanyl is not 1 mg of morphine, and a
    table of equivalents would assume one fixed potency, which is what tolerance changes.
    """

    def variable_of(self, drug: str) -> str:
        """Return the name of the variable that is read of a drug."""
        return self.reads.format(drug=drug)

    def drugs(self, ds: Dataset) -> tuple[str, ...]:
        """Return the drugs of which the result has the variable, in its order."""
        suffix = self.variable_of("")
        names = (str(name) for name in ds.data_vars)
        return tuple(name.removesuffix(suffix) for name in names if name.endswith(suffix))

    def __call__(
        self, ds: Dataset, *, drug: str | None = None,
        from_h: float | None = None, until_h: float | None = None,
    ) -> DataArray:  # fmt: skip
        """Return the endpoint of one drug of a result, (scenario, draw, id)."""
        drugs = self.drugs(ds)
        if drug is None and len(drugs) != 1:
            listed = ", ".join(drugs) if drugs else "none"
            raise OihsimError(f"{self.name}: name one drug (drug=…); in this result: {listed}")
        name = drugs[0] if drug is None else drug
        reads = self.variable_of(name)
        unit = str(variable(ds, reads).attrs.get("units", self.unit))
        return self._labelled(ds, reads, from_h, until_h, unit, self.long_name.format(drug=name))
