/**
 * Accepts requests only from pages of this server on this machine. Other web pages in the same browser can send
 * requests here too (CSRF), even under a domain of their own that resolves to 127.0.0.1 (DNS rebinding).
 */
import type { MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';

/** Names of the loopback interface in the header Host. */
const hostNames = ['127.0.0.1', 'localhost', '[::1]'];

/** Values of Sec-Fetch-Site from the address bar (`none`) and from our own page. */
const ownSites = new Set(['none', 'same-origin']);

/**
 * Refuses requests under another host name, and those from another site.
 * @param port port that the server listens on
 */
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
 * Headers under which the page can load only its own files, run no injected script, and appear in no frame. They allow
 * WebAssembly, since the page runs networks with our kernels.
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
  // These headers need HTTPS.
  strictTransportSecurity: false,
});
