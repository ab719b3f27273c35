/** A study: trials of one objective, each of which learns from those before it. */
import { addedTrial, type AddedTrialDetails } from './added-trial.ts';
import { beginTrial, settingsOf, whatIsSeen, type TrialMakers } from './begin-trial.ts';
import { quoted } from '../base/printable.ts';
import { expectParams, expectValues, type Params, type SearchSpace } from './distributions.ts';
import { renewalMs } from '../base/owner.ts';
import { KnownTrials } from './known-trials.ts';
import { bestTrialsOf } from './pareto.ts';
import type { Outcome } from './outcome.ts';
import { lagAt } from './storage/claims.ts';
import {
  type Changes,
  type Confirmation,
  type ConfirmedPart,
  type EarlyStop,
  type RunningTrial,
  type Storage,
  type StudyDefinition,
  type StudySettings,
} from './storage/storage.ts';
import { type End, RunningTrials } from './running-trials.ts';
import { StudyError } from './study-error.ts';
import { isFinished, type FrozenTrial } from './frozen-trial.ts';
import type { Trial } from './trial.ts';

/** @typeParam Space the search space, from which the types of its parameters follow */
export class Study<Space extends SearchSpace = SearchSpace> {
  readonly definition: StudyDefinition;
  readonly #makersOf: (settings: StudySettings) => Pick<TrialMakers, 'sampler' | 'pruner'>;
  readonly #storage: Storage;
  readonly #closesStorage: boolean;
  readonly #running: RunningTrials<Space>;
  /** As stored at `#revision`. */
  #known: KnownTrials;
  #revision = 0;
  readonly #renewal: NodeJS.Timeout;
  /** The last write: they follow each other, so that none saves an older state of a trial over a newer one. */
  #lastWrite: Promise<unknown> = Promise.resolve();
  #isStopping = false;
  #isClosed = false;

