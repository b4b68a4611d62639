/** Results of laws and probes for a backend or a peer, as the report stores them. */

export interface ThemeCounts {
  readonly passed: number;
  /** Laws for a missing capability that the backend refuses correctly. */
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
  /** Broken laws, each with the first line of its message. */
  readonly failures: readonly string[];
  /** Reason why there are no counts; null if there are counts. */
  readonly problem: string | null;
}

/** `withstood`: the attack failed. `not tried`: the answer holds the reason. */
export interface ProbeResult {
  readonly outcome: 'withstood' | 'gave way' | 'not tried';
  readonly answer: string;
}

/** The same few attacks on a peer, or on one of Colony's backends. */
export interface PeerProbes {
  readonly peer: string;
  readonly results: Readonly<Record<string, ProbeResult>>;
}
