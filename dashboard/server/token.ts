/**
 * A secret that the address holds once, as Jupyter has it: any user of the machine reaches the port, but only who has
 * seen the address may write. The page keeps it in a cookie, a program sends it as `Authorization: Bearer …`.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { HTTPException } from 'hono/http-exception';

/** 192 random bits, in letters that an address may hold. */
export const newToken = (): string => randomBytes(24).toString('base64url');

/** Takes the token out of an address that opens a page, and gives the browser the cookie in its place. */
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
    // Two slashes would begin the name of another server.
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

/** Cookies know no ports: each dashboard of this machine has a name of its own for its cookie. */
const cookieOf = (port: number): string => `wide-optima-${port}`;

function givenTokens(c: Context, port: number): string[] {
  const [, bearer] = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  return [bearer, getCookie(c, cookieOf(port))].filter((given) => given !== undefined);
}

/** Compares in constant time, so that the time does not tell how many characters are equal. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [given, token].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(one, other);
}
