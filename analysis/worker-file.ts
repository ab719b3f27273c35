/** Where the pool finds what its threads run for an analysis. */
export const workerFile = new URL('worker.ts', import.meta.url).href;
