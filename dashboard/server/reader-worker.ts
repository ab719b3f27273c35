/** Entry of the reader's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveReader } from './serve-reader.ts';

serveReader(parentPort!, workerData);
