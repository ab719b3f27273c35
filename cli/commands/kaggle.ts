/** `npm run kaggle`: downloads a competition's files, sends submissions, and fetches their scores. */
import { basename } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { printable, quoted } from '../../base/printable.ts';
import { type Competition, dataDirectory, digitRecognizer, findCompetition, findMetric } from '../../data/index.ts';
import type { Score } from '../../pipeline/index.ts';
import { UserError } from '../../base/user-error.ts';
import {
  type Client,
  createClient,
  kaggleEndpoint,
  findCredentials,
  readCredentials,
  downloadCompetition,
  kaggleName,
  type KaggleSubmission,
  listSubmissions,
  findRun,
  checkSubmission,
  type Preflight,
  sendRecorded,
  withScores,
} from '../../submissions/index.ts';
import { keepEntry, readLedger } from '../../records/index.ts';
import { type CommandGroup, defineCommand, type Session } from '../command.ts';
import { canAsk, confirm } from '../confirm.ts';
import { counted, integer, localTime, NOTHING, percent, scoreText } from '../../base/format.ts';
import type { Progress } from '../progress.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';
import { competitionOfFiles } from '../submits.ts';
import { table } from '../table.ts';
import { kilobytes, transferBars } from '../transfers.ts';
import { commandLine } from '../../base/command-line.ts';
import { option, optional, toggle, unlessGiven } from '../option.ts';
import { someText } from '../option-parsers.ts';
import { shared } from '../options.ts';

const ofKaggle = option({
  flags: '--competition <id>',
  description: 'a competition of Kaggle',
  parse: (text) => findCompetition(text),
  fallback: digitRecognizer,
  shownFallback: digitRecognizer.id,
});

const download = defineCommand({
  name: 'download',
  summary: "download a competition's files, or continue an interrupted download",
  options: { competition: ofKaggle, ...shared('dataDir', 'force') },
  examples: [['', 'Digit Recognizer, once you have accepted its rules on the website']],
  stopped: 'What has come is kept; go on with',
  async run({ competition, dataDir, force }, session) {
    const name = kaggleName(competition);
    const client = await connect(session);
    const tell = transferBars(session.progress);
    let hasBegun = false;
    const { file, bytes, entries } = await downloadCompetition(client, name, dataDirectory(competition, dataDir), {
      force,
      onBytes(done, total) {
        if (!hasBegun) session.progress.step(`Downloading ${name} from ${client.host}.`);
        hasBegun = true;
        if (total !== null) tell('zip', done, total);
      },
    });
    session.progress.clear();
    return {
      json: { competition: competition.id, file, bytes, entries },
      text: `Written: ${displayPath(file)}, ${kilobytes(bytes)}, checked: ${entries.join(', ')}.`,
    };
  },
});

const submit = defineCommand({
  name: 'submit',
  summary: 'check a submission and send it',
  options: {
    competition: unlessGiven(ofKaggle, `that of the submit that made the file, else ${digitRecognizer.id}`),
    ...shared('dataDir'),
    message: optional({
      flags: '-m, --message <text>',
      description: 'message that Kaggle shows beside the submission',
      parse: someText,
      shownFallback: 'method, seed and out-of-fold score of its run',
    }),
    dryRun: toggle('--dry-run', 'show what would be sent, and send nothing'),
    ...shared('yes'),
  },
  files: { syntax: '<file>', description: 'submission file to send' },
  spare: 'message',
  examples: [
    ['submissions/digit-recognizer/latest/swa.csv -m "SWA, first try"', 'check and send'],
    ['submissions/digit-recognizer/latest/swa.csv --dry-run', 'check only'],
  ],
  stopped: `Look with "${commandLine('kaggle', 'submissions')}" whether it was sent before you start again with`,
  async run({ competition: given, dataDir, message: wanted, dryRun, yes }, session, [file]) {
    const competition = given ?? (await competitionOfFiles([file], session)) ?? digitRecognizer;
    const name = kaggleName(competition);
    const { preflight, content } = await checkSubmission(competition, file, { dataDir, runsDir: RUNS_DIRECTORY });
    const message = wanted ?? (await describeRun(competition, preflight));
    const about = { competition: competition.id, file, message, preflight };
    if (dryRun) {
      const credentials = (await findCredentials())?.source ?? null;
      const { host } = new URL(kaggleEndpoint());
      return {
        json: { ...about, host, credentials, sent: null },
        text: [
          preflightReport(preflight, competition),
          `Would be sent to ${name} on ${host}: ${displayPath(file)}, ${integer(preflight.bytes)} bytes, ` +
            `${quoted(message)}, with ${credentials === null ? 'credentials that are still missing' : `those of ${credentials}`}.`,
        ].join('\n\n'),
      };
    }
    const client = await connect(session);
    if (!(await isWanted(preflight, yes, session)))
      return { json: { ...about, sent: null }, text: 'Nothing was sent.' };

    const sending = { competition, file, message, preflight, content };
    const { sent, problem } = await sendRecorded(client, name, sending, RUNS_DIRECTORY);
    return {
      json: { ...about, host: client.host, sent },
      text: [
        preflightReport(preflight, competition),
        sent.isConfirmed
          ? `Sent: ${displayPath(file)} to ${name} as ${quoted(message)}. ${sent.message}`.trimEnd()
          : `Sent: ${displayPath(file)} to ${name} as ${quoted(message)}. Kaggle has taken it, but its confirmation cannot ` +
            `be read (${sent.message}). Look with "${commandLine('kaggle', 'submissions')}" before you send it again.`,
        ...(problem === null ? [] : [`It was sent, but its record is not complete. ${problem}`]),
        `Its score, in a minute: ${commandLine('kaggle', 'submissions')}`,
      ].join('\n\n'),
    };
  },
});

