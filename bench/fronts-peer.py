"""The same studies in Optuna: prints one line of JSON for bench/fronts.ts to compare with.

usage: fronts-peer.py FUNCTION TRIALS SEEDS   {SAMPLER: [of every seed: [[values, is feasible] of every trial]]}

The functions are those of bench/front-functions.ts, where they are explained.
"""
import json
import math
import sys
import warnings

import optuna

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
sin, cos, pi = math.sin, math.cos, math.pi


def unit(trial, count):
    return [trial.suggest_float(f"x{i}", 0, 1) for i in range(count)]


def zdt(shape):
    def function(trial):
        f, *others = unit(trial, 4)
        g = 1 + 9 * sum(others) / len(others)
        return (f, g * shape(f, g)), ()
    return function


def dtlz2(trial):
    a, b, *others = unit(trial, 5)
    radius = 1 + sum((x - .5) ** 2 for x in others)
    u, v = a * pi / 2, b * pi / 2
    return (radius * cos(u) * cos(v), radius * cos(u) * sin(v), radius * sin(u)), ()


def square(trial, x, y):
    return trial.suggest_float("x", 0, x), trial.suggest_float("y", 0, y)


def binh_korn(trial):
    x, y = square(trial, 5, 3)
    return ((4 * x * x + 4 * y * y, (x - 5) ** 2 + (y - 5) ** 2),
            ((x - 5) ** 2 + y * y - 25, 7.7 - (x - 8) ** 2 - (y + 3) ** 2))


def gardner1(trial):
    x, y = square(trial, 6, 6)
    return (cos(2 * x) * cos(y) + sin(x),), (cos(x) * cos(y) - sin(x) * sin(y) - .5,)


def gardner2(trial):
    x, y = square(trial, 6, 6)
    return (sin(x) + y,), (sin(x) * sin(y) + .95,)


FUNCTIONS = {
    "zdt1": (2, zdt(lambda f, g: 1 - math.sqrt(f / g))),
    "zdt2": (2, zdt(lambda f, g: 1 - (f / g) ** 2)),
    "zdt3": (2, zdt(lambda f, g: 1 - math.sqrt(f / g) - f / g * sin(10 * pi * f))),
    "dtlz2": (3, dtlz2), "binh-korn": (2, binh_korn), "gardner1": (1, gardner1), "gardner2": (1, gardner2),
}


def constraints_of(trial):
    return trial.user_attrs["constraints"]


def studied(name, sampler, trials):
    objectives, function = FUNCTIONS[name]

    def objective(trial):
        values, constraints = function(trial)
        trial.set_user_attr("constraints", constraints)
        return values

    study = optuna.create_study(directions=["minimize"] * objectives, sampler=sampler)
    study.optimize(objective, n_trials=trials)
    return [[trial.values, all(c <= 0 for c in constraints_of(trial))] for trial in study.trials]


def main():
    name, trials, seeds = sys.argv[1], int(sys.argv[2]), range(1, int(sys.argv[3]) + 1)
    kept = {"constraints_func": constraints_of} if name in ("binh-korn", "gardner1", "gardner2") else {}
    version = optuna.__version__
    print(json.dumps({
        f"Optuna {version} NSGA-II": [studied(name, optuna.samplers.NSGAIISampler(seed=seed, **kept), trials) for seed in seeds],
        f"Optuna {version} TPE": [studied(name, optuna.samplers.TPESampler(seed=seed, **kept), trials) for seed in seeds],
        f"Optuna {version} TPE, multivariate": [
            studied(name, optuna.samplers.TPESampler(seed=seed, multivariate=True, **kept), trials) for seed in seeds],
    }))


if __name__ == "__main__":
    main()
