"""The same studies in Optuna: prints one line of JSON for bench/search.ts to compare with.

usage: search-peer.py FUNCTION TRIALS,TRIALS,... SEEDS   best values: {"optuna", "best": {TRIALS: [of every seed]}}
       search-peer.py latency N REPETITIONS              median CPU ms of a trial of mixed4 after N of them

The functions are those of bench/functions.ts, where they are explained.
"""
import json
import math
import random
import statistics
import sys
import time

import optuna

SPHERE_CENTRE = (1.3, -2.1, 3.2, -0.6)
ACKLEY_CENTRE = (7.5, -11.0, 3.0, 18.0, -5.5)
HARTMANN_SLOPES = ((10, 3, 17, 3.5, 1.7, 8), (.05, 10, 17, .1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, .05, 10, .1, 14))
HARTMANN_CENTRES = ((.1312, .1696, .5569, .0124, .8283, .5886), (.2329, .4135, .8307, .3736, .1004, .9991),
                    (.2348, .1451, .3522, .2883, .3047, .6650), (.4047, .8828, .8732, .5743, .1091, .0381))
BATCH_LOSS = {16: .1, 32: .03, 64: 0, 128: .04, 256: .12}
NOISE = 0.1


def box(trial, dimensions, low, high):
    return [trial.suggest_float(f"x{i}", low, high) for i in range(dimensions)]


def sphere4(trial):
    return sum((x - c) ** 2 for x, c in zip(box(trial, 4, -5, 5), SPHERE_CENTRE))


def rosenbrock4(trial):
    x = box(trial, 4, -2.048, 2.048)
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(3))


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    ridge = y - 5.1 / (4 * math.pi ** 2) * x * x + 5 / math.pi * x - 6
    return ridge ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(trial):
    x = box(trial, 6, 0, 1)
    return -sum(c * math.exp(-sum(a * (xj - p) ** 2 for a, p, xj in zip(slopes, centres, x)))
                for c, slopes, centres in zip((1, 1.2, 3, 3.2), HARTMANN_SLOPES, HARTMANN_CENTRES))


def ackley5(trial):
    x = [xi - c for xi, c in zip(box(trial, 5, -32.768, 32.768), ACKLEY_CENTRE)]
    distance = math.sqrt(sum(xi * xi for xi in x) / 5)
    return -20 * math.exp(-.2 * distance) - math.exp(sum(math.cos(2 * math.pi * xi) for xi in x) / 5) + 20 + math.e


def mixed4(trial):
    rate, momentum = trial.suggest_float("lr", 1e-5, 1, log=True), trial.suggest_float("momentum", 0, .99)
    batch, patience = trial.suggest_categorical("batch", list(BATCH_LOSS)), trial.suggest_int("patience", 1, 30)
    effective = math.log10(rate / (1 - momentum)) - math.log10(batch / 64)
    return (.6 * (effective + 1) ** 2 + .3 * ((momentum - .9) / .5) ** 2 + BATCH_LOSS[batch]
            + .15 * ((patience - 12) / 10) ** 2)


FUNCTIONS = {function.__name__: function for function in (sphere4, rosenbrock4, branin, hartmann6, ackley5, mixed4)}


def best_values(name, counts, seed):
    """The true value of the best trial so far, after each of the counts."""
    function = FUNCTIONS[name.removesuffix("-noisy")]
    noise = random.Random(seed) if name.endswith("-noisy") else None
    true_values, best, best_seen, incumbents = [], math.inf, math.inf, []

    def objective(trial):
        nonlocal best, best_seen
        value = function(trial)
        seen = value if noise is None else value + noise.gauss(0, NOISE)
        if seen < best_seen:
            best, best_seen = value, seen
        incumbents.append(best)
        return seen

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=max(counts))
    return [incumbents[count - 1] for count in counts]


def latency(count, repetitions):
    """After COUNT trials at random, which is how bench/search.ts fills its study too."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(mixed4, n_trials=count)
    study.sampler = optuna.samplers.TPESampler(seed=0)
    milliseconds = []
    for _ in range(repetitions):
        start = time.process_time()
        trial = study.ask()
        study.tell(trial, mixed4(trial))
        milliseconds.append(1000 * (time.process_time() - start))
    return statistics.median(milliseconds)


def main():
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    result = {"optuna": optuna.__version__}
    if sys.argv[1] == "latency":
        result["cpuMs"] = latency(int(sys.argv[2]), int(sys.argv[3]))
    else:
        counts = [int(count) for count in sys.argv[2].split(",")]
        values = [best_values(sys.argv[1], counts, seed) for seed in range(1, int(sys.argv[3]) + 1)]
        result["best"] = {count: [of_seed[i] for of_seed in values] for i, count in enumerate(counts)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
