/** Work that takes seconds, done one after the other and kept for those who ask again. */

/** Results that are kept. */
const KEPT = 8;

/** @param work whose result depends on the key alone; failures are not kept */
export function onceEach<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const results = new Map<string, Promise<T>>();
  let last: Promise<unknown> = Promise.resolve();
  return (key) => {
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = last.then(() => work(key));
    last = result.catch(() => results.delete(key));
    results.set(key, result);
    const [oldest] = results.keys();
    if (results.size > KEPT) results.delete(oldest);
    return result;
  };
}
