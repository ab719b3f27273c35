"""The same studies in Optuna: prints one line of JSON for bench/search.ts to compare with.

usage: search-peer.py version                                     {"optuna"}
       search-peer.py FUNCTION SAMPLER TRIALS,TRIALS,... SEEDS    best values of every seed after so many trials, null
                                                                  if all have crashed
       search-peer.py describe [[FUNCTION, PARAMS], ...]          the functions at these points
       search-peer.py latency N REPETITIONS                       median CPU ms of a trial of mixed4 after N of them

The functions are those of bench/functions.ts, where they are explained.
"""
import json
import math
import random
import statistics
import sys
import time
import warnings

import optuna

SPHERE_CENTRE = (1.3, -2.1, 3.2, -0.6)
ACKLEY_CENTRE = (7.5, -11.0, 3.0, 18.0, -5.5)
HARTMANN_SLOPES = ((10, 3, 17, 3.5, 1.7, 8), (.05, 10, 17, .1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, .05, 10, .1, 14))
HARTMANN_CENTRES = ((.1312, .1696, .5569, .0124, .8283, .5886), (.2329, .4135, .8307, .3736, .1004, .9991),
                    (.2348, .1451, .3522, .2883, .3047, .6650), (.4047, .8828, .8732, .5743, .1091, .0381))
BATCH_LOSS = {16: .1, 32: .03, 64: 0, 128: .04, 256: .12}
OPTIMIZERS = {"sgd": (-1, .02), "adam": (-3, 0), "adagrad": (-2, .05)}
ACTIVATIONS = {"relu": .01, "tanh": .06, "gelu": 0, "sigmoid": .15}


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


def shifted(trial, low, high, centre):
    return [x - c for x, c in zip(box(trial, len(centre), low, high), centre)]


def rotated(z):
    angle, scale = math.pi / (len(z) + 1), math.sqrt(2 / (len(z) + 1))
    return [scale * sum(math.sin(angle * (i + 1) * (j + 1)) * zj for j, zj in enumerate(z)) for i in range(len(z))]


def ellipsoid5_rotated(trial):
    return sum(10 ** i * z * z for i, z in enumerate(rotated(shifted(trial, -5, 5, (1.7, -2.6, .9, 3.1, -3.4)))))


def levy4_rotated(trial):
    w = [1 + z / 4 for z in rotated(shifted(trial, -10, 10, (3.2, -4.1, 5.3, -2.4)))]
    return (math.sin(math.pi * w[0]) ** 2
            + sum((wi - 1) ** 2 * (1 + 10 * math.sin(math.pi * wi + 1) ** 2) for wi in w[:3])
            + (w[3] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[3]) ** 2))


def rastrigin4(trial):
    return sum(z * z + 10 - 10 * math.cos(2 * math.pi * z) for z in shifted(trial, -5.12, 5.12, (1.4, -2.3, 3.1, -.8)))


def griewank4(trial):
    z = shifted(trial, -30, 30, (11, -7, 18, -14))
    return 1 + sum(zi * zi for zi in z) / 4000 - math.prod(math.cos(zi / math.sqrt(i + 1)) for i, zi in enumerate(z))


def steps4(trial):
    return sum(math.floor(2 * abs(z)) for z in shifted(trial, -5, 5, SPHERE_CENTRE))


def corner4(trial):
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    rate, size = trial.suggest_float("rate", 1e-5, 1, log=True), trial.suggest_int("size", 1, 64)
    return x + (1 - y) + 4 * x * (1 - y) - math.log10(rate) / 5 + ((size - 1) / 63) ** 2


def categories5(trial):
    x = [trial.suggest_categorical(f"x{i}", list(range(8))) for i in range(5)]
    return (sum((xi * (2 * i + 3) + i) % 8 for i, xi in enumerate(x)) / 8
            + sum((x[i] * x[i + 1] + 5 * x[i] + 3 * x[i + 1] + i) % 8 for i in range(4)) / 4)


def models7(trial):
    model = trial.suggest_categorical("model", ["svm", "forest", "neighbours"])
    if model == "forest":
        depth, features = trial.suggest_int("depth", 1, 30), trial.suggest_float("features", .1, 1)
        return .12 + .02 * ((depth - 14) / 8) ** 2 + .3 * (features - .35) ** 2
    if model == "neighbours":
        return .2 + .05 * math.log2(trial.suggest_int("count", 1, 50) / 7) ** 2
    kernel, c = trial.suggest_categorical("kernel", ["linear", "rbf"]), trial.suggest_float("c", 1e-3, 1e3, log=True)
    if kernel == "linear":
        return .15 + .02 * math.log10(c / .1) ** 2
    u, v = math.log10(c / 30), math.log10(trial.suggest_float("gamma", 1e-4, 10, log=True) / .02)
    return .05 + .03 * u * u + .04 * v * v + .03 * u * v


def quadratic3_noisy(trial):
    return sum(z * z for z in shifted(trial, -5, 5, (-2.2, 3.1, 1.4))) / 10


