/** Reads the findings of analyses, and ignores other files in their folder. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonIfThere } from '../../base/json.ts';
import { displayPath } from '../../base/paths.ts';
import { quoted } from '../../base/printable.ts';
import { readEach } from '../../base/read-each.ts';
import { UserError } from '../../base/user-error.ts';
import type { AnalysesAnswer, AnalysisSummary } from '../api.ts';
import { type Findings, FINDINGS_FILE, findingsSchema } from '../../records/index.ts';
import { UnknownError } from './answer.ts';

/** A plane of 200 × 200 points has some 3 MiB for each of its metrics. */
const LARGEST_FILE_BYTES = 32 * 2 ** 20;

export class AnalysisReader {
  readonly #folder: string;
  /** Summaries by name of the folder. A running analysis replaces its file. */
  readonly #summaries = new Map<string, { readonly version: string; readonly summary: AnalysisSummary }>();

  /** @param runsDir folder of the runs, which need not exist */
  constructor(runsDir: string) {
    this.#folder = join(runsDir, 'analysis');
  }

  /** Lists the analyses, newest first. */
  async list(): Promise<AnalysesAnswer> {
    const { found, unreadable } = await readEach(await this.#ids(), (id) => this.#summaryOf(id));
    const analyses = found.filter((summary) => summary !== null);
    analyses.sort((a, b) => b.writtenAt.localeCompare(a.writtenAt) || a.id.localeCompare(b.id));
    return { analyses, unreadable };
  }

  /** @throws UnknownError if no analysis has that name; UserError if its file is damaged */
  async find(id: string): Promise<AnalysisSummary & Findings> {
    // Text from a request becomes part of a path only if it is the name of an existing folder.
    const known = (await this.#ids()).find((name) => name === id);
    const found = known === undefined ? null : await this.#read(known);
    if (found === null) throw new UnknownError(`Unknown analysis ${quoted(id)}. It may have been deleted.`);
    return found;
  }

  /** A text that changes when analyses appear, disappear or change. */
  async fingerprint(): Promise<string> {
    const ids = await this.#ids();
    return JSON.stringify(await Promise.all(ids.map(async (id) => [id, (await this.#look(id))?.version])));
  }

  async #ids(): Promise<string[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  }

  async #summaryOf(id: string): Promise<AnalysisSummary | null> {
    const look = await this.#look(id);
    const known = this.#summaries.get(id);
    if (look !== null && known?.version === look.version) return known.summary;
    const analysis = await this.#read(id);
    if (look === null || analysis === null) return this.#refuseOld(id);
    const { kind, title, about, writtenAt } = analysis;
    const summary = { id, kind, title, about, writtenAt };
    this.#summaries.set(id, { version: look.version, summary });
    return summary;
  }

  /** Called without a file of findings. @returns null if the analysis has not ended @throws UserError if it has */
  async #refuseOld(id: string): Promise<null> {
    const hasEnded = await stat(join(this.#folder, id, 'result.json')).then(
      () => true,
      () => false,
    );
    if (!hasEnded) return null;
    throw new UserError(
      `${displayPath(join(this.#folder, id))}: expected a file ${FINDINGS_FILE}, found none. ` +
        'Run the analysis again with this version: finished points are kept.',
    );
  }

  async #read(id: string): Promise<(AnalysisSummary & Findings) | null> {
    const look = await this.#look(id);
    if (look === null) return null;
    const { file, writtenAt } = look;
    const found = await readJsonIfThere(file, findingsSchema, {
      what: 'the findings of an analysis',
      remedy: 'Analyze once more.',
      maximumBytes: LARGEST_FILE_BYTES,
    });
    return found === null ? null : { ...found, id, writtenAt };
  }

  /** Status of the file of findings; null if there is no such regular file. */
  async #look(id: string) {
    const file = join(this.#folder, id, FINDINGS_FILE);
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) return null;
    const { size, mtimeMs, mtime } = found;
    return { file, version: `${mtimeMs} ${size}`, writtenAt: mtime.toISOString() };
  }
}
