/** Shares slow work: equal requests wait for one computation, and later ones get its kept result. */

/** Number of kept results. */
const KEPT = 32;

interface Job<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  /** Number of requests that wait for it. */
  waiting: number;
}

export class SharedWork<T> {
  readonly #jobs = new Map<string, Job<T>>();

  /**
   * @param key everything that the result depends on; failures are not kept
   * @param work its signal aborts when no request waits any more
   * @param signal aborts when the client of this request has gone
   * @param isKept whether later requests get the same result. Default: true
   */
  async get(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal, isKept = true): Promise<T> {
    signal.throwIfAborted();
    const job = this.#jobs.get(key) ?? this.#begin(key, work, isKept);
    job.waiting += 1;
    const gone = Promise.withResolvers<never>();
    const leave = (): void => gone.reject(signal.reason);
    signal.addEventListener('abort', leave);
    try {
      return await Promise.race([job.result, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      job.waiting -= 1;
      if (job.waiting === 0) job.stop.abort();
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>, isKept: boolean): Job<T> {
    const stop = new AbortController();
    const job: Job<T> = { result: work(stop.signal), stop, waiting: 0 };
    this.#jobs.set(key, job);
    const forget = (): void => {
      if (this.#jobs.get(key) === job) this.#jobs.delete(key);
    };
    // After a stop or a failure the next request starts anew. A finished result cannot be stopped.
    stop.signal.addEventListener('abort', forget);
    job.result.then(() => {
      stop.signal.removeEventListener('abort', forget);
      if (!isKept) forget();
    }, forget);
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > KEPT) this.#jobs.delete(oldest);
    return job;
  }
}
