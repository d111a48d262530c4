/** What requests take of the models, as the rest of the program tells it. */
import type { Grant } from '../keys/grant.ts'
import type { Estimate, Meter, Spending } from '../turn/spending.ts'

export interface Ledger {
  /** A request came, and passed the door. */
  open(request: MeteredRequest): RequestMeter
  /** Brings what has ended by now into the database, where that is there. */
  flush(): Promise<void>
  status(): LedgerStatus
  /** Brings what is there into the database; what that does not take by then waits in the journal for the next start. */
  close(patienceMs: number): Promise<void>
}

export interface MeteredRequest {
  readonly id: string
  readonly principalId: string
  /** Of a stored key. */
  readonly keyId: string | undefined
  readonly grant: Grant
  /** The route's pattern. */
  readonly endpoint: string
  /** Whether it gets a row also when it asks no model. */
  readonly isAlwaysRecorded: boolean
}

export interface LedgerStatus {
  /** Rows that could not even be kept in the journal. */
  readonly lost: number
  /** Bytes of the journal that are not in the database yet. */
  readonly waitingBytes: number
}

/** One request: its row in the ledger, and what it reserves of its caller's limits. */
export interface RequestMeter {
  /** A later value of the same name counts. */
  note(facts: UsageFacts): void
  /**
   * Before a question is put to a model: holds back what it may take at most until the request is over.
   * @throws ApiError where the caller's limits have no room for it, or nobody can say whether they have
   */
  reserve(estimate: Estimate): Promise<QuestionMeter>
  /** The answer is out, or never will be. What calls still take counts until the last of them has ended. */
  end(how: RequestEnd): void
}

export interface QuestionMeter {
  /** @param model as it is asked for */
  attempt(model: string): AttemptMeter
  /**
   * Holds back besides what calls of the question have taken by now, so that there is room for another. Absent where the caller
   * has no limits.
   * @returns false where the caller's limits have none
   */
  readonly goOn?: (taken: readonly Spending[]) => Promise<boolean>
}

export interface AttemptMeter extends Meter {
  /** So much of an answer has come, in bytes: it is what is known if the server is killed before the model has counted. */
  heard(bytes: number): void
  /** Nothing more is told. */
  ended(): void
}

export interface UsageFacts {
  /** Whom the caller asks for, in the caller's own words. */
  readonly endUser?: string
  readonly session?: string
  readonly firstTokenMs?: number
}

export interface RequestEnd {
  readonly status: number
  /** `ok`, or the code of the error. */
  readonly outcome: string
  readonly ms: number
}
