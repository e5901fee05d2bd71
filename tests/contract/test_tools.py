"""The repository's own tools: the layer check finds what it must, the demo's generator is what it says."""
import datetime
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy" / "lint"), str(ROOT / "deploy" / "demo")]

import generate  # noqa: E402
import layers  # noqa: E402


def breaches(tmp_path, **files):
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_c", ".c").replace("_h", ".h")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return layers.check(tmp_path)


def test_layers_of_this_tree_are_in_order():
    assert not layers.check(ROOT)


def test_a_lower_layer_may_not_include_a_higher_one(tmp_path):
    assert breaches(tmp_path, common__log__log_c='#include "common/pg/pg.h"\n')


def test_the_same_layer_and_lower_ones_may_be_included(tmp_path):
    assert not breaches(tmp_path, common__pg__pg_c='#include "common/event/event.h"\n#include "common/buf/buf.h"\n')


def test_common_knows_no_service_and_services_do_not_know_one_another(tmp_path):
    assert breaches(tmp_path, common__pg__pg_c='#include "services/intake/store.h"\n')
    assert breaches(tmp_path, services__consent__store_c='# include "services/mailer/store.h"\n')


def test_a_module_without_a_layer_is_named(tmp_path):
    assert breaches(tmp_path, common__util__util_c="int x;\n")


def test_libraries_stay_behind_their_module(tmp_path):
    assert breaches(tmp_path, services__consent__store_c="#include <libpq-fe.h>\n")


def test_the_generator_is_deterministic_and_counts_right():
    day = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)
    events, truth = generate.build(3, 200, day)
    assert (events, truth) == generate.build(3, 200, day)
    assert events != generate.build(4, 200, day)[0]
    good = [e for e in events if "refused" not in e]
    records = {(r["system"], r["id"]) for r in (e["data"].get("record") for e in good) if r}
    activities = {(a["system"], a["id"]) for a in (e["data"].get("activity") for e in good) if a}
    assert (len(records), len(activities)) == (truth["records"], truth["activities"])
    ids = [e["headers"]["id"] for e in events]
    assert len(ids) - len(set(ids)) == truth["repeats"] > 0
    assert len(events) - len(good) == truth["refused"] + truth["refused_http"]
