/** Errors of PostgreSQL and of the way to it: which of them pass, and what to say of the others. */
import { printable } from '../../base/printable.ts';
import { codeOf } from '../../base/system-error.ts';
import { StudyError } from '../study-error.ts';
import { schemaName } from './postgres-schema.ts';

/** A COMMIT that was not answered is not decided yet. */
export class StillInProgress extends Error {}

/** Codes of Node and of SQL. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const unreachable = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
const tooManyConnections = '53300';
/** Deadlock, failed serialization, too many connections, the server stops, starts or was killed, idle for too long. */
const passing = new Set(['40P01', '40001', tooManyConnections, '57P01', '57P02', '57P03', '25P03']);
/** What pg says without a code. */
const lostMessage =
  /^(Connection terminated|Client has encountered|timeout e|Query read timeout|There was an error est)/;

const isLost = (error: unknown): boolean =>
  unreachable.has(codeOf(error)) ||
  codeOf(error).startsWith('08') ||
  (error instanceof Error && lostMessage.test(error.message));

export const isBusy = (error: unknown): boolean => passing.has(codeOf(error)) || error instanceof StillInProgress;

export const isPassing = (error: unknown): boolean =>
  isLost(error) || isBusy(error) || /^(ENOTFOUND|EAI_)/.test(codeOf(error));

/** A StudyError for every error that has a cause outside this program. */
export function inWords(error: unknown, location: string): unknown {
  if (!(error instanceof Error) || error instanceof StudyError) return error;
  const sentence = sentences[codeOf(error)] ?? (isPassing(error) ? noAnswer : withoutSqlCode(error));
  return sentence === undefined ? error : new StudyError(sentence(location, error), { cause: error });
}

/** @param error the last one of a server that was waited for in vain */
export const lostInWords = (error: unknown, location: string): string =>
  error instanceof Error && codeOf(error) === tooManyConnections
    ? noConnection(location, error)
    : `The server of ${location} does not answer any more: start it, or check the network, then start again.`;

type Sentence = (location: string, error: Error) => string;
const said = ({ message }: Error): string => printable(message);

const noAnswer: Sentence = (location) => `The server of ${location} does not answer: start it, or check the address.`;
const noHost: Sentence = (location) => `The host of ${location} is unknown: check the address and the network.`;
const noAccess: Sentence = (location) => `The server of ${location} refuses the user or the password: check both.`;
const noConnection: Sentence = (location, error) =>
  `The server of ${location} has no free connection (${said(error)}): raise its max_connections or the limit of the ` +
  'role, or run fewer workers, then start again.';
const foreign: Sentence = (location) =>
  `The schema ${schemaName} of ${location} is not of this program: use another database.`;

/** The entries of pg_hba.conf say who may connect from where, and whether only with encryption. */
const notAdmitted: Sentence = (location, error) => {
  if (!error.message.includes('pg_hba.conf')) return noAccess(location, error);
  const isPlain = /(no encryption|SSL off)$/.test(error.message);
  const remedy = isPlain
    ? 'if it wants encryption, write sslmode=require into the address, as in postgres://user@host/database?sslmode=require, ' +
      'or sslmode=verify-full, which also checks its certificate. Else have an entry for this connection made in pg_hba.conf'
    : 'have an entry for this connection made in pg_hba.conf';
  return `The server of ${location} refuses the connection (${said(error)}): ${remedy}.`;
};

const noPermission: Sentence = (location, error) =>
  `The user of ${location} lacks a right (${said(error)}): ${rightRemedy(error)}.`;

/** The message names what the right is missing for; only its detail says that it is about connecting. */
function rightRemedy(error: Error): string {
  const { message } = error;
  const grant = (rights: string, on: string): string => `have it granted with \`grant ${rights} on ${on} to USER\``;
  if (message.includes('must be owner'))
    return 'start a search once as the owner of the tables, to bring them up to date';
  if (message.includes('for schema')) return grant('usage', `schema ${schemaName}`);
  if (!message.includes('for database')) {
    const tables = `all tables in schema ${schemaName}`;
    return `${grant('select, insert, update', tables)}, of which reading needs only select; deleting a study needs delete too`;
  }
  if ('detail' in error && String(error.detail).includes('CONNECT')) return grant('connect', 'database NAME');
  return `${grant('create', 'database NAME')}, so that the schema ${schemaName} can be made`;
}

const tooLong: Sentence = (location, error) =>
  /index row/.test(error.message)
    ? `The name of the study is too long for ${location}: choose a shorter one. One of 600 characters always fits.`
    : `${location} refuses what is too large for it (${said(error)}): use another storage.`;

const sentences: Readonly<Record<string, Sentence>> = {
  ENOTFOUND: noHost,
  EAI_AGAIN: noHost,
  '28000': notAdmitted,
  '28P01': noAccess,
  '3D000': (location) => `There is no database ${location}: make it with createdb, or use another one.`,
  '42501': noPermission,
  '25006': (location) => `${location} is read-only: use another database.`,
  '53100': (location) => `${location} cannot grow because the disk is full: free some space and start again.`,
  '54000': tooLong,
  '3F000': foreign,
  '42P01': foreign,
  '42703': foreign,
};

const noEncryption: Sentence = (location) =>
  `The server of ${location} encrypts no connections: leave sslmode out of the address, or turn on ssl in the server.`;
const otherHost: Sentence = (location, error) =>
  `The certificate of the server of ${location} is for another host (${said(error)}): write the host as the certificate ` +
  'names it, or sslmode=verify-ca, which does not compare them.';
/** Node adds advice about its own options after a semicolon. */
const badCertificate: Sentence = (location, { message }) =>
  `The certificate of the server of ${location} is not trusted (${printable(message.replace(/;.*/s, ''))}): name the file ` +
  'with the certificate of its authority as sslrootcert=FILE in the address, or write sslmode=require without ' +
  'sslrootcert, which checks no certificate.';
const otherTime: Sentence = (location, error) =>
  `The certificate of the server of ${location} does not hold today (${said(error)}): have it renewed, or check the clock.`;
const noFile: Sentence = (location, error) =>
  `A file in the address ${location} cannot be read (${said(error)}): correct sslrootcert, sslcert or sslkey.`;
const noTls: Sentence = (location, error) =>
  `No encrypted connection to the server of ${location} could be made (${said(error)}): check sslmode, sslrootcert, ` +
  'sslcert and sslkey in the address.';

/** What Node and pg find. Source of the codes: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function withoutSqlCode(error: Error): Sentence | undefined {
  const code = codeOf(error);
  if (/client password must be a/.test(error.message)) return noAccess;
  if (/does not support SSL/.test(error.message)) return noEncryption;
  if ('syscall' in error && (error.syscall === 'open' || error.syscall === 'read')) return noFile;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return otherHost;
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) return otherTime;
  if (/^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_)/.test(code)) return badCertificate;
  return /^(ERR_SSL_|ERR_OSSL_|ERR_TLS_|EPROTO)/.test(code) ? noTls : undefined;
}
