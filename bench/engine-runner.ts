/** A process that runs epochs on request, so that several can take turns. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

export interface Seconds {
  readonly seconds: number;
  /** CPU time of the thread that computes. */
  readonly cpuSeconds: number;
}

export class Runner {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor(line: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const env = { ...process.env, ...environment };
    this.#child = spawn(line[0], line.slice(1), { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** @throws Error when the process has ended */
  async epoch(): Promise<Seconds> {
    this.#child.stdin!.write('\n');
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`${this.#child.spawnargs.join(' ')} ended.`);
    return JSON.parse(value);
  }

  end(): void {
    this.#reader.close();
    this.#child.kill();
  }
}

/** Runs epochs of all processes in turns. The first of each is a warm-up and not counted. */
export async function takeTurns(runners: readonly Runner[], epochs: number): Promise<Seconds[][]> {
  const all: Seconds[][] = runners.map(() => []);
  for (let epoch = 0; epoch <= epochs; epoch += 1) {
    for (const [i, runner] of runners.entries()) {
      const seconds = await runner.epoch();
      if (epoch > 0) all[i].push(seconds);
    }
  }
  return all;
}
