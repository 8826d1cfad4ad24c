"""Fitting, thresholds, figures, lint, proposals."""

from xml.etree import ElementTree

import numpy as np
import pytest

from newsbeam.topics.features import NAMES
from newsbeam.topics.labelled import labels_hash, read_labels
from newsbeam.topics.learning import Row, calibrate, choose_threshold, cross_validate
from newsbeam.topics.lint import lint_query
from newsbeam.topics.metrics import curve, quality, reliability
from newsbeam.topics.model import GENERIC, Model, fit, generic_model
from newsbeam.topics.plots import curve_svg, reliability_svg
from newsbeam.topics.propose import propose_terms, topic_toml
from newsbeam.topics.topic import load_topic
from tests.unit.topics.topic_support import article


def rows(n: int = 300, seed: int = 0) -> list[Row]:
    """Texts whose answer follows title_query and meaning_best, with some noise."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        values = rng.random(len(NAMES)) * [1 if n.startswith("mean") else 0 for n in NAMES]
        values[0] = float(rng.random() < 0.3)
        score = 4 * values[0] + 4 * values[NAMES.index("meaning_best")] - 4
        answer = bool(rng.random() < 1 / (1 + np.exp(-score)))
        group = "article" if i % 2 else "headline"
        made.append(Row(str(i), group, tuple(map(float, values)), answer))
    return made


def test_without_labels_the_generic_weights_stay() -> None:
    weights = fit(np.zeros((0, len(NAMES))), np.zeros(0))
    assert weights == pytest.approx(dict(GENERIC), abs=1e-3)


def test_labels_move_the_weights_and_few_move_them_less() -> None:
    many, few = rows(2000), rows(20)
    far = [
        abs(
            fit(np.array([r.values for r in some]), np.array([r.answer for r in some]))["bias"]
            - GENERIC["bias"]
        )
        for some in (many, few)
    ]
    assert far[0] > 0
    assert all(np.isfinite(far))


def test_labels_leave_a_topic_without_a_query_near_its_own_threshold() -> None:
    generic = generic_model(has_meaning=True, has_query=False)
    few = [r for r in rows(40) if r.answer][:4] + [r for r in rows(40) if not r.answer][:20]
    assert calibrate(few, "v1", "m", 0.8, generic)[0].threshold == generic.threshold > 0.5


def test_of_equally_good_thresholds_the_one_of_the_kind_of_topic_is_taken() -> None:
    truth = np.arange(60) % 3 == 0
    for generic in (0.45, 0.65):
        found = choose_threshold(truth, np.where(truth, 0.8, 0.2), 0.9, generic)
        assert found == pytest.approx(generic)


def test_calibration_reaches_the_precision_that_is_asked_for() -> None:
    done, held_out = calibrate(rows(1500), "v1", "m", precision=0.85)
    assert done.precision >= 0.84
    assert len(held_out) == 1500
    assert done.model == "m"
    assert done.labels == labels_hash((r.id, r.answer) for r in rows(1500))


def test_cross_validation_is_repeatable_and_no_candidate_has_no_chance() -> None:
    table = [*rows(100), Row("x", "article", None, True)]
    assert (cross_validate(table) == cross_validate(table)).all()
    assert cross_validate(table)[-1] == 0


def test_with_few_positives_the_generic_threshold_is_kept() -> None:
    truth = np.array([True] * 3 + [False] * 50)
    assert choose_threshold(truth, truth.astype(float), 0.9, 0.45) == 0.45
    assert choose_threshold(truth, truth.astype(float), 0.9, 0.65) == 0.65


def test_figures_have_intervals_that_hold_them() -> None:
    truth = [True] * 20 + [False] * 80
    probability = [0.9] * 16 + [0.2] * 4 + [0.8] * 4 + [0.1] * 76
    q = quality(truth, probability, 0.5)
    assert (q.precision, q.recall) == (0.8, 0.8)
    assert q.f1_low < q.f1 < q.f1_high
    assert sum(b.rows for b in reliability(truth, probability)) == 100
    assert curve(truth, probability)[0][1] == 0.8 or curve(truth, probability)[0][1] == 1.0


def test_plots_are_well_formed() -> None:
    truth, probability = [True, False, True, False], [0.9, 0.2, 0.6, 0.6]
    for svg in (
        reliability_svg({"a": reliability(truth, probability)}),
        curve_svg({"a": curve(truth, probability)}, {"a": (0.8, 0.9)}),
    ):
        root = ElementTree.fromstring(svg)
        assert root.tag.endswith("svg")


def test_a_model_names_the_parts_of_its_score() -> None:
    model = Model()
    assert model.parts([0.0] * len(NAMES)) == {"bias": GENERIC["bias"]}
    assert model.probability([1.0] * len(NAMES)) > 0.9


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("the OR of OR and", "wide"),
        ("NOT llama", "wide"),
        ("lang:en", "wide"),
        ("count(llama)>=0", "wide"),
        ("llama AND NOT llama", "never"),
        ("llama NOT (alpaca OR llama)", "never"),
        ("llama AND lang:de AND lang:fr", "never"),
        ("llama AND date:2024 AND date:2025", "never"),
        ("title:llama NEAR/3 body:meta", "never"),
        ('"fair use" NOT fair', "never"),
        ("llama NOT llam*", "never"),
        ("llama* NOT lla*", "never"),
        ("{NYT} NOT nyt", "never"),
        ("title:llama NOT llama", "never"),
        ("lead:llama NOT body:llama", "never"),
        ("(llama OR alpaca) NOT (llama OR alpaca OR sheep)", "never"),
        ("llama AND (meta AND (sheep NOT llama))", "never"),
        ("(llama NEAR/3 meta) NOT meta", "never"),
        ("(llama NEAR/3 meta) NOT (meta NEAR/5 llama)", "never"),
        ("(llama SENTENCE meta) NOT (llama PARAGRAPH meta)", "never"),
        ("count(llama)>=3 AND count(llama)<2", "never"),
        ("count(llama)>=3 NOT count(llama)>=2", "never"),
        ("count(llama)>=1 NOT llama", "never"),
        ("llama AND count(llama)=0", "never"),
        ("count(llama)<0", "never"),
        ("~regulate", "expensive"),
        ("*phone", "expensive"),
        ("llama NEAR/5 the", "expensive"),
        ("llama or alpaca", "meant"),
        ("llama near/5 meta", "meant"),
        ("llama AND meta OR alpaca", "meant"),
        ("author:doe OR lang:de", "wide"),
    ],
)
def test_lint_warns(query: str, kind: str) -> None:
    assert kind in {w.kind for w in lint_query(query)}


@pytest.mark.parametrize(
    ("query", "cure"),
    [
        ("llama -meta", "write NOT"),
        ("llama !meta", "write NOT"),
        ("+llama meta", "write AND"),
        ('"llama meta"~5', "NEAR/n"),
        ("llamma~1", "~word"),
        ("'fair use'", "double ones"),
        ("llama w/5 money", "NEAR/n"),
        ("llama near5 money", "NEAR/n"),
        ("llama pre/3 money", "ONEAR/n"),
        ("llama /s money", "SENTENCE"),
        ("atleast3 llama", "count(word)"),
        ("/llam[ae]/", "regular expressions"),
        ("llama^2 meta", "weight"),
        ("(llama OR meta)^9", "weight"),
        ("llama NEAR/5f money", "ONEAR/n"),
        ("llama WITHIN/5 money", "NEAR/n"),
        ("llama /5 money", "NEAR/n"),
        ("llama Or alpaca", "in capitals: OR"),
        ("llama ANDNOT alpaca", "write AND NOT"),
        ("llama XOR alpaca", "(a OR b) NOT (a AND b)"),
        ("llam[ae]", "( ) groups"),
        (r"llama\: money", "a term with signs in quotes"),
        ("llama, alpaca", "write OR or AND"),
        ("title :llama", "right before its word"),
        ("llama <<<note>>>", "begins with #"),
        (".NET", "looks for net"),
        ("100%", "looks for 100"),
        ('"llama AND alpaca"', "AND is a word like others"),
        ("{llama NEAR/3 alpaca}", "NEAR/3 is a word like others"),
        ("llama lang:english", "two letters (ISO 639-1): lang:en"),
        ("llama lang:en-GB", "two letters"),
        ('llama country:"New Zealand"', "two letters (ISO 3166)"),
        ("llama country:uk", "country:gb"),
        ("llama domain:https://herald.example", "without https://"),
        ("llama outlet:www.herald.example", "outlet:herald.example"),
        ("llama feed:herald.example", "feed:*herald.example*"),
    ],
)
def test_lint_tells_what_signs_of_other_languages_are_here(query: str, cure: str) -> None:
    (said,) = [w.message for w in lint_query(query) if w.kind == "meant"]
    assert cure in said


@pytest.mark.parametrize(
    "query",
    [
        "llama",
        "author:doe OR outlet:gazette.example",
        "state-run AND rock’n’roll AND companies’ AND 24/7 AND win32",
        "(llama AND meta) OR alpaca",
        "llama NEAR/5 revenue",
        "copyright* AND ai",
        'fair NOT "fair use"',
        "llam* NOT llama",
        "nyt NOT {NYT}",
        "llama NOT title:llama",
        "body:llama NOT lead:llama",
        "lead:llama NEAR/3 body:meta",
        "(llama OR alpaca) NOT llama",
        "(llama NEAR/5 meta) NOT (llama NEAR/3 meta)",
        "(llama NEAR/3 meta) NOT (llama ONEAR/3 meta)",
        "(llama PARAGRAPH meta) NOT (llama SENTENCE meta)",
        "count(llama)>=3 AND count(llama)<9",
        "llama AND lang:de* AND lang:de",
        "llama feed:https://a.example/rss AND outlet:a.example AND domain:news.a.example",
        'llama AND "rock and roll" AND "signs AND" AND a.b AND example.com/a AND 3,000',
    ],
)
def test_lint_has_nothing_against_good_queries(query: str) -> None:
    assert lint_query(query) == []


def test_terms_that_the_examples_share_are_proposed(tmp_path) -> None:  # type: ignore[no-untyped-def]
    examples = [
        article("Beekeepers count losses", "Honey bees died in the cold. Beekeepers lost hives."),
        article(
            "A hard winter for hives", "Honey bees need food, beekeepers say; hives are empty."
        ),
    ]
    terms = propose_terms(examples)
    assert "honey bees" in terms
    assert not {"the", "in"} & set(terms)
    path = tmp_path / "bees.toml"
    path.write_text(topic_toml("bees", terms, ["Honey bees died"]), encoding="utf-8")
    assert load_topic(path).parsed is not None


def test_labels_are_read_with_open_answers(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "l.jsonl"
    path.write_text('{"id": 1, "title": "A", "text": "", "topics": {"x": true, "y": null}}\n')
    (row,) = read_labels([path])
    assert row.group == "headline"
    assert row.answers == {"x": True, "y": None}


def test_proposed_terms_are_not_those_of_any_article() -> None:
    examples = [article(f"New wells {n}", "After the drought new wells were dug.") for n in "ab"]
    terms = propose_terms(examples)
    assert not {"new", "after"} & set(terms)
    assert any("wells" in term for term in terms)


def test_terms_are_proposed_in_scripts_without_spaces() -> None:
    terms = propose_terms(
        [article("電池の新工場を建設へ", "次世代電池の新工場を建てる。", "電池の投資額は大きい。")]
    )
    assert {"電池", "新工場", "投資額"} <= set(terms)
    assert not any(a != b and a in b for a in terms for b in terms)
    long = "中国人民银行宣布下调存款准备金率下调存款准备金率释放资金"
    assert "存款准备金率" in " ".join(propose_terms([article("x", long)]))


def test_no_pair_is_proposed_across_a_full_stop() -> None:
    (made,) = [article("Wells", "The village waits for pumps. Drought returns to valleys.")]
    assert not any("pumps drought" in term for term in propose_terms([made]))
