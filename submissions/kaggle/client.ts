/**
 * Requests to Kaggle's HTTP interface, `https://www.kaggle.com/api/v1`. Credentials go to Kaggle alone: not to the hosts
 * that it redirects to, and into no message. Answers have limits on bytes and time.
 * Source of paths and fields: github.com/Kaggle/kaggle-api, kagglesdk/competitions/types/competition_api_service.py.
 */
import { failureOf, isLoopback, proxiedFetch, RANGE_NOT_SATISFIABLE } from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import { type Answer, readAnswer } from './answer.ts';
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
  /**
   * As `get`, with a body, and without redirects: an object is sent as JSON, a form as it is.
   * @param remedy what to do if no answer comes, or one that the server failed. Default: to start again
   */
  post(path: string, competition: string, body: object | FormData, remedy?: string): Promise<Response>;
  /** Sends bytes to an address that Kaggle has named, without credentials. */
  put(address: string, competition: string, body: Uint8Array<ArrayBuffer>): Promise<void>;
  /** What an answer says; its text is without secrets. @throws the reason of the signal when it aborts */
  read(response: Response): Promise<Answer>;
}

export interface ClientOptions {
  readonly signal?: AbortSignal;
  /** An answer that takes longer to begin, or then to end, is given up. Default: 60,000 */
  readonly limitMs?: number;
  /** Told when Kaggle refuses some credentials and others are tried. */
  readonly note?: (sentence: string) => void;
  /** For the proxy. Default: that of the process */
  readonly environment?: NodeJS.ProcessEnv;
}

const ENDPOINT = 'https://www.kaggle.com';
const API = '/api/v1';
const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const LIMIT_MS = 60_000;
/** An upload that is slower than a modem is given up. */
const SLOWEST_BYTES_PER_MS = 5;
const START_AGAIN = 'Check the connection, and start again.';

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

interface Request {
  readonly method?: 'POST' | 'PUT';
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly remedy?: string;
}

/** @param endpoint from `kaggleEndpoint` */
export function createClient(endpoint: string, credentials: Credentials, options: ClientOptions = {}): Client {
  const { origin, host, protocol } = new URL(endpoint);
  const { signal, limitMs = LIMIT_MS, note, environment = process.env } = options;
  /** From the first on, until one is not refused. */
  const tried = [credentials];
  /** Only an endpoint on this machine may lead to other places on it. */
  const isAllowed = (address: string): boolean =>
    isSafe(address) && (protocol === 'http:' || address.startsWith('https:'));
  const redact = (text: string): string => tried.reduce((clean, one) => one.redact(clean), text);

  const read: Client['read'] = async (response) => {
    const answer = await readAnswer(response, AbortSignal.timeout(limitMs), signal);
    return { ...answer, text: redact(answer.text) };
  };

  /** One request, without following anything. */
  const askOnce = async (address: string, request: Request, asWhom: Credentials | null): Promise<Response> => {
    const { method = 'GET', body, remedy = START_AGAIN } = request;
    const headers = new Headers({ ...request.headers, 'user-agent': 'wide-optima' });
    asWhom?.authorize(headers);
    const beginning = new AbortController();
    const mostMs = limitMs + (body?.length ?? 0) / SLOWEST_BYTES_PER_MS;
    const timer = setTimeout(() => beginning.abort(), mostMs);
    try {
      return await proxiedFetch(
        address,
        {
          method,
          headers: Object.fromEntries(headers),
          ...(body !== undefined && { body }),
          redirect: 'manual',
          signal: AbortSignal.any([beginning.signal, ...(signal ? [signal] : [])]),
        },
        environment,
      );
    } catch (error) {
      signal?.throwIfAborted();
      const { host: asked } = new URL(address);
      if (beginning.signal.aborted) {
        throw new UserError(`${asked}: has not answered in ${Math.ceil(mostMs / 1000)} s. ${remedy}`);
      }
      if (!(error instanceof TypeError)) throw error;
      const failure = failureOf(error, address, environment);
      throw new UserError(`${asked}: cannot be reached${failure}. ${remedy}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };

  /** After credentials that Kaggle refuses, the next ones are tried. */
  const ask = async (address: string, request: Request): Promise<Response> => {
    if (new URL(address).origin !== origin || request.method === 'PUT') return askOnce(address, request, null);
    for (;;) {
      const current = tried[tried.length - 1];
      const response = await askOnce(address, request, current);
      if (response.status !== UNAUTHORIZED || current.next === null) return response;
      await response.body?.cancel();
      note?.(`Kaggle refuses the credentials from ${current.source}; asking with those from ${current.next.source}.`);
      tried.push(current.next);
    }
  };

  const checked = async (response: Response, competition: string, remedy?: string): Promise<Response> => {
    if (response.ok || response.status === RANGE_NOT_SATISFIABLE) return response;
    if (REDIRECTS.has(response.status)) {
      await response.body?.cancel();
      throw new UserError(`${host}: expected an answer, got a redirect (${response.status}). ${remedy ?? START_AGAIN}`);
    }
    const sources = tried.map(({ source }) => source);
    throw refusal(response, await read(response), { competition, sources, redact, remedy });
  };

  return {
    host,
    read,
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
    async post(path, competition, body, remedy) {
      const isForm = body instanceof FormData;
      const encoded = new Response(isForm ? body : JSON.stringify(body));
      const type = isForm ? encoded.headers.get('content-type')! : 'application/json';
      const response = await ask(endpoint + path, {
        method: 'POST',
        body: new Uint8Array(await encoded.arrayBuffer()),
        headers: { accept: 'application/json', 'content-type': type },
        remedy,
      });
      return checked(response, competition, remedy);
    },
    async put(address, competition, body) {
      if (!isAllowed(address)) throw new UserError(`${host}: expected an https address to upload to, got another one.`);
      const response = await checked(await ask(address, { method: 'PUT', body }), competition);
      await response.body?.cancel();
    },
  };
}

const UNAUTHORIZED = 401;

/** Whether nobody on the way can read what is sent to the address. */
function isSafe(address: string): boolean {
  const url = URL.parse(address);
  // `fetch` refuses a password in an address, and quotes it.
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}