  /** Use `openStudy`. */
  constructor(
    definition: StudyDefinition,
    makersOf: (settings: StudySettings) => Pick<TrialMakers, 'sampler' | 'pruner'>,
    storage: Storage,
    closesStorage: boolean,
    changes: Changes,
  ) {
    this.definition = definition;
    this.#makersOf = makersOf;
    this.#storage = storage;
    this.#closesStorage = closesStorage;
    this.#running = new RunningTrials(definition, storage);
    this.#known = new KnownTrials(definition, definition.space);
    this.#take(changes);
    this.#renewal = setInterval(() => {
      // A failure shows up again, with its reason, at the next trial.
      this.renew().catch(() => {});
    }, renewalMs);
    // In a browser it is a number, and keeps nothing from ending.
    this.#renewal.unref?.();
  }

  /** By number, in any state; those of other processes as last heard of. */
  get trials(): readonly FrozenTrial[] {
    return this.#known.all;
  }

  /**
   * The feasible COMPLETE trial with the best value; null if there is none yet.
   * @throws StudyError with several objectives, where `bestTrials` has the best
   */
  get bestTrial(): FrozenTrial | null {
    const { name, directions } = this.definition;
    if (directions === undefined) return this.#known.best;
    throw new StudyError(
      `Study ${quoted(name)} has ${directions.length} objectives, and so no single best trial: use \`bestTrials\`, ` +
        'the Pareto front.',
    );
  }

  /** The Pareto front: the feasible COMPLETE trials that no other one dominates, by number. */
  get bestTrials(): readonly FrozenTrial[] {
    return bestTrialsOf(this.trials, this.definition);
  }

  get finishedCount(): number {
    return this.#known.finishedCount;
  }

  /** Whether `stop` was called. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Records why a search stopped before it had its trials. */
  async recordStop(earlyStop: EarlyStop): Promise<void> {
    await this.#write(() => this.#storage.changeStudy(this.definition.name, { earlyStop }));
  }

  /** Keeps what came of a trial that was evaluated once more. */
  async recordConfirmation(confirmation: Confirmation): Promise<void> {
    await this.#write(() => this.#storage.changeStudy(this.definition.name, { confirmations: [confirmation] }));
  }

  /** Keeps a part of a trial's second evaluation until that has ended. */
  async recordConfirmedPart(part: ConfirmedPart): Promise<void> {
    await this.#write(() => this.#storage.changeStudy(this.definition.name, { confirmedParts: [part] }));
  }

  /** Lets `optimize` begin no more trials; those that run are finished. For callbacks. */
  stop(): void {
    this.#isStopping = true;
  }

  /**
   * Starts the trial that comes next: the one with the lowest number that waits or whose process died, else a new one.
   * Waits while the lag lets none begin.
   * @throws StudyError if it would wait for a trial of this study object, which only the caller can tell
   */
  async ask(): Promise<Trial<Space>> {
    for (;;) {
      const trial = await this.tryAsk();
      if (trial !== null) {
        this.#running.markAsked(trial);
        return trial;
      }
      const first = this.trials.find((record) => !isFinished(record));
      if (first !== undefined && this.#running.has(first.number)) {
        throw new StudyError(
          `Trial ${this.trials.length} of study ${quoted(this.definition.name)} has to wait for trial ${first.number} ` +
            `(lag ${lagAt(this.trials.length, this.definition.lag)}): tell that one first, or make the study with a larger lag.`,
        );
      }
      await this.waitForChange(new AbortController().signal);
    }
  }

  /**
   * Like `ask`, but gives null in place of waiting, and begins only trials with numbers below the limit.
   * What a trial suggests depends on the study's seed, its number, and what the trial has seen (`Seen`).
   */
  async tryAsk(limit = Infinity): Promise<Trial<Space> | null> {
    return this.#write(async () => {
      const { name } = this.definition;
      let trial: Trial<Space> | undefined;
      const claimed = await this.#storage.claimTrial(name, {
        owner: this.#running.owner,
        running: this.#running.numbers,
        limit,
        revision: this.#revision,
        prepare: (record, changes) => {
          this.#take(changes);
          trial = this.#begin(record);
          return trial.freeze();
        },
      });
      if (claimed === null || trial === undefined) {
        await this.refresh();
        return null;
      }
      this.#known.keep(claimed);
      this.#running.add(trial);
      return trial;
    });
  }

  /**
   * Ends a trial, or puts it back to WAITING.
   * @returns the trial as it is stored
   * @throws TypeError for an invalid outcome; StudyError if the trial is not running; LeaseLostError if another process
   *   has taken it over
   */
  async tell(trial: Trial<Space>, end: End): Promise<FrozenTrial> {
    const saved = this.#running.tell(trial, end);
    // Trials that are told while another write is under way are saved together.
    void this.#write(() => this.#running.saveTold((record) => this.#known.keep(record)));
    return saved;
  }

  /**
   * Adds a trial with given values, to be run before new ones. Parameters left out are suggested. Numbers outside the
   * range of the search space are tried as they are, but samplers do not learn from such a trial.
   * @throws RangeError if a parameter or its kind of value is not in the study's search space
   */
  async enqueueTrial(params: Params): Promise<FrozenTrial>;
  /**
   * If several processes do this at once, one of them succeeds.
   * @param number the trial is only added if it gets this number
   * @returns null if it would get another one
   */
  async enqueueTrial(params: Params, number: number): Promise<FrozenTrial | null>;
  async enqueueTrial(params: Params, number?: number): Promise<FrozenTrial | null> {
    const { name, space } = this.definition;
    if (space === null) expectParams(params);
    else expectValues(space, params);
    return this.#write(async () => {
      const record = await this.#storage.enqueueTrial(name, { ...params }, number);
      await this.refresh();
      return record;
    });
  }

  /**
   * Adds a finished trial that was not run here, such as one of a paper. Those that begin later learn from it, and it
   * counts as one of the study's trials. `replayStudy` takes it as given.
   * @param params a value of each parameter of the search space. Numbers outside their ranges are kept, but samplers do not
   *   learn from such a trial.
   * @throws RangeError for other parameters; TypeError for an invalid outcome
   */
  async addTrial(params: Params, outcome: Outcome, details: AddedTrialDetails = {}): Promise<FrozenTrial> {
    return this.#write(async () => {
      const record = addedTrial(params, outcome, details, this.definition, this.trials);
      const [added] = await this.#storage.addTrials(this.definition.name, [record]);
      await this.refresh();
      return added;
    });
  }

  /**
   * Extends the leases of the running trials and saves how far they are. Happens by itself every 15 s.
   * @param trial the one that the caller runs
   * @throws LeaseLostError if another process has taken over that one; others do not matter to the caller
   */
  async renew(trial?: Trial<Space>): Promise<void> {
    return this.#write(() => this.#running.renew(trial));
  }

  /** Reads what other processes did. */
  async refresh(): Promise<void> {
    this.#expectOpen();
    this.#take(await this.#storage.readTrials(this.definition.name, this.#revision));
  }

  /** Waits until a trial changed since the study was read last, at most some seconds. */
  async waitForChange(signal: AbortSignal): Promise<void> {
    this.#expectOpen();
    await this.#storage.waitForChange(this.definition.name, this.#revision, signal);
  }

  /** Trials that others run, if this study object runs none. */
  async awaitedTrials(): Promise<readonly RunningTrial[]> {
    this.#expectOpen();
    if (this.#running.numbers.length > 0) return [];
    const running = await this.#storage.readRunning(this.definition.name);
    return running.filter(({ owner, isAlive }) => isAlive && owner.token !== this.#running.owner.token);
  }

  /** @throws StudyError if a trial from `ask` is not told: `optimize` would wait for it for ever */
  expectAllTold(): void {
    this.#running.expectAllTold();
  }

  /** Puts running trials back to WAITING. */
  async close(): Promise<void> {
    clearInterval(this.#renewal);
    try {
      for (const trial of this.#running.all) await this.tell(trial, { state: 'WAITING' });
    } finally {
      this.#isClosed = true;
      await this.#running.close();
      if (this.#closesStorage) await this.#storage.close();
    }
  }

  /** Within the transaction of the claim: all that the store knows is known here. */
  #begin(record: FrozenTrial): Trial<Space> {
    const trials = this.definition.space === null ? this.#running.withLiveParams(this.trials) : this.trials;
    const seen = record.seen ?? whatIsSeen(record, trials, this.definition);
    const trial = beginTrial({ ...record, seen }, trials, this.definition, {
      // Values that were drawn stay, whatever the space is now.
      ...this.#makersOf(settingsOf(this.definition, seen)),
      inside: (some) => this.#known.inside(some),
    });
    // It suggests the parameters of the definition's space.
    return trial as Trial<Space>;
  }

  #take({ trials, revision, isAnew }: Changes): void {
    if (isAnew) {
      this.#known = new KnownTrials(this.definition, this.definition.space);
      this.#running.dropUndone(trials);
    }
    for (const trial of trials) this.#known.keep(trial);
    this.#revision = revision;
  }

  #expectOpen(): void {
    if (this.#isClosed) throw new StudyError(`The study ${quoted(this.definition.name)} is closed: open it again.`);
  }

  #write<T>(work: () => Promise<T>): Promise<T> {
    this.#expectOpen();
    const result = this.#lastWrite.then(work);
    this.#lastWrite = result.catch(() => {});
    return result;
  }
}
