/** The networks of a run as plain data, for a browser that runs them. */
import { competitionGround } from '../../data/index.ts';
import { encodeFloats } from '../../base/floats.ts';
import { counted } from '../../base/format.ts';
import { UserError } from '../../base/user-error.ts';
import type { Solution } from '../../models/index.ts';
import { nameOfRun } from '../../records/index.ts';
import { openEnsemble } from '../../submissions/index.ts';
import type { NetworksAnswer } from '../api.ts';

/** More weights would fill a browser's memory, and take seconds for each stroke. */
const MOST_BYTES = 2 ** 25;

/**
 * @param folder folder of the run
 * @throws UserError if its weights are missing, damaged, or too many for a page
 */
export async function networksOf(folder: string, dataDir?: string): Promise<NetworksAnswer> {
  const { record, competition, network, solutions } = await openEnsemble(folder);
  const { id, configuration, weights } = record;
  const count = solutions.flat().length;
  const bytes = 4 * count * (weights.weightCount + weights.statisticsCount);
  if (bytes > MOST_BYTES) {
    throw new UserError(
      `${id}: expected networks of at most ${MOST_BYTES / 2 ** 20} MiB, got ${counted(count, 'network')} of ` +
        `${Math.ceil(bytes / 2 ** 20)} MiB together. Choose a run of fewer or smaller networks.`,
    );
  }
  return {
    run: id,
    name: nameOfRun(record),
    method: configuration.method,
    competition: competition.id,
    plan: network.plan,
    classes: competition.classes,
    fit: competition.form?.fit ?? 'stretch',
    ground: await competitionGround(competition, dataDir),
    folds: solutions.map((fold) => fold.map(encoded)),
    hasViews: configuration.tta !== undefined,
  };
}

/** Weights, then statistics, as little-endian f32 in base 64. */
const encoded = ({ weights, statistics }: Solution): string => encodeFloats([weights, statistics]).toString('base64');
