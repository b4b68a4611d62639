/** The input of a synthesis: a bundle, its virtine, and the settings of the project. */
import type { Sources } from '../../policy/effective.js';
import type { Bundled } from '../bundle/bundle.js';
import type { Slice } from '../bundle/slice.js';
import type { Capture } from '../capture/capture.js';
import type { Neighbours } from '../capture/neighbours.js';
import type { Parsed } from '../syntax/parse.js';
import type { VirtineSite } from '../virtines/find.js';

export interface SynthesisInput {
  readonly parsed: Parsed;
  readonly site: VirtineSite;
  readonly capture: Capture;
  readonly slice: Slice;
  readonly bundled: Bundled;
  /** Refusals that are accepted in all virtines of the project. */
  readonly accept: readonly string[];
  readonly sources: Omit<Sources, 'least'>;
  /** The modules of the project. */
  readonly around: { readonly root: string; readonly neighbours: Neighbours; readonly imported: readonly string[] };
}
