/** The folders that Claude Code's own tools work in, as those see them who need one. */

export interface Workspaces {
  /**
   * The folder for a turn: one of the operator's by its name; without a name the operator's for all, where there is one, else
   * the session's own, and without a session one for this turn alone.
   * @throws ApiError `workspace_not_allowed` for a name that no folder has
   */
  open(request: WorkspaceRequest): Promise<Workspace>
  /** A session is gone: so is its own folder. Never rejects: what cannot be removed now is swept later. */
  remove(principalId: string, sessionId: string): Promise<void>
}

export interface WorkspaceRequest {
  readonly principalId: string
  /** `SessionTurn.sessionId`, not the caller's name for it. Absent: the folder ends with the turn. */
  readonly sessionId?: string
  /** Of a folder that the operator has set up. */
  readonly name?: string
}

export interface Workspace {
  /** Absolute, real, and there. */
  readonly path: string
  /** As the operator calls it. */
  readonly name?: string
  /** The turn is over. Never rejects. */
  close(): Promise<void>
}
