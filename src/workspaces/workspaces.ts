/** The folders that Claude Code's own tools work in. */
export interface Workspaces {
  /** @throws ApiError `workspace_not_allowed` for a name that no folder has */
  open(request: WorkspaceRequest): Promise<Workspace>
  /** A session is gone: so is its folder. Never rejects. */
  remove(principalId: string, sessionId: string): Promise<void>
}

export interface WorkspaceRequest {
  readonly principalId: string
  /** Absent: the folder ends with the request. */
  readonly sessionId?: string
  /** Of a folder that the operator has set up. */
  readonly name?: string
}

export interface Workspace {
  /** Absolute and real. */
  readonly path: string
  close(): Promise<void>
}
