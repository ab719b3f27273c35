/**
 * The credentials that Kaggle's own command line uses, from the same places in the same order: `KAGGLE_API_TOKEN`,
 * `~/.kaggle/access_token`, `KAGGLE_USERNAME` with `KAGGLE_KEY`, and `kaggle.json` in `KAGGLE_CONFIG_DIR` or `~/.kaggle`.
 * Source: github.com/Kaggle/kaggle-cli, src/kaggle/api/kaggle_api_extended.py, `authenticate`.
 */
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';

/** Who asks. The secret is held where neither JSON nor an inspection of the object shows it. */
export interface Credentials {
  /** Where they came from, for messages. */
  readonly source: string;
  authorize(headers: Headers): void;
  /** A text of a stranger without the secret, should it hold it. */
  redact(text: string): string;
}

const SETTINGS = 'https://www.kaggle.com/settings';
/** Credentials are a line; a longer file is something else. */
const MAXIMUM_BYTES = 10_000;
/** Permissions of the group and of others. */
const OTHERS = 0o077;

const kaggleJson = z.object({ username: z.string().min(1), key: z.string().min(1) });

/**
 * @returns null if there are none
 * @throws UserError if the first that are found cannot be used, or lie in a file that others can read
 */
export async function findCredentials(
  environment: NodeJS.ProcessEnv = process.env,
  home = homedir(),
): Promise<Credentials | null> {
  const {
    KAGGLE_API_TOKEN: token,
    KAGGLE_USERNAME: username,
    KAGGLE_KEY: key,
    KAGGLE_CONFIG_DIR: configuration,
  } = environment;
  if (token) return bearer('KAGGLE_API_TOKEN', token);

  const tokenFile = join(home, '.kaggle', 'access_token');
  const stored = await readPrivate(tokenFile);
  if (stored !== null) return bearer(displayPath(tokenFile), stored.trim());

  if (username && key) return basic('KAGGLE_USERNAME and KAGGLE_KEY', username, key);

  const file = join(configuration || join(home, '.kaggle'), 'kaggle.json');
  const text = await readPrivate(file);
  return text === null ? null : fromJson(displayPath(file), text);
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

function bearer(source: string, token: string): Credentials {
  checkSecret(source, token);
  return holding(source, `Bearer ${token}`, [token]);
}

function basic(source: string, username: string, key: string): Credentials {
  checkSecret(source, key);
  const pair = Buffer.from(`${username}:${key}`).toString('base64');
  return holding(source, `Basic ${pair}`, [pair, key]);
}

function fromJson(source: string, text: string): Credentials {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Not as its cause: the error of the parser quotes the text.
  }
  const { success, data } = kaggleJson.safeParse(json);
  if (success) return basic(source, data.username, data.key);
  throw new UserError(
    `${source}: expected {"username": …, "key": …}, got something else. Download kaggle.json again from ${SETTINGS}.`,
  );
}

/** What cannot be in a header would come back in the message of the error. */
function checkSecret(source: string, secret: string): void {
  if (/^[\x21-\x7E]+$/.test(secret)) return;
  throw new UserError(
    `${source}: expected a token without spaces, got something else. Copy it again from ${SETTINGS}.`,
  );
}

const holding = (source: string, header: string, secrets: readonly string[]): Credentials => ({
  source,
  authorize: (headers) => headers.set('authorization', header),
  redact: (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text),
});

/**
 * @returns null if there is no such file
 * @throws UserError if others can read it too, or it cannot be read
 */
async function readPrivate(path: string): Promise<string | null> {
  const name = displayPath(path);
  try {
    await using file = await open(path);
    const { mode, size } = await file.stat();
    // Windows has no such permissions.
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      const found = (mode & 0o777).toString(8);
      throw new UserError(
        `${name}: expected a file that only you can read, got mode ${found}. Type: chmod 600 ${name}`,
      );
    }
    if (size > MAXIMUM_BYTES) throw new UserError(`${name}: expected credentials, got ${size} bytes. Mend the file.`);
    return await file.readFile('utf8');
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw new UserError(`${name}: cannot be read (${String(error.code)}). Mend its permissions.`, { cause: error });
  }
}
