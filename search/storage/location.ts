/**
 * Where studies are kept, as people type it: files, memory and PostgreSQL, also in the forms of SQLAlchemy, which
 * Optuna's users know. Anything else that looks like an address is refused: as the name of a file it would keep a
 * password, and workers would share nothing. Nothing here shows a password.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { described, printable, quoted } from '../../base/printable.ts';
import { StudyError } from '../study-error.ts';
import { memoryLocation } from './storage.ts';

export interface PostgresPlace {
  readonly kind: 'postgres';
  /** `postgres://user:password@host:port/database`; what is left out comes from PGHOST and its siblings. */
  readonly address: string;
  /** The address without the password. */
  readonly shown: string;
}

export type Place = { readonly kind: 'memory' } | { readonly kind: 'file'; readonly path: string } | PostgresPlace;

/** In characters; file systems allow no longer paths. */
const LONGEST_LOCATION = 4_096;

/** @throws StudyError for an unknown form; the message does not show the text, since it may hold a password */
export function parseLocation(location: string): Place {
  if (typeof location !== 'string') {
    throw new TypeError(`Expected a file or the address of a database as a text, got ${described(location)}.`);
  }
  if (location.length > LONGEST_LOCATION)
    throw refused('a longer text', `Name one of at most ${LONGEST_LOCATION} characters`);
  if (location === memoryLocation) return { kind: 'memory' };
  if (/^(in-?)?memory$/i.test(location)) {
    throw refused(
      `"${location}"`,
      `Type ${memoryLocation} for studies that end with the program, or ./${location} for a file of this name`,
    );
  }
  const [, name = '', rest = ''] = /^([a-z][a-z\d.+-]+):(.*)$/is.exec(location) ?? [];
  const [dialect] = name.toLowerCase().split('+');
  if (dialect === 'postgres' || dialect === 'postgresql') return postgresPlace(rest);
  if (dialect === 'sqlite') return sqlitePlace(rest);
  if (name !== '') {
    throw refused(
      `one that begins with "${printable(name)}:"`,
      'An SQLite file whose name has a colon is typed as ./NAME',
    );
  }
  if (location.includes('://') || /:[^\\/].*@/s.test(location)) {
    throw refused('an address of another form', 'A database begins with postgres://');
  }
  return { kind: 'file', path: filePath(location) };
}

/** How messages name a location, also one that is refused: a path, or an address without its password. */
export function shownLocation(location: string): string {
  try {
    const place = parseLocation(location);
    return place.kind === 'postgres' ? place.shown : place.kind === 'file' ? place.path : memoryLocation;
  } catch {
    // All of it is one address, also where it has spaces.
    return withoutPasswords(
      location.slice(0, LONGEST_LOCATION).replace(/^(\s*"?(?:[a-z][a-z\d.+-]*:\/*)?[^:/@]*):.*@/is, '$1@'),
    );
  }
}

export const isMemory = (location: string): boolean => shownLocation(location) === memoryLocation;

/**
 * Takes passwords out of addresses anywhere in a text: whatever stands between a colon and the last @ of a word, and
 * parameters that are passwords.
 */
export function withoutPasswords(text: string): string {
  // Word by word, and only where there is an @: a long text must not be searched again from each of its colons.
  return text
    .replaceAll(/\S+/g, (word) => (word.includes('@') ? wordWithoutPassword(word) : word))
    .replaceAll(/([?&][^\s=&]{0,40}password)=[^\s&]*/gi, '$1=');
}

function wordWithoutPassword(word: string): string {
  const end = word.lastIndexOf('@');
  const begin = /[a-z][a-z\d.+-]{0,40}:\/*[^\s:/@]*:/i.exec(word.slice(0, end));
  return begin === null ? word : word.slice(0, begin.index + begin[0].length - 1) + word.slice(end);
}

const forms = 'the name of an SQLite file, or postgres://user:password@host:5432/database';

function refused(got: string, remedy: string): StudyError {
  return new StudyError(`Expected a storage as ${forms}, got ${got}. ${remedy}.`);
}

/** @param rest what follows `sqlite:`, as SQLAlchemy reads it: after three slashes comes the path */
function sqlitePlace(rest: string): Place {
  if (rest === '//' || rest === '///' || rest === '///:memory:') return { kind: 'memory' };
  const path = /^\/\/\/([^?#]+)$/s.exec(rest)?.[1];
  if (path === undefined || /^\/{2,}/.test(path)) {
    throw refused('an address that begins with "sqlite:"', 'Type sqlite:///studies.db, or the path alone');
  }
  return { kind: 'file', path: filePath(path) };
}

function filePath(text: string): string {
  if (text.trim() === '') throw refused('an empty one', 'Name a file');
  if (text.includes('\0')) throw refused('one with a NUL character', 'Leave it out');
  if (/^~[^\\/]+[\\/]/.test(text)) {
    throw refused("a folder of another user's home", 'Type the whole path; a file whose name begins with ~ as ./NAME');
  }
  return /^~[\\/]/.test(text) ? join(homedir(), text.slice(2)) : text;
}

/** RFC 3986 without what is ambiguous: special characters of a password are written as %40 and the like. */
const address =
  /^\/\/((?:[^\s:/?#@]*)(?::[^\s/?#@]*)?@)?([^\s:/?#@,]*|\[[\da-f:.]+\])(:\d+)?(\/[^\s/?#@]*)?(\?[^\s#@]*)?$/i;

/** @param rest what follows the scheme and its colon */
function postgresPlace(rest: string): Place {
  const [, user = '', host = '', port = '', database = '', query = ''] = address.exec(rest) ?? [];
  const url = address.test(rest) ? URL.parse(`postgres://${user}${host}${port}${database}${query}`) : null;
  if (url === null || !isEscaped(user + host + database)) {
    throw new StudyError(
      'Expected a storage like postgres://user:password@host:5432/database, got another form of it. Write special ' +
        'characters of the password as encodeURIComponent does: @ as %40, # as %23, / as %2F, % as %25.',
    );
  }
  const shown = new URL(url);
  shown.password = '';
  for (const name of shown.searchParams.keys().toArray()) {
    if (/password/i.test(name)) shown.searchParams.delete(name);
  }
  expectTls(url.searchParams);
  // As in psql: without it pg takes each mode for verify-full, and warns that this will change.
  if (!['no-verify', null].includes(url.searchParams.get('sslmode'))) url.searchParams.set('uselibpqcompat', 'true');
  return { kind: 'postgres', address: url.href, shown: shown.href };
}

/** no-verify is what pg calls `require`. */
const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** @throws StudyError for a mode that pg would take for another one */
function expectTls(query: URLSearchParams): void {
  const mode = query.get('sslmode');
  if (mode !== null && !sslModes.includes(mode)) {
    throw new StudyError(
      `Expected sslmode in the address of the database to be one of ${sslModes.join(', ')}, got ${quoted(mode)}.`,
    );
  }
  if (mode === 'verify-ca' && !query.get('sslrootcert')) {
    throw new StudyError(
      'Expected sslrootcert=FILE in the address of the database, since sslmode=verify-ca needs the certificate of an ' +
        'authority: add it, or write sslmode=verify-full.',
    );
  }
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
