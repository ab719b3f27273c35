/**
 * `fetch` through the proxy that the environment names, as curl and Kaggle's command line do: `https_proxy`,
 * `http_proxy`, `all_proxy` and `no_proxy`, or the same in capitals; small letters come first.
 */
import type { ProxyAgent } from 'undici';
import { codeOf } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';

export interface Proxy {
  /** Name and port, for messages: user and password are in `address` alone. */
  readonly host: string;
  /** The variable that names it. */
  readonly variable: string;
  readonly address: string;
}

/** What is on this machine: names and addresses as they are in a URL. */
export const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/**
 * As `fetch`. What passes through a proxy is encrypted if the address begins with https.
 * @throws UserError for a proxy that cannot be used; else as `fetch`
 */
export async function proxiedFetch(
  address: string | URL,
  init: {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Uint8Array<ArrayBuffer>;
    redirect?: 'manual';
  } & {
    signal?: AbortSignal | null;
  } = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Response> {
  const proxy = proxyFor(address, environment);
  if (proxy === null) return fetch(address, init);
  // A tenth of a second, spent only where there is a proxy. (Node's own support begins with 22.21.)
  const { fetch: fetchThrough, ProxyAgent } = await import('undici');
  const dispatcher = agents.get(proxy.address) ?? new ProxyAgent(proxy.address);
  agents.set(proxy.address, dispatcher);
  const response: unknown = await fetchThrough(address, { ...init, dispatcher });
  return response as Response;
}

/** By the address of the proxy. Each keeps its connections for later requests. */
const agents = new Map<string, ProxyAgent>();

/**
 * The proxy that the environment names for an address; null if there is none.
 * @throws UserError if its address is not that of a proxy
 */
export function proxyFor(address: string | URL, environment: NodeJS.ProcessEnv = process.env): Proxy | null {
  const target = new URL(address);
  const { protocol, hostname } = target;
  const [variable, value] = firstOf(environment, [protocol === 'https:' ? 'https_proxy' : 'http_proxy', 'all_proxy']);
  if (value === undefined || isExcluded(target, firstOf(environment, ['no_proxy'])[1] ?? '')) return null;
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url === null || !/^https?:$/.test(url.protocol) || !isDecodable(url.username + url.password)) {
    // Its value may hold a password.
    throw new UserError(
      `Expected ${variable} to be the address of a proxy such as http://proxy.example.org:3128, got another one. ` +
        'Fix or unset it.',
    );
  }
  // Others could read what is sent to them without encryption.
  if (protocol === 'http:' && isLoopback(hostname) && !isLoopback(url.hostname)) return null;
  return { host: url.host, variable, address: url.href };
}

/** Whether a list such as `localhost, .example.org, 10.0.0.1:8080` has the host, or a domain that it belongs to. */
function isExcluded({ protocol, hostname, port }: URL, list: string): boolean {
  const actualPort = port || (protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true;
      const [, name, wantedPort] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? ['', `[${entry}]`];
      const domain = name.replace(/^\*?\./, '');
      const fits = domain !== '' && (hostname === domain || hostname.endsWith(`.${domain}`));
      return fits && (wantedPort === undefined || wantedPort === actualPort);
    });
}

/**
 * What a failed `fetch` means.
 * @returns such as ` (ECONNREFUSED)`, or ` through the proxy of https_proxy, 127.0.0.1:3128 (ECONNREFUSED)`
 */
export function failureOf(error: unknown, address: string | URL, environment: NodeJS.ProcessEnv = process.env): string {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 5; cause = cause.cause) causes.push(cause);
  const status = causes.map(({ message }) =>
    /\b(?:Proxy response|Proxy Authentication Required) \((\d+)\)/.exec(message),
  );
  const refused = status.find((match) => match !== null)?.[1];
  const code = causes.map(codeOf).findLast((one) => one !== '');
  const proxy = proxyFor(address, environment);
  const through = proxy === null ? '' : ` through the proxy of ${proxy.variable}, ${proxy.host}`;
  const reason = refused === '407' ? '407: it wants a user and a password' : (refused ?? code);
  return `${through}${reason === undefined ? '' : ` (${reason})`}`;
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== null;
  } catch {
    return false;
  }
}

/** Name and value of the first of these variables that is not empty, each in small letters, then in capitals. */
function firstOf(environment: NodeJS.ProcessEnv, names: readonly string[]): [name: string, value?: string] {
  for (const name of names.flatMap((one) => [one, one.toUpperCase()])) {
    const value = environment[name]?.trim();
    if (value) return [name, value];
  }
  return [names[0]];
}
