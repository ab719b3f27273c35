"""Made journal.jsonl and studies.db beside it with Optuna 3.1.0: two studies in each, with all that an import has to read."""
import sqlite3

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages import JournalFileStorage, JournalStorage

optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial):
    x = trial.suggest_float("x", -5, 5)
    rate = trial.suggest_float("rate", 1e-4, 1, log=True)
    drop = trial.suggest_float("drop", 0, 0.5, step=0.1)
    units = trial.suggest_int("units", 8, 64, step=8)
    mode = trial.suggest_categorical("mode", ["plain", None, True, 2.5])
    trial.report(float("nan") if trial.number == 1 else x**2, 0)
    trial.report(float("inf") if trial.number == 2 else x**2 + 1, 1)
    trial.set_user_attr("note", {"größe": [1, "a\nb"], "limit": float("inf")})
    if trial.number == 3:
        raise optuna.TrialPruned()
    if trial.number == 4:
        raise ValueError("no")
    return x**2 + rate + drop + units / 64 + (mode == "plain")


def two(trial):
    kind = trial.suggest_categorical("kind", ["a", "b"])
    return trial.suggest_float(kind, 0, 1), trial.number


for storage in (JournalStorage(JournalFileStorage("journal.jsonl")), "sqlite:///studies.db"):
    one = optuna.create_study(study_name="one", storage=storage, sampler=optuna.samplers.RandomSampler(seed=1))
    one.set_user_attr("author", "somebody")
    one.optimize(objective, n_trials=5, catch=(ValueError,))
    one.enqueue_trial({"x": 1.5, "mode": None})
    one.ask()
    one.enqueue_trial({"x": 2.5})
    both = optuna.create_study(
        study_name="front", storage=storage, directions=["maximize", "minimize"], sampler=optuna.samplers.RandomSampler(2)
    )
    both.optimize(two, n_trials=4)
    both.add_trial(
        optuna.create_trial(
            params={"kind": "a", "a": 0.5},
            distributions={"kind": CategoricalDistribution(["a", "b"]), "a": FloatDistribution(0, 1)},
            values=[1, float("inf")],
        )
    )

with sqlite3.connect("studies.db") as database:
    database.execute("PRAGMA page_size = 512")
    database.execute("VACUUM")
