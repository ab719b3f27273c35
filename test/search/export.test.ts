import test from 'ava';
import { parse } from 'csv-parse/sync';
import { exporters } from '../../search/export/index.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';
import { exportedStudy } from './exported-study.ts';

const study = await exportedStudy();

for (const [format, write] of Object.entries(exporters)) {
  test(`${format} ends with a newline and has a line for each trial at least`, (t) => {
    const text = write(study);
    t.true(text.endsWith('\n') && !text.endsWith('\n\n'));
    t.true(text.trimEnd().split('\n').length >= study.trials.length);
    t.is(write(study), text);
  });
}

test('csv holds every trial, quoted so that a reader gets it back', (t) => {
  const rows: Record<string, string>[] = parse(exporters.csv(study), { columns: true });
  t.is(rows.length, study.trials.length);
  for (const [
    i,
    { number, state, value, params, userAttributes, intermediateValues, startedAt },
  ] of study.trials.entries()) {
    t.is(rows[i].number, String(number));
    t.is(rows[i].state, state);
    t.is(rows[i].value, value === null ? '' : String(value));
    t.is(rows[i].datetime_start, startedAt ?? '');
    t.is(rows[i].params_mode, 'mode' in params ? String(params.mode) : '');
    t.is(rows[i].params_rate, 'rate' in params ? String(params.rate) : '');
    t.is(rows[i].user_attrs_failure, (userAttributes.failure as string | undefined) ?? '');
    t.is(
      rows[i].user_attrs_folds,
      userAttributes.folds === undefined ? '' : '{"scores":[1,2.5],"note":"a \\"b\\", c"}',
    );
    for (const step of [0, 1, 10]) {
      t.is(rows[i][`intermediate_values_${step}`], step in intermediateValues ? String(intermediateValues[step]) : '');
    }
  }
  const names = Object.keys(rows[0]);
  t.deepEqual(names.slice(0, 5), ['number', 'value', 'datetime_start', 'datetime_complete', 'duration_seconds']);
  t.deepEqual(
    names.filter((name) => name.startsWith('intermediate')),
    ['intermediate_values_0', 'intermediate_values_1', 'intermediate_values_10'],
  );
  t.is(names.at(-1), 'state');
});

test('json holds the records, with null for what is not finite', (t) => {
  const { definition, bestTrial, trials } = JSON.parse(exporters.json(study));
  t.deepEqual(definition, study.definition);
  t.is(bestTrial, study.bestTrial?.number);
  t.deepEqual(trials, JSON.parse(JSON.stringify(study.trials)));
  t.true(JSON.stringify(trials).includes('"intermediateValues":{"0":null'));
});

test('csv makes no formula of a text, leaves numbers alone, and shows what cannot be seen', async (t) => {
  const storage = memoryStorage();
  const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '\n=1'];
  const choices = [...hostile, -1.5, 'a=1', 'a\u001B[2J\u202Eb', ''];
  const own = await openStudy({ storage, name: 'x', direction: 'maximize', seed: 1 });
  for (const choice of choices) {
    await own.enqueueTrial({ choice });
    const trial = await own.ask();
    trial.suggestCategorical('choice', choices);
    trial.setUserAttribute('=note', choice);
    await own.tell(trial, -2);
  }
  const rows: Record<string, string>[] = parse(exporters.csv(await readStudy(storage, 'x')), { columns: true });
  const expected = [
    "'=1+1",
    "'+1",
    "'-1",
    "'@SUM(A1)",
    String.raw`'\u0009=1`,
    String.raw`'\u000d=1`,
    "' =1",
    "'＝1",
    "'\n=1",
    '-1.5',
    'a=1',
    String.raw`a\u001b[2J\u202eb`,
    '',
  ];
  t.deepEqual(
    rows.map(({ params_choice: cell }) => cell),
    expected,
  );
  t.deepEqual(
    rows.map((row) => row['user_attrs_=note']),
    expected,
  );
  t.true(rows.every(({ value }) => value === '-2'));
});

test('json and the journal keep every text to the bit, and hold nothing that a terminal acts on', async (t) => {
  const storage = memoryStorage();
  const name = '\u001B]0;x\u0007\u009B\u202E\u{E0001}é';
  const own = await openStudy({ storage, name: 'EVIL', direction: 'maximize', seed: 1 });
  const trial = await own.ask();
  trial.suggestCategorical('EVIL', ['EVIL']);
  await own.tell(trial, 1);
  // Names that older versions may have stored.
  const evil = JSON.stringify(name).slice(1, -1);
  const snapshot = JSON.parse(JSON.stringify(await readStudy(storage, 'EVIL')).replaceAll('EVIL', () => evil));
  t.deepEqual(JSON.parse(exporters.json(snapshot)).trials[0].params, { [name]: name });
  for (const line of exporters['optuna-journal'](snapshot).trimEnd().split('\n')) t.notThrows(() => JSON.parse(line));
  for (const write of Object.values(exporters)) t.regex(write(snapshot), /^[^\p{Cc}\p{Cf}]*$/mu);
});
