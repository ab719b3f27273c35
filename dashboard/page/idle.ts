/** Does what can wait while the page has nothing else to do, one piece after the other. */

const waiting = new Set<() => Promise<void>>();
let isRunning = false;

/** Safari has no idle callbacks. */
const LATER_MS = 500;
const nextIdle = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve());
    else setTimeout(resolve, LATER_MS);
  });

/** @param work is called once, unless the signal comes first */
export function whenIdle(work: () => Promise<void>, signal: AbortSignal): void {
  waiting.add(work);
  signal.addEventListener('abort', () => waiting.delete(work));
  if (!isRunning) void run();
}

async function run(): Promise<void> {
  isRunning = true;
  while (waiting.size > 0) {
    await nextIdle();
    const [next] = waiting;
    if (next === undefined) break;
    waiting.delete(next);
    await next().catch(() => {});
  }
  isRunning = false;
}
