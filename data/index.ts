/** Data: competitions, their images as typed arrays, folds and augmentation. It knows nothing of networks. */
export { checkZip, describeArchives, findSource } from './archive.ts';
export { augmentations, augmented, createAugmenter, type Augmentation } from './augment.ts';
export { LARGEST_ALPHA, SHARE_ONE, SMALLEST_ALPHA, blend } from './augment/mixup.ts';
export { adaptPixels, inversions, type Inversion } from './adapt-pixels.ts';
export type { Changes } from './adaptation.ts';
export { channelMoments } from './channel-moments.ts';
export type { Competition, Ground } from './competition.ts';
export {
  competitionOfRun,
  competitions,
  describe,
  digitRecognizer,
  findCompetition,
  knownIds,
  remember,
  syntheticDigits,
} from './competitions/index.ts';
export { DESCRIPTION_FILE, descriptionSchema } from './description.ts';
export { metricDifference, turned, type Predictions } from './metric.ts';
export { crossEntropy } from './metrics/shares.ts';
export { findMetric, metricNames, scoreBy, type MetricName, type NamedScore } from './metrics/index.ts';
export { dataDirectory, findRole, hasFiles, keepFolder, keepFolders, keptIds, preparedDirectory } from './directory.ts';
export { duplicateSentences } from './duplicate-sentences.ts';
export { findDuplicates, type Duplicates, type NearPair, type Place } from './duplicates.ts';
export { downloadFiles } from './download.ts';
export { competitionGround } from './competition-ground.ts';
export {
  allocateRows,
  copyPixels,
  firstOf,
  firstRows,
  imageAt,
  imageSize,
  pick,
  pixelPieces,
  rowReader,
  view,
  type ImageShape,
  type Images,
  type LabelledImages,
} from './images.ts';
export { labelText, parseLabels, type LabelEntry, type Usage } from './label-table.ts';
export { augmentedRows, augmentedSamples, lookAtClasses, SAMPLES, type ClassLook } from './look.ts';
export { lookAtData, lookSteps, type DataLook } from './look-at-data.ts';
export { noisyLabels, withLabels } from './labels.ts';
export { nearestImages, type NearestOptions, type Neighbour } from './nearest.ts';
export { findNewImages, type NewBatch, type NewImage, type NewImages } from './new-images.ts';
export { loadTest, loadTrain, type TestImages } from './load.ts';
export type { Watch } from './format.ts';
export { type LoadedOnce, loadOnce } from './load-once.ts';
export { npyOf, readNpy } from './npy.ts';
export { brokenSentences, oddities, repeatedIds } from './oddities.ts';
export { failureOf, isLoopback, proxiedFetch } from './proxied-fetch.ts';
export { propose, type Proposal } from './propose/index.ts';
export { competitionIn, describedIn, recognise } from './recognise.ts';
export { parseLine } from './csv.ts';
export { classesOfColumns, parseProbabilities, type ProbabilityForm } from './probability-form.ts';
export { findSolution, loadSample, loadSampleSubmission, loadSolution, type Sample } from './solution.ts';
export { foldNotes, planFolds, foldCount, USUAL_FOLDS } from './folds.ts';
export { foldRows, MOST_FOLDS } from './split.ts';
export { resample, type Fit } from './resample.ts';
export { otherFiles, readAsProposed, whatFits } from './what-fits.ts';
export { GO_ON, RANGE_NOT_SATISFIABLE, sizeOf, transfer, type Ask, type OnBytes } from './transfer.ts';
