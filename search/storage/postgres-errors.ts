/** Errors of PostgreSQL and of the way to it: which of them pass, and what to say of the others. */
import { codeOf } from '../../base/system-error.ts';
import { StudyError } from '../study-error.ts';
import { schemaName } from './postgres-schema.ts';

/** A COMMIT that was not answered is not decided yet. */
export class StillInProgress extends Error {}

/** Codes of Node and of SQL. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const unreachable = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
/** Deadlock, failed serialization, too many connections, the server stops, starts or was killed, idle for too long. */
const passing = new Set(['40P01', '40001', '53300', '57P01', '57P02', '57P03', '25P03']);
/** What pg says without a code. */
const lostMessage = /^(Connection terminated|Client has encountered|timeout e|Query read timeout)/;
const noPasswordMessage = /client password must be a/;

const isLost = (error: unknown): boolean =>
  unreachable.has(codeOf(error)) ||
  codeOf(error).startsWith('08') ||
  (error instanceof Error && lostMessage.test(error.message));

export const isBusy = (error: unknown): boolean => passing.has(codeOf(error)) || error instanceof StillInProgress;

export const isPassing = (error: unknown): boolean =>
  isLost(error) || isBusy(error) || /^(ENOTFOUND|EAI_)/.test(codeOf(error));

/** A StudyError for every error that has a cause outside this program. */
export function inWords(error: unknown, location: string): unknown {
  const sentence =
    sentences[codeOf(error)] ??
    (isPassing(error) ? noAnswer : undefined) ??
    (error instanceof Error && noPasswordMessage.test(error.message) ? noAccess : undefined);
  return sentence === undefined ? error : new StudyError(sentence(location), { cause: error });
}

type Sentence = (location: string) => string;
const noAnswer: Sentence = (location) => `The server of ${location} does not answer: start it, or check the address.`;
const noHost: Sentence = (location) => `The host of ${location} is unknown: check the address and the network.`;
const noAccess: Sentence = (location) => `The server of ${location} refuses the user or the password: check both.`;
const noPermission: Sentence = (location) =>
  `${location} refuses to make or to change the schema ${schemaName}: have the right to it granted, or use another database.`;
const foreign: Sentence = (location) =>
  `The schema ${schemaName} of ${location} is not of this program: use another database.`;

const sentences: Readonly<Record<string, Sentence>> = {
  ENOTFOUND: noHost,
  EAI_AGAIN: noHost,
  '28000': noAccess,
  '28P01': noAccess,
  '3D000': (location) => `There is no database ${location}: make it with createdb, or use another one.`,
  '42501': noPermission,
  '25006': (location) => `${location} is read-only: use another database.`,
  '53100': (location) => `${location} cannot grow because the disk is full: free some space and start again.`,
  '3F000': foreign,
  '42P01': foreign,
  '42703': foreign,
};
