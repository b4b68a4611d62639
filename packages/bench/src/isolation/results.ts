/** What laws and probes told of a backend or a peer, as the report keeps it. */

export interface ThemeCounts {
  readonly passed: number;
  /** A capability is missing, and the backend refuses as it should. */
  readonly refused: number;
  readonly skipped: number;
  readonly failed: number;
}

/** The conformance suite on one of Colony's backends. */
export interface BackendLaws {
  readonly backend: string;
  readonly time: string;
  readonly seed: number;
  /** Runs of each property. */
  readonly runs: number;
  readonly seconds: number;
  readonly themes: Readonly<Record<string, ThemeCounts>>;
  /** Laws that were broken, with the complaint's first line. */
  readonly failures: readonly string[];
  /** Why there are no counts, where there are none. */
  readonly problem: string | null;
}

/** `withstood`: the attack came to nothing. `not tried`: with the reason as the answer. */
export interface ProbeResult {
  readonly outcome: 'withstood' | 'gave way' | 'not tried';
  readonly answer: string;
}

/** The same few attacks on a peer, or on one of Colony's backends. */
export interface PeerProbes {
  readonly peer: string;
  readonly results: Readonly<Record<string, ProbeResult>>;
}
