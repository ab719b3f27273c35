/**
 * A token in the address, as in Jupyter. Every user of the machine can reach the port, but only requests with the token
 * may write. The page keeps it in a cookie, and a program sends it as `Authorization: Bearer …`.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { HTTPException } from 'hono/http-exception';

/** 192 random bits in base64url. */
export const newToken = (): string => randomBytes(24).toString('base64url');

/** Redirects an address with the token to the one without, and sets the cookie. */
export function tokenKeeper(token: string, port: number): MiddlewareHandler {
  return async (c, next) => {
    const given = c.req.query('token');
    if (given === undefined || c.req.method !== 'GET' || c.req.path.startsWith('/api/')) return next();
    if (!isSame(given, token)) {
      throw new HTTPException(403, {
        message: 'Expected the token of this dashboard, got another. Open the address that its terminal shows.',
      });
    }
    setCookie(c, cookieOf(port), token, { httpOnly: true, sameSite: 'Strict', path: '/' });
    const { pathname, searchParams } = new URL(c.req.url);
    searchParams.delete('token');
    // A path that begins with two slashes would redirect to another host.
    const path = pathname.replace(/^\/+/, '/');
    return c.redirect(searchParams.size === 0 ? path : `${path}?${searchParams.toString()}`, 303);
  };
}

/** Refuses requests without the token. @param token null if none is needed */
export function onlyWithToken(token: string | null, port: number): MiddlewareHandler {
  return async (c, next) => {
    if (token !== null && !givenTokens(c, port).some((given) => isSame(given, token))) {
      throw new HTTPException(403, {
        message: 'Expected the token of this dashboard, got none. Open the address that its terminal shows.',
      });
    }
    await next();
  };
}

/** Name of the cookie. It contains the port, since browsers share cookies between ports. */
const cookieOf = (port: number): string => `wide-optima-${port}`;

function givenTokens(c: Context, port: number): string[] {
  const [, bearer] = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  return [bearer, getCookie(c, cookieOf(port))].filter((given) => given !== undefined);
}

/** Compares in constant time, so that the time does not reveal how many characters are equal. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [given, token].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(one, other);
}
