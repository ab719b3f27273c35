/** Reads what a server answers, with limits on bytes and time: it may be huge, deep, slow, cut off, or a web page. */
import { parseJson } from '../../base/json.ts';

/** A page of submissions has some 20 kB. */
const MAXIMUM_BYTES = 2 ** 22;

/** What came, as far as it could be read. */
export interface Answer {
  /** The parsed JSON; undefined if the body is not JSON. */
  readonly json: unknown;
  /** The beginning as text. */
  readonly text: string;
  /** Why it is no JSON: `a web page`; empty if it is. */
  readonly fault: string;
}

/**
 * Fails only if it is aborted.
 * @param limit when to give up
 * @throws the reason of `signal` when it aborts
 */
export async function readAnswer(response: Response, limit: AbortSignal, signal?: AbortSignal): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let fault = '';
  const reader = response.body?.getReader();
  const stop = (): void => void reader?.cancel().catch(() => {});
  for (const one of [limit, signal]) {
    if (one?.aborted) stop();
    one?.addEventListener('abort', stop, { once: true });
  }
  try {
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
      bytes += part.value.length;
      if (bytes > MAXIMUM_BYTES) {
        fault = `more than ${MAXIMUM_BYTES} bytes`;
        break;
      }
      chunks.push(part.value);
    }
  } catch {
    fault = 'an answer that was cut off';
  } finally {
    for (const one of [limit, signal]) one?.removeEventListener('abort', stop);
    stop();
  }
  signal?.throwIfAborted();
  if (limit.aborted) fault = 'an answer that did not end';
  const all = Buffer.concat(chunks);
  const text = all.toString('utf8', 0, 10_000);
  if (fault !== '') return { json: undefined, text, fault };
  try {
    return { json: parseJson(all, ''), text, fault };
  } catch {
    const isPage = response.headers.get('content-type')?.includes('html') || /^\s*</.test(text);
    return { json: undefined, text, fault: bytes === 0 ? 'an empty one' : isPage ? 'a web page' : 'no JSON' };
  }
}
