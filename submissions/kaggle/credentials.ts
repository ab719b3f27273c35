/**
 * The credentials that Kaggle's own command line uses, from the same places in the same order:
 *
 * 1. in a notebook of Kaggle, the token in the file that `KAGGLE_API_V1_TOKEN` names;
 * 2. `KAGGLE_API_TOKEN`: a token, or the path of a file that holds it;
 * 3. `~/.kaggle/access_token`, then `~/.kaggle/access_token.txt`;
 * 4. `KAGGLE_USERNAME` and `KAGGLE_KEY`, each of which replaces what `kaggle.json` says. That file lies in
 *    `KAGGLE_CONFIG_DIR`, or else in `~/.kaggle` or, on Linux, `$XDG_CONFIG_HOME/kaggle` (`~/.config/kaggle`);
 * 5. `~/.kaggle/credentials.json` of `kaggle auth login`, until its access token expires.
 *
 * Sources: github.com/Kaggle/kaggle-cli, src/kaggle/api/kaggle_api_extended.py, `authenticate`; github.com/Kaggle/kagglesdk,
 * kagglesdk/kaggle_env.py and kaggle_creds.py.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../base/json.ts';
import { displayPath } from '../../base/paths.ts';
import { decodeText } from '../../base/text.ts';
import { UserError } from '../../base/user-error.ts';
import { readPrivate } from './private-file.ts';

/** Who asks. The secret is held where neither JSON nor an inspection of the object shows it. */
export interface Credentials {
  /** Where they came from, for messages. */
  readonly source: string;
  authorize(headers: Headers): void;
  /** A text of a stranger without the secret, should it hold it. */
  redact(text: string): string;
  /** Those that come after them, should Kaggle refuse these. */
  readonly next: Credentials | null;
  /** What was found before them and cannot be used: a sentence for each. */
  readonly passedOver: readonly string[];
}

type Found = Omit<Credentials, 'next' | 'passedOver'>;

const SETTINGS = 'https://www.kaggle.com/settings';

const oneLine = z.string().min(1);
const kaggleJson = z.object({ username: oneLine.optional(), key: oneLine.optional() });
const loginJson = z.object({ access_token: oneLine, access_token_expiration: z.string().optional() });

/**
 * @returns the first that can be used, with the others behind them; null if there are none
 * @throws UserError if there are some, and none can be used
 */
export async function findCredentials(
  environment: NodeJS.ProcessEnv = process.env,
  home = homedir(),
  platform: NodeJS.Platform = process.platform,
): Promise<Credentials | null> {
  const found: Found[] = [];
  const passedOver: string[] = [];
  for (const place of placesOf(environment, home, platform)) {
    try {
      const one = await place();
      if (one && !found.some(({ source }) => source === one.source)) found.push(one);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (found.length === 0 && !passedOver.includes(error.message)) passedOver.push(error.message);
    }
  }
  if (found.length === 0 && passedOver.length > 0) throw new UserError(passedOver.join(' '));
  return found.reduceRight<Credentials | null>((next, one) => ({ ...one, next, passedOver }), null);
}

/** @throws UserError as `findCredentials`, and if there are none */
export async function readCredentials(environment?: NodeJS.ProcessEnv, home?: string): Promise<Credentials> {
  const found = await findCredentials(environment, home);
  if (found) return found;
  throw new UserError(
    `Expected credentials for Kaggle, found none. Make a token at ${SETTINGS} and put it into KAGGLE_API_TOKEN, ` +
      'or into ~/.kaggle/access_token (chmod 600).',
  );
}

/** Each says what is there, null if nothing is, or throws a UserError about what cannot be used. */
function placesOf(
  environment: NodeJS.ProcessEnv,
  home: string,
  platform: NodeJS.Platform,
): (() => Promise<Found | null>)[] {
  const inHome = (name: string): string => join(home, '.kaggle', name);
  const { KAGGLE_CONFIG_DIR: configured, XDG_CONFIG_HOME: xdg } = environment;
  const folders = configured
    ? [configured]
    : [join(home, '.kaggle'), ...(platform === 'linux' ? [join(xdg || join(home, '.config'), 'kaggle')] : [])];
  const files = folders.map((folder) => join(folder, 'kaggle.json'));
  return [
    () => notebookToken(environment),
    () => environmentToken(environment),
    () => fileToken(inHome('access_token')),
    () => fileToken(inHome('access_token.txt')),
    ...files.map((file) => () => legacyKey(environment, file)),
    () => legacyKey(environment, null),
    ...files.map((file) => () => legacyKey({}, file)),
    () => loginToken(inHome('credentials.json')),
  ];
}