const submissions = defineCommand({
  name: 'submissions',
  summary: 'list your submissions at Kaggle, and enter their scores in the leaderboard',
  options: { competition: ofKaggle },
  examples: [['', 'all of yours to Digit Recognizer, the newest first']],
  stopped: 'Nothing was sent; start again with',
  async run({ competition }, session) {
    const found = await listSubmissions(await connect(session), kaggleName(competition));
    await keepScores(competition, found, session.progress);
    const rows = found.map(({ date, status, publicScore, fileName, description, errorDescription }) => [
      localTime(date ?? null),
      printable(status.toLowerCase()),
      printable(publicScore ?? NOTHING),
      printable(fileName ?? ''),
      printable(errorDescription ?? description ?? ''),
    ]);
    return {
      json: { competition: competition.id, submissions: found },
      text:
        rows.length === 0
          ? `No submissions to ${competition.id} yet.`
          : table(['date', 'status', 'public', 'file', 'message'], rows, 'llrll'),
    };
  },
});

export const kaggle: CommandGroup = {
  name: 'kaggle',
  summary: "download a competition's files, send submissions, fetch scores",
  commands: [download, submit, submissions],
};

/** @throws UserError if there are no credentials that can be used */
async function connect({ signal, progress }: Session): Promise<Client> {
  const credentials = await readCredentials();
  const note = (sentence: string): void => progress.note(sentence);
  for (const sentence of credentials.passedOver) note(`${sentence} Until then: those of ${credentials.source}.`);
  return createClient(kaggleEndpoint(), credentials, { signal, note });
}

/** The accuracy in percent, or the score by the metric of the competition. */
const outOfFoldText = (score: Score): string =>
  score.metric ? `${scoreText(score)} (${findMetric(score.metric.name).title})` : percent(score.accuracy);

async function describeRun({ id }: Competition, { file, sha256 }: Preflight): Promise<string> {
  const record = await findRun(RUNS_DIRECTORY, { competition: id, sha256 });
  if (!record) return basename(file);
  const { configuration, scores } = record;
  return `${configuration.method}, seed ${configuration.seed}, out-of-fold ${outOfFoldText(scores.outOfFold)}`;
}

/** Asks about warnings, or expects that --yes has answered. */
async function isWanted({ warnings }: Preflight, yes: boolean, { signal }: Session): Promise<boolean> {
  if (warnings.length === 0 || yes) return true;
  const all = warnings.join(' ');
  if (canAsk()) return confirm(`${all} Send it all the same?`, signal);
  throw new UserError(`${all} Use --yes to send it all the same.`);
}

function preflightReport(
  { rows, holds, packing, classes, agreement, warnings, notes, isUsual }: Preflight,
  { id }: Competition,
): string {
  const cells = classes.map(({ name, count, share, trainShare }) => [
    name,
    integer(count),
    percent(share),
    percent(trainShare),
  ]);
  return [
    table(['class', holds === 'labels' ? 'labels' : 'most probable', 'share', 'in train'], cells, 'lrrr'),
    `${counted(rows, 'row')}${{ plain: '', gzip: ', packed by gzip', zip: ', packed in a zip' }[packing]}, ids and ${holds} ` +
      `as ${id} wants them${isUsual ? '' : ', but in another form'}.`,
    agreement === null
      ? 'No other submission to compare with.'
      : `${percent(agreement.share)} of the labels are those of ${displayPath(agreement.file)}.`,
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...notes.map((note) => `Note: ${note}`),
  ].join('\n');
}

/** Takes the public scores of submissions that were sent from here into the ledger, if it can be written. */
async function keepScores({ id }: Competition, found: readonly KaggleSubmission[], progress: Progress): Promise<void> {
  const { entries, unreadable } = await readLedger(RUNS_DIRECTORY);
  for (const sentence of unreadable) progress.note(sentence);
  const own = entries.filter(({ competition }) => competition === id);
  try {
    for (const entry of withScores(own, found)) await keepEntry(RUNS_DIRECTORY, entry);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    progress.note(`The scores are not kept. ${error.message}`);
  }
}
