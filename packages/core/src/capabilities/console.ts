/** Lines that a guest writes to the context's console. */
import { withoutControls } from '../controls.js';
import { plainSection } from './plain.js';
import type { ConsoleLevel } from './section.js';

export interface ConsoleGrant {
  readonly console?: boolean;
}

const LEVELS: readonly unknown[] = ['log', 'info', 'warn', 'error', 'debug'] satisfies ConsoleLevel[];

export const consoleSection = plainSection({
  key: 'console',
  advice: 'add console: true',
  globals: ['console'],
  hypercalls: {
    'colony:console'(call, _fixed, [level, text]) {
      if (!LEVELS.includes(level) || typeof text !== 'string')
        throw new TypeError('console: a level and a text are needed');
      call.print(level as ConsoleLevel, withoutControls(text));
    },
  },
});
