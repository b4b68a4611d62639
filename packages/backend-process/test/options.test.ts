/** Options are read once; unknown options are refused. */
import { ColonyError } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { readOptions } from '../src/options.js';

describe('options', () => {
  it('have defaults', () => {
    const options = readOptions({});
    expect([options.isolation, options.jit, options.warm, options.max]).toStrictEqual(['process', true, 1, 256]);
    expect(options.threads).toBeGreaterThanOrEqual(4);
  });

  it.each([
    [{ isolation: 'none' }, 'isolation'],
    [{ isolation: null }, 'isolation'],
    [{ jit: 1 }, 'jit'],
    [{ warm: -1 }, 'warm'],
    [{ threads: 0 }, 'threads'],
    [{ max: 1.5 }, 'max'],
    [{ isolaton: 'thread' }, 'isolaton'],
  ])('%j is refused by name', (options, name) => {
    expect(() => readOptions(options as never)).toThrow(
      expect.toSatisfy(
        (error: unknown) =>
          ColonyError.is(error) && error.code === 'ERR_BAD_OPTION' && error.details.path === `backendOptions.${name}`,
      ),
    );
  });
});
