/** A row as the database gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs statements: the database, or one session of it. */
export interface Queries {
  /** Runs one statement with values for `$1`, `$2` and so on. Throws DatabaseAway, or what the driver throws. */
  query<R extends Row>(text: string, values?: readonly unknown[]): Promise<readonly R[]>;
  /** Runs a script of several statements. */
  run(script: string): Promise<void>;
}

/** PostgreSQL: a server, or the one that is embedded in this process. */
export interface Database extends Queries, AsyncDisposable {
  readonly kind: "server" | "embedded";
  /** Runs work in one session. Locks that the work takes belong to this session. */
  session<T>(work: (session: Queries) => Promise<T>): Promise<T>;
}