def rate3_crashes(trial):
    rate, momentum = trial.suggest_float("rate", 1e-5, 10, log=True), trial.suggest_float("momentum", 0, .99)
    layers = trial.suggest_int("layers", 1, 12)
    room = .5 - .15 * layers - math.log10(rate / (1 - momentum))
    if room < 0:
        raise optuna.TrialPruned
    return .2 * room + .3 * ((momentum - .8) / .5) ** 2 + .1 * ((layers - 9) / 4) ** 2


def sphere3_crashes(trial):
    x = box(trial, 3, 0, 1)
    if abs(x[0] - x[1]) > .15 or x[2] < .6:
        raise optuna.TrialPruned
    return sum((xi - c) ** 2 for xi, c in zip(x, (.72, .8, .7)))


def integers4(trial):
    x, y = trial.suggest_int("x", 0, 40), trial.suggest_int("y", 0, 40)
    units, patience = trial.suggest_int("units", 16, 512, step=16), trial.suggest_int("patience", 1, 1000, log=True)
    z = (x - 29, y - 7, units / 16 - 7)
    return ((sum(zi * zi for zi in z) + sum(z) ** 2) / 100 + sum(abs(zi) % 2 for zi in z) / 10
            + math.log2(patience / 200) ** 2 / 10)


def network8(trial):
    rate, decay = trial.suggest_float("rate", 1e-5, 1, log=True), trial.suggest_float("decay", 1e-6, .1, log=True)
    dropout, smoothing = trial.suggest_float("dropout", 0, .8), trial.suggest_float("smoothing", 0, .3, step=.05)
    layers, width = trial.suggest_int("layers", 1, 8), trial.suggest_int("width", 8, 1024, log=True)
    best_rate, of_optimizer = OPTIMIZERS[trial.suggest_categorical("optimizer", list(OPTIMIZERS))]
    of_activation = ACTIVATIONS[trial.suggest_categorical("activation", list(ACTIVATIONS))]
    size = math.log2(width / 256)
    return (.3 * (math.log10(rate) - best_rate + .2 * size) ** 2 + .05 * (math.log10(decay) + 4 + 2 * (dropout - .2)) ** 2
            + .5 * (dropout - .2) ** 2 + 2 * (smoothing - .1) ** 2 + .02 * (layers - 3) ** 2 + .03 * size ** 2
            + of_optimizer + of_activation)


def wide21(trial):
    return sum((x - .6 * math.sin(i + 1)) ** 2 / (i + 1) for i, x in enumerate(box(trial, 21, -1, 1)))


FUNCTIONS = {function.__name__.replace("_", "-"): function for function in (
    sphere4, rosenbrock4, branin, hartmann6, ackley5, mixed4, ellipsoid5_rotated, levy4_rotated, rastrigin4, griewank4,
    steps4, corner4, categories5, models7, quadratic3_noisy, rate3_crashes, sphere3_crashes, integers4, network8, wide21)}
FUNCTIONS["mixed4-noisy"] = mixed4
NOISE = {"mixed4-noisy": lambda params: .1, "quadratic3-noisy": lambda params: .02 + .098 * (params["x0"] + 5)}
SAMPLERS = {"tpe": {}, "multivariate": {"multivariate": True}}


def best_values(name, sampler, counts, seed):
    """The value without noise of the trial that looks best, after each of the counts."""
    gauss = random.Random(seed).gauss
    best, best_seen, incumbents = None, math.inf, []

    def objective(trial):
        nonlocal best, best_seen
        try:
            value = FUNCTIONS[name](trial)
            seen = value + gauss(0, NOISE[name](trial.params)) if name in NOISE else value
            if seen < best_seen:
                best, best_seen = value, seen
        finally:
            incumbents.append(best)
        return seen

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, **SAMPLERS[sampler]))
    study.optimize(objective, n_trials=max(counts))
    return [incumbents[count - 1] for count in counts]


def describe(name, params):
    """The same as `DescribedPoint` of bench/search-cases.ts."""
    trial = optuna.trial.FixedTrial(params)
    try:
        value = FUNCTIONS[name](trial)
    except optuna.TrialPruned:
        value = None
    space = {key: d.choices if isinstance(d, optuna.distributions.CategoricalDistribution)
             else (d.low, d.high, d.step, d.log) for key, d in trial.distributions.items()}
    return {"name": name, "params": trial.params, "space": space, "value": value, "noise": NOISE.get(name, lambda _: 0)(params)}


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
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    task, *others = sys.argv[1:]
    if task == "version":
        result = {"optuna": optuna.__version__}
    elif task == "latency":
        result = latency(int(others[0]), int(others[1]))
    elif task == "describe":
        result = [describe(name, params) for name, params in json.loads(others[0])]
    else:
        counts = [int(count) for count in others[1].split(",")]
        result = [best_values(task, others[0], counts, seed) for seed in range(1, int(others[2]) + 1)]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
