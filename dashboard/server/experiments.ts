/** Reads the results of experiments, and ignores other files in their folders. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quoted } from '../../base/printable.ts';
import { readEach } from '../../base/read-each.ts';
import { experimentFigures, readExperiment } from '../../report/index.ts';
import type { ExperimentAnswer, ExperimentsAnswer, ExperimentSummary } from '../api.ts';
import { UnknownError } from './answer.ts';

interface File {
  /** Name of the folder and of the file. */
  readonly id: string;
  readonly version: string;
  /** ISO 8601. */
  readonly writtenAt: string;
}

export class ExperimentReader {
  readonly #folder: string;
  /** By id, with the time of the file: more seeds replace it. */
  readonly #answers = new Map<string, { readonly version: string; readonly answer: ExperimentAnswer }>();

  /** @param runsDir folder of the runs; it need not be there */
  constructor(runsDir: string) {
    this.#folder = join(runsDir, 'experiments');
  }

  /** The newest first. */
  async list(): Promise<ExperimentsAnswer> {
    const { found, unreadable } = await readEach(await this.#files(), async (file): Promise<ExperimentSummary> => {
      const { claims: _claims, arms: _arms, says: _says, figures: _figures, ...summary } = await this.#read(file);
      return summary;
    });
    return { experiments: found.toSorted((a, b) => b.writtenAt.localeCompare(a.writtenAt)), unreadable };
  }

  /** @throws UnknownError if no result has that id; UserError if its file is damaged */
  async find(id: string): Promise<ExperimentAnswer> {
    // Text from a request becomes part of a path only if it is the name of a file that is there.
    const known = (await this.#files()).find((file) => file.id === id);
    if (known === undefined) {
      throw new UnknownError(`Unknown result ${quoted(id)} of an experiment. It may have been deleted.`);
    }
    return this.#read(known);
  }

  /** Changes when results come, go, or get more seeds. */
  async fingerprint(): Promise<string> {
    return JSON.stringify(await this.#files());
  }

  async #files(): Promise<File[]> {
    const found: File[] = [];
    for (const name of await namesIn(this.#folder, (entry) => entry.isDirectory())) {
      const files = await namesIn(join(this.#folder, name), (entry) => entry.isFile() && entry.name.endsWith('.json'));
      for (const file of files) {
        const about = await stat(join(this.#folder, name, file)).catch(() => null);
        if (about === null) continue;
        const id = `${name}/${file.slice(0, -'.json'.length)}`;
        found.push({ id, version: `${about.mtimeMs} ${about.size}`, writtenAt: about.mtime.toISOString() });
      }
    }
    return found;
  }

  async #read({ id, version, writtenAt }: File): Promise<ExperimentAnswer> {
    const known = this.#answers.get(id);
    if (known?.version === version) return known.answer;
    const result = await readExperiment(join(this.#folder, `${id}.json`));
    const { experiment, name, question, quick, claims, results, words, machine, sources } = result;
    const answer: ExperimentAnswer = {
      id,
      experiment,
      name: name ?? (quick ? 'quick' : 'full'),
      question,
      verdicts: claims.map(({ verdict }) => verdict),
      trainings: results.length,
      writtenAt,
      claims: words.claims,
      arms: words.arms,
      says: [
        words.setting,
        ...words.divergences,
        words.legend,
        ...(sources.length > 0 ? [`Sources: ${sources.join('; ')}.`] : []),
        `${machine}.`,
      ],
      figures: experimentFigures(result),
    };
    this.#answers.set(id, { version, answer });
    return answer;
  }
}

async function namesIn(
  folder: string,
  isWanted: (entry: { readonly name: string; isFile(): boolean; isDirectory(): boolean }) => boolean,
): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter(isWanted).map(({ name }) => name);
}
