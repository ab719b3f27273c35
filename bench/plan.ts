/** `npm run bench -- plan MODEL`: nodes, stages, shapes, weights and memory of a registered model. */
import Table from 'cli-table3';
import { UserError } from '../base/user-error.ts';
import { modelName } from '../models/architectures/index.ts';
import { describe } from '../models/engine/describe.ts';
import { loadPlan } from '../models/engine/plans.ts';

const batchSizes = [128, 512];

export async function printPlan(model: string, { input, classes }: { input: string; classes: number }): Promise<void> {
  const [, height, width, channels] = /^(\d+)x(\d+)x(\d+)$/.exec(input)?.map(Number) ?? [];
  if (!channels) throw new UserError(`Expected \`--input\` like 28x28x1, got "${input}".`);
  if (!(classes >= 2)) throw new UserError(`Expected \`--classes\` of 2 or more, got ${classes}.`);
  const plan = await loadPlan(modelName(model), { height, width, channels }, classes);
  const { stages, fixedBytes, bytesPerImage, measureBatchSize } = describe(plan);

  const table = new Table({
    head: ['stage', 'nodes', 'reads', 'output', 'weights', 'bytes / image'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'left', 'left', 'right', 'right'],
  });
  for (const { stage, nodes, sources, output, weights, outputBytes } of stages) {
    const shape = `${output.height} × ${output.width} × ${output.channels}`;
    const cost = [weights.toLocaleString('en'), outputBytes.toLocaleString('en')];
    table.push([stage, nodes.join('\n'), sources.join('\n'), shape, ...cost]);
  }
  console.log(table.toString());
  const mebibytes = (images: number): string => ((fixedBytes + images * bytesPerImage) / 2 ** 20).toFixed(0);
  const memory = batchSizes.map((images) => `${mebibytes(images)} MiB for batches of ${images}`).join(', ');
  console.log(`${plan.model}: ${plan.weightCount.toLocaleString('en')} weights; training memory ${memory}.`);
  console.log(`Batch-norm statistics are measured ${measureBatchSize} images at a time.`);
}
