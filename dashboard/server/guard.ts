/**
 * Who may talk to the server: pages that it has served itself, on this machine. Other web pages in the same browser can
 * send requests here as well (CSRF), even under a name of their own that suddenly means 127.0.0.1 (DNS rebinding).
 */
import type { MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';

/** Names of this machine's loopback interface, as a browser writes them into Host. */
const hostNames = ['127.0.0.1', 'localhost', '[::1]'];

/** What the address bar (`none`) and our own page send in Sec-Fetch-Site. */
const ownSites = new Set(['none', 'same-origin']);

/** Refuses requests under another name, and those that another site's page has caused. @param port that is listened on */
export function onlyOwnPage(port: number): MiddlewareHandler {
  const hosts = hostNames.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  return async ({ req }, next) => {
    const host = req.header('host') ?? '';
    if (!hosts.includes(host)) {
      throw new HTTPException(403, {
        message: `Expected the address ${hosts[0]}, got another. Open http://${hosts[0]}.`,
      });
    }
    const origin = req.header('origin');
    const site = req.header('sec-fetch-site');
    if ((origin !== undefined && origin !== `http://${host}`) || (site !== undefined && !ownSites.has(site))) {
      throw new HTTPException(403, { message: 'Expected a request of the dashboard itself, got one of another page.' });
    }
    await next();
  };
}

/**
 * Lets the page load nothing but its own files, run no script that came as data, and appear in no other page. WebAssembly
 * may be compiled: the page runs networks with our own kernels.
 */
export const pageHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
  // Both are about https.
  strictTransportSecurity: false,
});
