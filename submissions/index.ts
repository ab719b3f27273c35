/** Submissions: ensembles, CSV files, scores, comparisons, the leaderboard, and Kaggle. */
export { compareSubmissions, type Agreement } from './agreement.ts';
export { fixedOrder, plannedOrder, trainedRecipe, type Next, type NextMember, type Order } from './budget/order.ts';
export {
  chooseRecipe,
  findRecipe,
  isFor,
  isPlan,
  ownRecipes,
  parametersOf,
  recipeSchema,
  type NamedRecipe,
  type Recipe,
  type RecipeMember,
} from './budget/recipe.ts';
export { measureMembers } from './budget/speed.ts';
export type { MeasuredMember } from './budget/plan.ts';
export { keepBudget, readBudget, type BudgetState, type KeptBudget } from './budget/state.ts';
export { blendWays, isFitted, type BlendWay } from './blend.ts';
export { type BlendSource } from './blend-members.ts';
export { blendRuns, type BlendResult } from './blend-runs.ts';
export { averageRun, keptSeveral } from './average.ts';
export { worstClasses, type ClassMeasures, type ClassReport, type ClassScores } from './class-report.ts';
export { classReports, type ClassReports } from './class-reports.ts';
export { caveatOf, type Pair, type PairedDifference } from './compare.ts';
export { confusionOf, mistakesOf, type Confusion, type Mistake } from './diagnosis.ts';
export { createClient, kaggleEndpoint, type Client } from './kaggle/client.ts';
export { findCredentials, readCredentials } from './kaggle/credentials.ts';
export { downloadCompetition } from './kaggle/download.ts';
export { withScores } from './kaggle/scores.ts';
export { kaggleName, listSubmissions, type KaggleSubmission } from './kaggle/submissions.ts';
export {
  addPublicScore,
  findRun,
  leaderboardOrders,
  rankBoards,
  rankRows,
  readLeaderboard,
  type Board,
  type LeaderboardOrder,
  type LeaderboardRow,
} from './leaderboard.ts';
export { lookAtErrors, NEIGHBOURS, type ErrorLook, type ErrorLooks, type Suspect } from './errors.ts';
export { findLabelErrors, type LabelErrors, type SuspectedLabel } from './label-errors.ts';
export { neededRuns } from './needed-runs.ts';
export { outOfFold, type RunImages } from './out-of-fold.ts';
export { runProbabilities } from './run-probabilities.ts';
export { predictSubmission } from './predict.ts';
export { openEnsemble, predictNewImages, type NewPrediction } from './predict-new.ts';
export { checkSubmission, type Preflight } from './preflight.ts';
export { planOf } from './recorded-plan.ts';
export { differingSettings, settingsOf, settingsOfRun } from './settings.ts';
export { loadAnswers, type TestScore } from './score.ts';
export { expectFreeRunNames } from './run-names.ts';
export { sendRecorded } from './send.ts';
export { csvCell } from './csv-cell.ts';
export { checkSample } from './submission.ts';
export { prepare } from './prepare.ts';
export { submit } from './submit.ts';
export { expectFreeName, findSubmits, LATEST, readSubmits, reserveFolder, type Submits } from './submit-folder.ts';
export type { SubmitProgress, SubmitTask } from './submit-task.ts';
export { comparisonTable, legendOf, markdownTable, valueText, type Table } from './table.ts';
