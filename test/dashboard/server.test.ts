/** What the server answers, whom it refuses, and that it leaves alone what it reads. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type * as api from '../../dashboard/api.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { gainOf, openStorage, readStudy, replayInWords, replayStudy } from '../../search/index.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';
import { HOST, makeStudy, openDashboard, openParabola, PORT, runTrial } from './dashboard.ts';

const errorOf = async (response: Response): Promise<string> => ((await response.json()) as api.Refusal).error;

test('every answer forbids scripts of others, guessed types, frames and referrers', async (t) => {
  const { ask } = openDashboard(t);
  for (const path of ['/', '/assets/main.js', '/api/studies', '/api/nothing', '/missing.js']) {
    const { headers } = await ask(path);
    const policy = headers.get('content-security-policy') ?? '';
    t.regex(policy, /default-src 'none'/, path);
    t.regex(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/, path);
    t.regex(policy, /frame-ancestors 'none'/, path);
    // WebAssembly alone may be compiled.
    t.notRegex(policy, /'unsafe-/, path);
    t.is(headers.get('x-content-type-options'), 'nosniff', path);
    t.is(headers.get('referrer-policy'), 'no-referrer', path);
    t.is(headers.get('access-control-allow-origin'), null, path);
  }
});

test('only names of the loopback interface with the right port are answered', async (t) => {
  const { ask } = openDashboard(t);
  for (const host of [HOST, `localhost:${PORT}`, `[::1]:${PORT}`]) {
    t.is((await ask('/api/studies', { headers: { host } })).status, 200, host);
  }
  for (const host of [
    'evil.example',
    `evil.example:${PORT}`,
    '127.0.0.1',
    '127.0.0.1:80',
    `${HOST}.evil.example`,
    '',
  ]) {
    const response = await ask('/api/studies', { headers: { host } });
    t.is(response.status, 403, host);
    t.regex(await errorOf(response), /Expected the address/);
  }
});

test('requests that another page has caused are refused', async (t) => {
  const { ask } = openDashboard(t);
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://127.0.0.1:${PORT + 1}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of foreign) {
    for (const path of ['/', '/api/studies', '/api/events']) {
      t.is((await ask(path, { headers })).status, 403, JSON.stringify(headers));
    }
  }
  t.is((await ask('/', { headers: { 'sec-fetch-site': 'none' } })).status, 200);
});

test('no address leads out of the page and the run folder', async (t) => {
  const { app, ask, folder, runsDir } = openDashboard(t);
  mkdirSync(runsDir);
  writeFileSync(join(folder, 'record.json'), '{"secret": true}');
  const paths = [
    '/../package.json',
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/etc/passwd.txt',
    '/assets/%5c..%5c..%5cpackage.json',
    '/assets/main.js%00.html',
  ];
  for (const path of paths) {
    const response = await app.fetch(new Request(`http://${HOST}${path}`, { headers: { host: HOST } }));
    t.is(response.status, 404, path);
  }
  for (const id of ['..', '../', '.', '/etc', '..%2f', '%2e%2e', '20260101T000000Z-x/../..', 'a%00b']) {
    for (const question of ['run', 'run/diagnosis']) {
      const response = await ask(`/api/${question}?id=${id}`);
      t.is(response.status, 404, id);
      t.false((await response.text()).includes('secret'));
    }
  }
});

test('other methods, unknown questions and wrong parameters are refused in a sentence', async (t) => {
  const { ask } = openDashboard(t);
  const refusals: [path: string, method: string, status: number, words: RegExp][] = [
    ['/api/studies', 'POST', 404, /no such question/],
    ['/api/studies', 'DELETE', 404, /no such question/],
    ['/api/notes', 'POST', 404, /no such question/],
    ['/api/secrets', 'GET', 404, /no such question/],
    ['/', 'POST', 404, /nothing here/],
    ['/api/study', 'GET', 400, /Expected `name`/],
    ['/api/study?name=a&name2=b', 'GET', 400, /Unknown key `name2`/],
    ['/api/study?name=a&after=x', 'GET', 400, /`after`/],
    [`/api/study?name=${'a'.repeat(1_001)}`, 'GET', 400, /at most 1,000/],
    ['/api/study?name=missing', 'GET', 404, /Unknown study "missing"/],
    ['/api/agreement?competition=x&first=../x&second=y', 'GET', 400, /digest/],
  ];
  for (const [path, method, status, words] of refusals) {
    const response = await ask(path, { method });
    t.is(response.status, status, path);
    t.regex(await errorOf(response), words);
  }
});

test('a store that is not there is no error and is not made; studies are seen as soon as there are some', async (t) => {
  const { json, storage, runsDir } = openDashboard(t);
  t.deepEqual((await json<api.StudiesAnswer>('/api/studies')).studies, []);
  t.false(existsSync(runsDir));
  await makeStudy(storage, 'parabola', 12);
  const { studies, problem, location } = await json<api.StudiesAnswer>('/api/studies');
  t.is(problem, null);
  t.is(location, storage);
  const [{ definition, trials, best, workers, progress }] = studies;
  t.is(definition.name, 'parabola');
  t.deepEqual(trials, { COMPLETE: 8, PRUNED: 3, FAIL: 1, RUNNING: 0, WAITING: 0 });
  t.true(best !== null && best.value !== null && best.value > -0.49);
  t.deepEqual([workers, progress], [[], { finished: 12, wanted: null, abandoned: 0, secondsLeft: null }]);
});

test('how many trials a study shall have is told, also when it is said anew', async (t) => {
  const { json, storage } = openDashboard(t);
  const study = await openParabola(storage, 'parabola', 5);
  for (let i = 0; i < 3; i += 1) await runTrial(study);
  await study.close();
  const progress = async () => (await json<api.StudyAnswer>('/api/study?name=parabola')).summary.progress;
  t.deepEqual(await progress(), { finished: 3, wanted: 5, abandoned: 0, secondsLeft: null });
  const joined = await openParabola(storage, 'parabola');
  t.is(joined.definition.wantedTrials, 5);
  await joined.close();
  await (await openParabola(storage, 'parabola', 9)).close();
  t.deepEqual(await progress(), { finished: 3, wanted: 9, abandoned: 0, secondsLeft: null });
});

test('a damaged store is told in words', async (t) => {
  const { json, storage, runsDir } = openDashboard(t);
  mkdirSync(runsDir);
  writeFileSync(storage, 'no database at all, but long enough to be one. '.repeat(50));
  const { studies, problem } = await json<api.StudiesAnswer>('/api/studies');
  t.deepEqual(studies, []);
  t.regex(String(problem), /studies\.db/);
});

test('of a study only trials that changed since a revision are told, without what they reported', async (t) => {
  const { json, storage } = openDashboard(t);
  const study = await openParabola(storage, 'parabola');
  for (let i = 0; i < 3; i += 1) await runTrial(study);
  const all = await json<api.StudyAnswer>('/api/study?name=parabola');
  t.deepEqual(all.trials.number, [0, 1, 2]);
  t.deepEqual(all.trials.steps, [3, 3, 3]);
  t.false(JSON.stringify(all.trials).includes('intermediateValues'));
  const { revision } = all.summary;
  t.deepEqual((await json<api.StudyAnswer>(`/api/study?name=parabola&after=${revision}`)).trials.number, []);
  const running = await study.ask();
  const more = await json<api.StudyAnswer>(`/api/study?name=parabola&after=${revision}`);
  t.deepEqual(more.trials.number, [3]);
  t.deepEqual(more.trials.state, { known: ['RUNNING'], at: [0] });
  t.is(more.summary.workers.length, 1);
  t.regex(more.summary.workers[0], new RegExp(`^process ${process.pid} on `));
  const { finished, wanted, secondsLeft } = more.summary.progress;
  t.deepEqual([finished, wanted], [3, null]);
  t.true(secondsLeft !== null && secondsLeft >= 0);
  const { curves, leftOut } = await json<api.CurvesAnswer>('/api/study/curves?name=parabola');
  t.deepEqual(Object.keys(curves), ['0', '1', '2']);
  t.is(Object.keys(curves[0]).length, 3);
  t.is(leftOut, 0);
  await study.tell(running, { state: 'PRUNED' });
  await study.close();
});

test('importance, contour and slices are computed; too young a study is told so', async (t) => {
  const { ask, json, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 30);
  const { shares } = await json<api.ImportanceAnswer>('/api/study/importance?name=parabola&method=fanova');
  t.true(shares.length >= 3, `${shares.length}`);
  const { surface, x } = await json<api.ContourAnswer>('/api/study/contour?name=parabola&x=x&y=size');
  t.is(surface.length, 2);
  t.is(surface[0].length, x.ticks.length);
  const { slices } = await json<api.SlicesAnswer>('/api/study/slices?name=parabola');
  t.deepEqual(
    slices.map(({ parameter }) => parameter),
    ['x', 'rate', 'size'],
  );
  const stored = await openStorage(storage, { readOnly: true });
  const { gain } = await json<api.GainAnswer>('/api/study/gain?name=parabola');
  t.deepEqual(gain, gainOf(await readStudy(stored, 'parabola')));
  t.true(gain!.bound >= 0);
  const replayed = replayInWords('parabola', replayStudy(await readStudy(stored, 'parabola')));
  t.regex(replayed.sentence, /all the same to the digit/);
  t.deepEqual(await json<api.ReplayAnswer>('/api/study/replay?name=parabola'), replayed);
  await stored.close();
  const wrong = await ask('/api/study/contour?name=parabola&x=x&y=nothing');
  t.is(wrong.status, 400);
  await makeStudy(storage, 'young', 1);
  const refused = await ask('/api/study/importance?name=young');
  t.is(refused.status, 400);
  t.regex(await errorOf(refused), /run more trials/);
  t.deepEqual((await json<api.SlicesAnswer>('/api/study/slices?name=young')).slices.length, 3);
  t.deepEqual(await json<api.GainAnswer>('/api/study/gain?name=young'), { gain: null });
});

test('names that look like markup, paths or prototypes are texts like any other', async (t) => {
  const { json, storage, put } = openDashboard(t);
  const names = [
    '<img src=x onerror=alert(1)>',
    '../../etc/passwd',
    '__proto__',
    "'; DROP TABLE studies; --",
    '</script>',
  ];
  for (const name of names) await makeStudy(storage, name, 2);
  const { studies } = await json<api.StudiesAnswer>('/api/studies');
  t.deepEqual(
    studies.map(({ definition }) => definition.name),
    names,
  );
  for (const name of names) {
    const answer = await json<api.StudyAnswer>(`/api/study?${new URLSearchParams({ name }).toString()}`);
    t.is(answer.summary.definition.name, name);
    t.is((await put({ kind: 'study', id: name, text: '<b>bold</b>', tags: [name.slice(0, 20)] })).status, 200);
  }
  const { notes } = await json<api.NotesAnswer>('/api/notes');
  t.deepEqual(
    notes.map(({ id }) => id),
    names,
  );
});

test('runs are told newest first; damaged, foreign and oversized records are told in words', async (t) => {
  const { ask, json, folder, runsDir } = openDashboard(t);
  const file = join(folder, 'plain.csv');
  await recordRun(runsDir, { file, csv: csvOf([1]), startedAt: '2026-01-01T00:00:00Z' });
  await recordRun(runsDir, { file, csv: csvOf([2]), method: 'swa', startedAt: '2026-01-02T00:00:00Z' });
  const broken: [string, string][] = [
    ['20260103T000000Z-damaged', '{'],
    ['20260104T000000Z-foreign', readFileSync(join(runsDir, readdirSync(runsDir)[0], 'record.json'), 'utf8')],
    ['20260105T000000Z-huge', ' '.repeat(64 * 2 ** 20 + 1)],
  ];
  for (const [id, content] of broken) {
    mkdirSync(join(runsDir, id));
    writeFileSync(join(runsDir, id, 'record.json'), content);
  }
  const { runs, unreadable, live } = await json<api.RunsAnswer>('/api/runs');
  t.deepEqual(
    runs.map(({ configuration }) => configuration.method),
    ['swa', 'plain'],
  );
  t.false('folds' in runs[0]);
  t.deepEqual(live, []);
  t.is(unreadable.length, 3);
  t.regex(unreadable[0], /at most 67108864 bytes/);
  t.regex(unreadable[1], /expected its own record/);
  t.regex(unreadable[2], /expected JSON/);
  t.is((await json<api.RunAnswer>(`/api/run?id=${runs[0].id}`)).folds.length, 1);
  const refused = await ask('/api/run?id=20260105T000000Z-huge');
  t.is(refused.status, 400);
});

test('the leaderboard tells all submissions, and where two of them disagree', async (t) => {
  const { json, ask, folder, runsDir } = openDashboard(t);
  const labels = [1, 2, 3, 4];
  const competition = 'digit-recognizer';
  const first = await recordRun(runsDir, { competition, file: join(folder, 'a.csv'), csv: csvOf(labels) });
  const second = await recordRun(runsDir, { competition, file: join(folder, 'b.csv'), csv: csvOf([1, 2, 3, 7]) });
  const other = { competition: 'mnist', outOfFold: 950, file: join(folder, 'c.csv'), csv: csvOf([1, 2, 3, 5]) };
  await recordRun(runsDir, { ...other, test: null, parameters: { ...plain.defaults, optimizer: 'adam' } });
  await recordRun(runsDir, { ...other, outOfFold: 960, test: null, file: join(folder, 'd.csv') });
  const { rows, differing } = await json<api.LeaderboardAnswer>('/api/leaderboard');
  t.deepEqual(
    rows.map((row) => [row.competition, row.rank, row.run?.outOfFold.accuracy, row.settings.optimizer]),
    [
      ['digit-recognizer', 1, 0.9, 'momentum'],
      ['digit-recognizer', 2, 0.9, 'momentum'],
      ['mnist', 1, 0.96, 'momentum'],
      ['mnist', 2, 0.95, 'adam'],
    ],
  );
  t.deepEqual(differing, ['optimizer']);
  t.true(rows.every(({ isThere }) => isThere));
  const agreement = await json<api.AgreementAnswer>(
    `/api/agreement?competition=${competition}&first=${first}&second=${second}`,
  );
  t.deepEqual([agreement.n, agreement.equal, agreement.differingCount], [4, 3, 1]);
  t.like(agreement.differing[0], { id: '4', first: '4', second: '7' });
  // The bytes are those of another competition too.
  const foreign = await ask(`/api/agreement?competition=mnist&first=${first}&second=${second}`);
  t.is(foreign.status, 400);
  writeFileSync(join(folder, 'b.csv'), 'something else');
  const refused = await ask(`/api/agreement?competition=${competition}&first=${first}&second=${second}`);
  t.is(refused.status, 400);
  t.regex(await errorOf(refused), /replaced/);
});

test('a record that names a device as its submission does no harm', async (t) => {
  const { json, folder, runsDir } = openDashboard(t);
  await recordRun(runsDir, { file: join(folder, 'a.csv'), csv: csvOf([1]) });
  const [id] = readdirSync(runsDir);
  const path = join(runsDir, id, 'record.json');
  const record = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...record, submission: { ...record.submission, file: '/dev/zero' } }));
  const { rows } = await json<api.LeaderboardAnswer>('/api/leaderboard');
  t.deepEqual(
    rows.map(({ isThere }) => isThere),
    [false],
  );
});

test('a note is kept beside the study, changed, and taken away', async (t) => {
  const { json, put, runsDir, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 1);
  const note: api.Note = { kind: 'study', id: 'parabola', text: 'looks good', tags: ['ü', 'keep'] };
  t.is((await put(note)).status, 200);
  t.deepEqual((await json<api.NotesAnswer>('/api/notes')).notes, [note]);
  t.is((await put({ ...note, text: 'better' })).status, 200);
  t.deepEqual((await json<api.NotesAnswer>('/api/notes')).notes, [{ ...note, text: 'better' }]);
  t.is((await put({ ...note, text: '', tags: [] })).status, 200);
  t.deepEqual((await json<api.NotesAnswer>('/api/notes')).notes, []);
  t.deepEqual(
    readdirSync(runsDir).filter((name) => name.includes('notes')),
    ['notes.db'],
  );
});

test('notes that are written at once are all kept', async (t) => {
  const { json, put, storage } = openDashboard(t);
  const names = Array.from({ length: 8 }, (_, i) => `study ${i}`);
  for (const name of names) await makeStudy(storage, name, 1);
  await Promise.all(names.map((id) => put({ kind: 'study', id, text: id, tags: [] })));
  const { notes } = await json<api.NotesAnswer>('/api/notes');
  t.deepEqual(notes.map(({ id }) => id).toSorted(), names);
});

test('only the page itself writes notes: as JSON, small, and about something that is there', async (t) => {
  const { put, runsDir, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 1);
  const note = { kind: 'study', id: 'parabola', text: 'a', tags: [] };
  const refusals: [status: number, response: Promise<Response>][] = [
    [415, put(note, { 'content-type': 'text/plain' })],
    [415, put(note, { 'content-type': 'application/x-www-form-urlencoded' })],
    [403, put(note, { origin: 'https://evil.example' })],
    [403, put(note, { 'sec-fetch-site': 'cross-site' })],
    [413, put({ ...note, text: 'a'.repeat(70_000) })],
    [400, put({ ...note, text: 'a'.repeat(10_001) })],
    [400, put({ ...note, tags: Array.from({ length: 21 }, () => 'a') })],
    [400, put({ ...note, path: '/etc/passwd' })],
    [400, put('{')],
    [400, put({ ...note, kind: 'file' })],
    [404, put({ ...note, id: 'missing' })],
    [404, put({ kind: 'run', id: '../..', text: 'a', tags: [] })],
  ];
  for (const [status, response] of refusals) t.is((await response).status, status);
  t.false(existsSync(join(runsDir, 'notes.db')));
});

test('looking at everything changes no file', async (t) => {
  const { ask, folder, runsDir, storage } = openDashboard(t);
  await makeStudy(storage, 'parabola', 8);
  await recordRun(runsDir, { file: join(folder, 'plain.csv'), csv: csvOf([1]) });
  const snapshot = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/-(wal|shm)$/.test(entry.name))
      .map((entry) => `${entry.name} ${readFileSync(join(entry.parentPath, entry.name)).toString('base64').length}`)
      .toSorted();
  const before = snapshot();
  const questions = ['studies', 'study?name=parabola', 'study/curves?name=parabola', 'runs', 'leaderboard', 'notes'];
  for (const question of questions) t.is((await ask(`/api/${question}`)).status, 200, question);
  t.deepEqual(snapshot(), before);
});
