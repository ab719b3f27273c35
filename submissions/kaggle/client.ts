/**
 * Requests to Kaggle's HTTP interface, `https://www.kaggle.com/api/v1`. Credentials go to Kaggle alone: not to the hosts
 * that it redirects to, and into no message.
 * Source of paths and fields: github.com/Kaggle/kaggle-api, kagglesdk/competitions/types/competition_api_service.py.
 */
import { codeOf } from '../../base/system-error.ts';
import { RANGE_NOT_SATISFIABLE } from '../../data/transfer.ts';
import { UserError } from '../../base/user-error.ts';
import type { Credentials } from './credentials.ts';
import { refusal } from './refusal.ts';

export interface Client {
  /** Host that is asked, for messages. */
  readonly host: string;
  /**
   * Follows redirects.
   * @param path below `/api/v1`
   * @param competition whom the request is about, for messages
   * @returns an answer that is no refusal
   * @throws UserError if the host cannot be reached or refuses; the reason of the signal when it aborts
   */
  get(path: string, competition: string, headers?: Record<string, string>): Promise<Response>;
  /** As `get`, with a body: an object is sent as JSON, a form as it is. */
  post(path: string, competition: string, body: object | FormData): Promise<Response>;
  /** Sends bytes to an address that Kaggle has named, without credentials. */
  put(address: string, competition: string, body: Uint8Array<ArrayBuffer>): Promise<void>;
}

const ENDPOINT = 'https://www.kaggle.com';
const API = '/api/v1';
const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Where the interface is: `KAGGLE_API_ENDPOINT`, as Kaggle's own command line reads it, or Kaggle itself.
 * @throws UserError unless it is https, or http on this machine
 */
export function kaggleEndpoint(environment: NodeJS.ProcessEnv = process.env): string {
  const given = (environment['KAGGLE_API_ENDPOINT'] || ENDPOINT).replace(/\/+$/, '');
  if (!isSafe(given)) {
    throw new UserError(
      'Expected KAGGLE_API_ENDPOINT to be an https address, or http on this machine, got another one. Unset it.',
    );
  }
  return given.endsWith(API) ? given : given + API;
}

/** @param endpoint from `kaggleEndpoint` */
export function createClient(endpoint: string, credentials: Credentials, signal?: AbortSignal): Client {
  const { origin, host, protocol } = new URL(endpoint);
  /** Only an endpoint on this machine may lead to other places on it. */
  const isAllowed = (address: string): boolean =>
    isSafe(address) && (protocol === 'http:' || address.startsWith('https:'));

  /** One request, without following anything. */
  const ask = async (address: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('user-agent', 'wide-optima');
    if (new URL(address).origin === origin && init.method !== 'PUT') credentials.authorize(headers);
    try {
      return await fetch(address, { ...init, headers, redirect: 'manual', signal: signal ?? null });
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(new URL(address).host, init.method, error);
    }
  };
  const checked = async (response: Response, competition: string): Promise<Response> => {
    if (response.ok || response.status === RANGE_NOT_SATISFIABLE) return response;
    throw await refusal(response, competition, credentials);
  };

  return {
    host,
    async get(path, competition, headers = {}) {
      let address = endpoint + path;
      for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
        const response = await ask(address, { headers });
        const location = response.headers.get('location');
        if (!REDIRECTS.has(response.status) || location === null) return checked(response, competition);
        await response.body?.cancel();
        const next = URL.parse(location, address)?.href;
        if (next === undefined || !isAllowed(next))
          throw new UserError(`${host}: expected a redirect to https, got another one. Try again later.`);
        address = next;
      }
      throw new UserError(`${host}: expected at most ${MOST_REDIRECTS} redirects, got more. Try again later.`);
    },
    async post(path, competition, body) {
      const isForm = body instanceof FormData;
      const response = await ask(endpoint + path, {
        method: 'POST',
        body: isForm ? body : JSON.stringify(body),
        headers: { accept: 'application/json', ...(!isForm && { 'content-type': 'application/json' }) },
      });
      return checked(response, competition);
    },
    async put(address, competition, body) {
      if (!isAllowed(address)) throw new UserError(`${host}: expected an https address to upload to, got another one.`);
      const response = await checked(await ask(address, { method: 'PUT', body }), competition);
      await response.body?.cancel();
    },
  };
}

/** Nobody on the way can read what is sent there. */
function isSafe(address: string): boolean {
  const url = URL.parse(address);
  // `fetch` refuses a password in an address, and quotes it.
  if (url === null || url.username !== '' || url.password !== '') return false;
  const { protocol, hostname } = url;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The answer to a POST may be lost when its work is done. */
function unreachable(host: string, method: string | undefined, error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const code = codeOf(error.cause);
  const remedy =
    method === 'POST'
      ? 'Look with `npm run kaggle -- submissions` whether it took the submission before you start again.'
      : 'Check the connection, and start again.';
  return new UserError(`${host}: cannot be reached${code && ` (${code})`}. ${remedy}`, { cause: error });
}
