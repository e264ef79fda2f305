"""The table of figures against the rules that draw them, the report that shows them, and the captions."""

import re

import pytest

from deepgalaxy.figures.table import FIGURES, SECTIONS, SUBJECTS, figure_files, plan_figures
from deepgalaxy.figures.words import WORDS

# How rules write the name of a subject, without the constraints of wildcards.
IN_RULES = {
    "dataset": "{dataset}",
    "sample": "{dataset}/{sample}",
    "scored_sample": "{dataset}/{sample}",
    "run": "<run_name>",
    "scored_run": "<scored_name>",
    "property_run": "<run_name>",
    "observing_run": "<run_name>",
    "compared_run": "<run_name>",
    "robust_run": "<run_name>",
    "scaling_study": "<study_name>",
    "sweep": "<sweep_name>",
    "encoder": "<encoder_name>",
    "searching_encoder": "<encoder_name>",
}
NAMES = {kind: [f"one_{kind}", f"another_{kind}"] for kind in SUBJECTS}


@pytest.fixture(scope="module")
def plotting(root):
    """The text of each rule that draws a figure, by the figure's name."""
    text = "\n".join(file.read_text() for file in sorted((root / "rules").glob("*.smk")))
    return dict(re.findall(r"^rule plot_(\w+):\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL))


def test_each_pattern_is_what_the_rule_of_that_name_writes(plotting):
    written = {}
    for name, rule in plotting.items():
        (output,) = re.findall(r'output:\s+report\(\s+"<(?:results|experiment)>/figures/(.*?)"', rule)
        written[name] = re.sub(r"\{(\w+),.*?\}", r"{\1}", output)
    assert written == {name: kind.path(IN_RULES[kind.of]) for name, kind in FIGURES.items()}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_its_caption_and_its_words(plotting, root, name):
    (caption,) = re.findall(r'caption="\.\./(.*?)"', plotting[name])
    assert len((root / caption).read_text()) > 20
    kind = FIGURES[name]
    assert kind.pattern.count("{subject}") == 1 and kind.pattern.endswith((".svg", ".png", ".webp"))
    assert kind.of in SUBJECTS and kind.section in SECTIONS
    text = WORDS[name].text.format("the_subject")
    assert text.count("the_subject") == 1 and text.endswith(".") and "{" not in text
    # What is seen is said for those who do not see it, and not what the caption says already.
    assert len(WORDS[name].alt) > 40 and WORDS[name].alt.endswith(".") and WORDS[name].alt != WORDS[name].text


def test_the_words_are_those_of_the_figures_in_their_order():
    assert list(WORDS) == list(FIGURES)


def test_the_page_shows_every_section(root):
    page = (root / "workflow/scripts/deepgalaxy/report/page.html.jinja").read_text()
    assert re.findall(r'show_figures\("(\w+)"\)', page) == list(SECTIONS[1:]) and "figures.start" in page


def test_every_subject_has_its_figures_and_paths_go_with_them():
    planned = list(plan_figures(NAMES))
    assert len(planned) == 2 * len(FIGURES)
    assert [name for name, _ in planned[::2]] == list(FIGURES)
    files = figure_files("<results>/figures", NAMES)
    assert files[:2] == [f"<results>/figures/timeline/{name}_scored_run.png" for name in ("one", "another")]
    assert len(set(files)) == len(files) == len(planned)
    without = figure_files("figures", NAMES | {"observing_run": [], "compared_run": []})
    assert len(without) == len(files) - 4 and not [path for path in without if "observ" in path]
    with pytest.raises(KeyError, match="scaling_study"):
        figure_files("figures", {kind: [] for kind in SUBJECTS if kind != "scaling_study"})


def test_captions_quote_the_names_of_columns(root):
    for caption in (root / "workflow/report").glob("*.rst"):
        text = re.sub(r"{{.*?}}|``.*?``", "", caption.read_text())
        assert not re.findall(r"\b[a-z]+_\w+", text), caption
