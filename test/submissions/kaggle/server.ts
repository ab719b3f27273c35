/**
 * A stand-in for Kaggle on this machine: the interface that asks for credentials, and, at another address, the storage
 * that holds the files and is reached by addresses that it signs.
 */
import type { ExecutionContext } from 'ava';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { fileSender, type FileOptions, listen } from '../../helpers/http.ts';

export const TOKEN = 'KGAT_a-secret-of-the-test';
export const BASIC = `Basic ${Buffer.from('ada:key-of-the-test').toString('base64')}`;
/** Part of the signed addresses, which open the storage to everybody. */
export const SIGNATURE = 'signature-of-the-test';

export interface Asked {
  /** Whom: `api` asks for credentials, `storage` must not see them. */
  readonly host: 'api' | 'storage';
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface FakeKaggle {
  /** Tells the server how much of the file has arrived: what hangs after as many bytes then breaks off. */
  readonly arrived: (done: number) => void;
  /** For KAGGLE_API_ENDPOINT. */
  readonly endpoint: string;
  readonly asked: Asked[];
  /** Bytes that were uploaded. */
  readonly uploaded: Buffer[];
  /** Fields of the forms that submitted them. */
  readonly submitted: Record<string, string>[];
}

export interface FakeOptions extends FileOptions {
  /** What download-all leads to. */
  readonly zip?: Buffer;
  /** Refuses all that has credentials. */
  readonly refuse?: { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };
  /** Where download-all leads to instead. */
  readonly redirect?: string;
  /** Answers to who lists submissions, by what follows the question mark; an empty list to everything else. */
  readonly pages?: Readonly<Record<string, object>>;
  /** Takes a submission, and is gone before it has answered. */
  readonly losesAnswer?: boolean;
  /** Takes a submission, and answers in its own way. */
  readonly confirm?: (response: ServerResponse) => void;
  /** Answers whatever is asked with these credentials or others, in its own way. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Starts both servers, which end with the test. */
export async function fakeKaggle(t: ExecutionContext, options: FakeOptions = {}): Promise<FakeKaggle> {
  const asked: Asked[] = [];
  const uploaded: Buffer[] = [];
  const submitted: Record<string, string>[] = [];
  const note = (host: Asked['host'], { method = '', url = '', headers }: IncomingMessage): void => {
    asked.push({ host, method, path: url, authorization: headers.authorization, range: headers.range });
  };
  const { zip = Buffer.of() } = options;
  const sender = fileSender(options);

  const storage = await listen(t, async (request, response) => {
    note('storage', request);
    if (!request.url?.includes(SIGNATURE)) return void response.writeHead(403).end();
    if (request.method === 'PUT') {
      uploaded.push(await buffer(request));
      return void response.end();
    }
    sender.send(request, response, zip);
  });

  const api = await listen(t, async (request, response) => {
    note('api', request);
    const { url = '', method, headers } = request;
    const body = await buffer(request);
    if (options.answer) return options.answer(request, response);
    if (![`Bearer ${TOKEN}`, BASIC].includes(headers.authorization ?? '')) {
      return json(response, 401, { code: 401, message: 'Unauthenticated' });
    }
    if (options.refuse) {
      const { status, body: text = '', headers: more } = options.refuse;
      return void response.writeHead(status, { 'content-type': 'application/json', ...more }).end(text);
    }
    switch (`${method} ${url.replace('/api/v1/competitions/', '')}`) {
      case 'GET data/download-all/digit-recognizer':
        return void response
          .writeHead(302, { location: options.redirect ?? `${storage}/archive.zip?X=${SIGNATURE}` })
          .end();
      case 'POST submission-url': {
        const { competitionName, contentLength, fileName, lastModifiedEpochSeconds } = JSON.parse(body.toString());
        const isWhole = competitionName === 'digit-recognizer' && contentLength > 0 && lastModifiedEpochSeconds > 0;
        if (!isWhole) return json(response, 400, { code: 400, message: 'Incomplete request' });
        return json(response, 200, { token: 'blob-token', createUrl: `${storage}/${fileName}?X=${SIGNATURE}` });
      }
      case 'POST submissions/submit/digit-recognizer': {
        const form = await new Response(Uint8Array.from(body), {
          headers: { 'content-type': headers['content-type'] ?? '' },
        }).formData();
        submitted.push(
          Object.fromEntries([...form].map(([name, value]) => [name, typeof value === 'string' ? value : value.name])),
        );
        if (options.losesAnswer) return void response.destroy();
        if (options.confirm) return options.confirm(response);
        return json(response, 200, { message: 'Successfully submitted to Digit Recognizer', ref: 42 });
      }
      default: {
        const [, page] = /submissions\/list\/digit-recognizer\?(.*)$/.exec(url) ?? [];
        if (page !== undefined) return json(response, 200, options.pages?.[page] ?? []);
        return json(response, 404, { code: 404, message: 'Not found' });
      }
    }
  });
  return {
    endpoint: api,
    asked,
    uploaded,
    submitted,
    arrived: sender.arrived,
  };
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