async function notebookToken({
  KAGGLE_KERNEL_RUN_TYPE: run,
  KAGGLE_DATA_PROXY_URL: proxy,
  KAGGLE_API_V1_TOKEN: file,
}: NodeJS.ProcessEnv): Promise<Found | null> {
  return run && proxy && file ? fileToken(file) : null;
}

async function environmentToken({ KAGGLE_API_TOKEN: value }: NodeJS.ProcessEnv): Promise<Found | null> {
  if (!value) return null;
  const stored = value.includes('\0') ? null : await fileToken(value, 'The file that KAGGLE_API_TOKEN names');
  return stored ?? bearer('KAGGLE_API_TOKEN', value.trim());
}

/** @returns null if there is no such file */
async function fileToken(file: string, name = displayPath(file)): Promise<Found | null> {
  const stored = await readPrivate(file, name);
  return stored === null ? null : bearer(name, textOf(name, stored).trim());
}

/** @param file a kaggle.json; null for none @returns null where a half of the pair is nowhere */
async function legacyKey(environment: NodeJS.ProcessEnv, file: string | null): Promise<Found | null> {
  const name = file === null ? '' : displayPath(file);
  const { KAGGLE_USERNAME: username, KAGGLE_KEY: key } = environment;
  if (username && key) return basic('KAGGLE_USERNAME and KAGGLE_KEY', username, key);
  const stored = file === null ? null : await readPrivate(file, name);
  if (stored === null) return null;
  const pair = jsonOf(name, stored, kaggleJson);
  if (pair && username && pair.key) return basic(`KAGGLE_USERNAME and ${name}`, username, pair.key);
  if (pair && key && pair.username) return basic(`KAGGLE_KEY and ${name}`, pair.username, key);
  if (pair?.username && pair.key) return basic(name, pair.username, pair.key);
  // Kaggle's command line keeps settings there too.
  if (pair && !pair.username && !pair.key) return null;
  throw new UserError(
    `${name}: expected {"username": …, "key": …}, got something else. Download kaggle.json again from ${SETTINGS}.`,
  );
}

async function loginToken(file: string): Promise<Found | null> {
  const name = displayPath(file);
  const stored = await readPrivate(file, name);
  if (stored === null) return null;
  const login = jsonOf(name, stored, loginJson);
  const remedy = 'Type "kaggle auth print-access-token", and put what it prints into KAGGLE_API_TOKEN.';
  if (!login) throw new UserError(`${name}: expected an access token, got something else. ${remedy}`);
  const { access_token: token, access_token_expiration: expiration } = login;
  if (expiration && Date.parse(expiration) < Date.now()) {
    throw new UserError(`${name}: expected an access token that can be used, got an expired one. ${remedy}`);
  }
  return bearer(name, token);
}

/** Null if it is no JSON of this form. Errors are not passed on: they quote the text. */
function jsonOf<T>(name: string, stored: Buffer, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(parseJson(stored, name));
  } catch {
    return null;
  }
}

/** Windows writes UTF-16 and byte-order marks. */
function textOf(name: string, stored: Buffer): string {
  try {
    return decodeText(stored);
  } catch {
    throw new UserError(`${name}: expected text, got something else. Copy the token again from ${SETTINGS}.`);
  }
}

function bearer(source: string, token: string): Found {
  checkSecret(source, token);
  return holding(source, `Bearer ${token}`, [token]);
}

function basic(source: string, username: string, key: string): Found {
  checkSecret(source, key);
  const pair = Buffer.from(`${username}:${key}`).toString('base64');
  return holding(source, `Basic ${pair}`, [pair, key]);
}

/** What cannot be in a header would come back in the message of the error. */
function checkSecret(source: string, secret: string): void {
  if (/^[\x21-\x7E]+$/.test(secret)) return;
  throw new UserError(
    `${source}: expected a token without spaces, got something else. Copy it again from ${SETTINGS}.`,
  );
}

const holding = (source: string, header: string, secrets: readonly string[]): Found => ({
  source,
  authorize: (headers) => headers.set('authorization', header),
  redact: (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text),
});
