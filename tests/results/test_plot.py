import builtins
import subprocess
import sys

import numpy as np
import pytest
from fake_results import fake_curves, fake_result

from oihsim.files.caution import CAUTION
from oihsim.files.errors import OihsimError
from oihsim.results import plot


def texts(figure):
    return [t for t in figure.findobj(lambda a: hasattr(a, "get_text")) if t.get_text().strip()]


def outside(figure):
    """Return the visible texts that leave the page."""
    figure.draw_without_rendering()
    page = figure.bbox
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts(figure) if t.get_visible()]
    return [
        text
        for text, box in boxes
        if box.width and not (page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0)
    ]


def test_importing_the_figures_does_not_import_matplotlib():
    code = "import sys, oihsim; oihsim.plot; print('matplotlib' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_without_matplotlib_the_remedy_is_named(result, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(OihsimError, match=r'pip install "oihsim\[plot\]"'):
        plot.strategy(result)


def test_strategy_has_a_column_an_arm_and_a_row_a_quantity(result):
    figure = plot.strategy(result)
    assert len(figure.axes) == 4 * 5  # pain, tolerance, hyperalgesia, morphine, ketamine
    words = " ".join(text.get_text() for text in texts(figure)).replace("\n", " ")
    assert result.attrs["question"] in words
    assert CAUTION in words
    assert "with ketamine" in words
    assert "Naloxone" not in words  # never given
    assert outside(figure) == []


@pytest.mark.slow
def test_strategy_gives_a_row_to_the_first_sensory_tests(result):
    names = ["cold_pressor_tolerance", "hyperalgesia_area_incision"]
    measured = result.assign(
        {
            name: result["pain"].assign_attrs(units=unit, cut_off=180.0)
            for name, unit in zip(names, ("s", "cm**2"), strict=True)
        }
    )
    figure = plot.strategy(measured)
    assert len(figure.axes) == 4 * 7
    words = " ".join(text.get_text() for text in texts(figure)).replace("\n", " ")
    assert "Cold pressor tolerance" in words
    assert "cm²" in words
    assert figure.get_size_inches()[1] > plot.strategy(result).get_size_inches()[1]
    assert outside(figure) == []


def test_strategy_draws_the_median_and_the_reference(result):
    figure = plot.strategy(result)
    reference, escalation = figure.axes[0], figure.axes[1]
    daily = result["pain"].values[:, 0, :, :-1].reshape(4, 60, 90, 4).mean(axis=-1)
    grey, line = (drawn.get_ydata() for drawn in escalation.lines)
    np.testing.assert_allclose(line, np.median(daily[1], axis=0))
    np.testing.assert_allclose(grey, np.median(daily[0], axis=0))
    assert len(reference.lines) == 1


def test_strategy_survives_infinite_tolerance_and_failed_subjects():
    ds = fake_result(subjects=7, failed=2)
    values = ds["tolerance_index"].values
    values[values > 4.0] = np.inf
    figure = plot.strategy(ds)
    assert "∞" in [text.get_text() for text in texts(figure)]
    low, high = figure.axes[4].get_ylim()
    assert 0 < low < high < 10


def test_strategy_of_a_single_subject_and_a_short_time_draws_no_band():
    ds = fake_result(subjects=1, days=2)
    figure = plot.strategy(ds)
    assert figure.axes[0].collections == [] or len(figure.axes[0].collections) == 0
    assert any(text.get_text() == "Hour" for text in texts(figure))
    assert outside(figure) == []


def test_strategy_names_what_is_missing(small):
    with pytest.raises(OihsimError, match="hyperalgesia_index"):
        plot.strategy(small)


def test_dose_pain_marks_only_minima_inside_the_range():
    figure = plot.dose_pain(fake_curves())
    axis = figure.axes[0]
    dots = [line.get_xdata()[0] for line in axis.lines if line.get_marker() == "o"]
    curves = fake_curves()["pain"]
    inner = [int(np.argmin(c.values)) for c in curves.transpose("horizon_h", "dose_mg_per_day")]
    expected = [curves["dose_mg_per_day"].values[i] for i in inner if 0 < i < 25]
    assert dots == pytest.approx(expected)
    assert len(dots) == 2
    words = [text.get_text() for text in texts(figure)]
    assert {"12 h", "7 d", "30 d", "60 d", "no drug"} <= set(words)
    assert outside(figure) == []


def test_dose_pain_gives_each_variant_a_panel():
    figure = plot.dose_pain(fake_curves(limbs=True))
    assert [axis.get_title(loc="left") for axis in figure.axes] == [
        "with NMDA limb",
        "NMDA limb held",
    ]
    assert outside(figure) == []


def test_dose_pain_says_what_it_needs():
    with pytest.raises(OihsimError, match="dose_mg_per_day"):
        plot.dose_pain(fake_curves().isel(horizon_h=0))
    with pytest.raises(OihsimError, match="above 0"):
        plot.dose_pain(fake_curves().isel(dose_mg_per_day=[0]))


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_a_saved_figure_carries_the_caution_and_leaves_nothing_else(ending, tmp_path):
    path = plot.save(plot.dose_pain(fake_curves()), tmp_path / f"figure{ending}")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[ending]
    content = path.read_bytes()
    assert content.startswith(start)
    assert b"not for dosing decisions" in content


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_text("old")
    figure = plot.dose_pain(fake_curves())

    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(ZeroDivisionError):
        plot.save(figure, path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_save_refuses_unknown_endings_and_missing_folders(tmp_path):
    figure = plot.dose_pain(fake_curves())
    with pytest.raises(OihsimError, match=r"\.png, \.svg, \.pdf"):
        plot.save(figure, tmp_path / "figure.bmp")
    with pytest.raises(OihsimError, match="cannot write into"):
        plot.save(figure, tmp_path / "nowhere" / "figure.png")
