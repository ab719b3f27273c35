import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { toOptunaJournal } from '../../search/export/optuna-journal.ts';
import { isFinished } from '../../search/frozen-trial.ts';
import { exportedStudy } from './exported-study.ts';

const study = await exportedStudy();

/** Number of settings of a study: seed, sampler, pruner, lag and task. */
const SETTINGS = 5;

test('a journal has a line for the study, one for each of its settings, and one for each trial', (t) => {
  const lines = toOptunaJournal(study).trimEnd().split('\n');
  t.is(lines.length, 1 + SETTINGS + study.trials.length);
  t.deepEqual(JSON.parse(lines[0]), {
    worker_id: 'wide-optima',
    op_code: 0,
    study_name: 'digits/swa "1"',
    directions: [2],
  });
  const setting = { worker_id: 'wide-optima', op_code: 2, study_id: 0 };
  t.deepEqual(JSON.parse(lines[1]), { ...setting, user_attr: { seed: 7 } });
  const { datetime_start, distributions, params } = JSON.parse(lines[1 + SETTINGS]);
  t.regex(datetime_start, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  t.deepEqual(JSON.parse(distributions.rate), {
    name: 'FloatDistribution',
    attributes: { step: null, low: 1e-5, high: 1, log: true },
  });
  t.is(params.mode, ['a,b', null, true, 2.5, 'größer "als"'].indexOf(study.trials[0].params.mode as string));
  t.true(lines[6 + SETTINGS].includes('"intermediate_values":{"0":NaN,'));
});

/** Prints what Optuna reads, then runs what waits and two more trials, and reads the file again. */
const program = `
import json, sys, optuna
from optuna.storages import JournalStorage
try:
    from optuna.storages.journal import JournalFileBackend as Backend
except ImportError:
    from optuna.storages import JournalFileStorage as Backend
optuna.logging.set_verbosity(optuna.logging.ERROR)

def load():
    return optuna.load_study(study_name=sys.argv[2], storage=JournalStorage(Backend(sys.argv[1])))

def objective(trial):
    trial.suggest_float("rate", 1e-5, 1, log=True)
    trial.suggest_float("momentum", 0, 0.99)
    trial.suggest_float("drop", 0, 0.5, step=0.1)
    trial.suggest_int("patience", 1, 9, step=4)
    trial.suggest_int("units", 1, 256, log=True)
    trial.suggest_categorical("mode", ["a,b", None, True, 2.5, 'größer "als"'])
    return 0.01

def records(study):
    return [{
        "number": t.number, "state": t.state.name, "value": t.value, "params": t.params,
        "distributions": {k: json.loads(optuna.distributions.distribution_to_json(d)) for k, d in t.distributions.items()},
        "reports": {k: repr(float(v)) for k, v in t.intermediate_values.items()},
        "attributes": t.user_attrs,
        "seconds": None if t.duration is None else t.duration.total_seconds(),
        "start": None if t.datetime_start is None else t.datetime_start.timestamp(),
    } for t in study.trials]

study = load()
before = records(study)
about = {"direction": study.direction.name, "settings": study.user_attrs, "best": study.best_trial.number}
study.sampler = optuna.samplers.TPESampler(seed=1, n_startup_trials=5)
study.optimize(objective, n_trials=4)
print(json.dumps({"version": optuna.__version__, **about, "before": before, "after": records(load())}))
`;
// Debian's python3-optuna belongs to Debian's Python, which need not be the first one in the path.
const pythons = ['/usr/bin/python3', 'python3'];
const python = pythons.find((path) => spawnSync(path, ['-c', 'import optuna.storages']).status === 0);
const optunaTest = python === undefined ? test.skip : test;

optunaTest(
  python === undefined
    ? 'Optuna reads the journal and goes on with it (no python3 with optuna here)'
    : 'Optuna reads the journal and goes on with it',
  (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'optuna-journal-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'journal.log');
    writeFileSync(file, toOptunaJournal(study));
    const { status, stdout, stderr } = spawnSync(python!, ['-c', program, file, study.definition.name], {
      encoding: 'utf8',
    });
    t.is(status, 0, stderr);
    const { direction, settings, best, before, after } = JSON.parse(stdout);
    t.is(direction, 'MAXIMIZE');
    t.deepEqual(settings, { seed: 7, sampler: 'auto', pruner: 'none', lag: 'none', task: null });
    t.is(best, study.bestTrial?.number);
    t.is(before.length, study.trials.length);
    for (const [i, trial] of study.trials.entries()) {
      const read = before[i];
      const finished = isFinished(trial);
      t.is(read.number, trial.number);
      t.is(read.state, finished ? trial.state : 'WAITING');
      t.is(read.value, trial.value);
      t.deepEqual(read.params, finished ? trial.params : {});
      t.deepEqual(Object.keys(read.distributions), finished ? Object.keys(trial.distributions) : []);
      t.deepEqual(read.attributes, trial.userAttributes);
      t.deepEqual(
        Object.entries(read.reports).map(([step, value]) => [step, Number(value)]),
        Object.entries(trial.intermediateValues),
      );
      t.is(read.start, trial.startedAt === null ? null : Date.parse(trial.startedAt) / 1000);
    }
    t.deepEqual(before[0].distributions, {
      rate: { name: 'FloatDistribution', attributes: { step: null, low: 1e-5, high: 1, log: true } },
      momentum: { name: 'FloatDistribution', attributes: { step: null, low: 0, high: 0.99, log: false } },
      drop: { name: 'FloatDistribution', attributes: { step: 0.1, low: 0, high: 0.5, log: false } },
      patience: { name: 'IntDistribution', attributes: { log: false, step: 4, low: 1, high: 9 } },
      units: { name: 'IntDistribution', attributes: { log: true, step: 1, low: 1, high: 256 } },
      mode: {
        name: 'CategoricalDistribution',
        attributes: { choices: ['a,b', null, true, 2.5, 'größer "als"'] },
      },
      width: { name: 'FloatDistribution', attributes: { step: null, low: 0, high: 2, log: false } },
    });
    t.is(before[5].attributes.failure, 'the objective returned NaN: the run diverged');

    // The two trials that wait run with the values that are theirs, and two more after them.
    t.is(after.length, study.trials.length + 2);
    t.deepEqual(after.slice(0, 12), before.slice(0, 12));
    t.true(after.slice(12).every(({ state }: { state: string }) => state === 'COMPLETE'));
    t.deepEqual(after[12].params, study.trials[12].params);
    t.is(after[13].params.units, 3);
  },
);
