/** A component made ready for any thread: jco's glue, prepared core modules, and the world as data. */
import type { PreparedModule } from '../prepare/prepared.js';
import type { GlueText } from './glue.js';
import type { World } from './wit/types.js';

export interface PreparedComponent {
  readonly kind: 'component';
  /** The component's hash: threads keep compiled glue by it. */
  readonly hash: string;
  readonly glue: GlueText;
  /** By the names that the glue asks for. */
  readonly cores: Readonly<Record<string, PreparedModule>>;
  readonly world: World;
}
